"""Keeps how far a large issue is, so that not every page counts half a million waiting letters."""

from sqlalchemy.orm import Session

from digest.app import App
from digest.delivery import gauge
from digest.delivery.gauge import Gauge
from digest.editions import store as editions
from digest.editions.best import best_series
from digest.editions.store import Edition
from digest.figures import shelf


def renew(app: App) -> None:
    """Count the large issues that are on their way, and keep that for `gauge.lately`."""
    now = app.clock.now()
    with app.database.read() as session:
        counted = [(one, _exactly(session, one)) for one in _large(session, app.newsletter)]
    for edition, exact in counted:
        counts = {str(state): letters for state, letters in exact.counts.items()}
        shelf.keep(app.database, gauge.kept_as(edition), counts, now=now)


def _large(session: Session, newsletter: str) -> list[Edition]:
    return [
        edition
        for key in (newsletter, best_series(newsletter))
        for edition in editions.all_editions(session, key, states=gauge.ON_ITS_WAY)
        if gauge.is_kept(edition)
    ]


def _exactly(session: Session, edition: Edition) -> Gauge:
    return gauge.read(session, edition.id, candidates=edition.candidates or 0)
