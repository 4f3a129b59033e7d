"""Which issue an address of the console means, and whether it is still open."""

from digest import planning, questions
from digest.app import App
from digest.calendar import Period
from digest.editions.state import OPEN
from digest.editions.store import Edition

NEXT = "next"
"""In an address: the issue that a person would look at now."""


def edition_of(app: App, period: str) -> Edition | None:
    """Return the edition of a period, if it was opened."""
    name = questions.current_period(app).name if period == NEXT else period
    return questions.edition(app, name)


def open_period(app: App, period: str) -> Period:
    """Return the period that an address names; one that was opened stands as it was."""
    edition = edition_of(app, period)
    if edition is not None:
        return planning.period_of(app, edition)
    return questions.period(app, None if period == NEXT else period)


def is_sealed(edition: Edition | None) -> bool:
    """Whether nothing about an issue can be changed any more."""
    return edition is not None and edition.state not in OPEN
