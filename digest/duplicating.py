"""Begins an issue with what people wrote and decided about another one."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from digest import approval, logbook, planning
from digest.app import App
from digest.calendar import Period
from digest.editions import drafts
from digest.editions import store as editions
from digest.editions.coming import coming
from digest.editions.draft import Draft
from digest.editions.drafts import Decided, OwnWords
from digest.editions.state import OPEN
from digest.editions.store import Edition
from digest.errors import UsageError

_NO_WORDS = OwnWords()
_NO_DECISIONS = Draft()


@dataclass(frozen=True, kw_only=True)
class Duplicate:
    """What an issue begins with: the words, the decisions about posts, and what to tell a person.

    ``edition`` is None where nothing was written.
    """

    period: Period
    words: OwnWords
    draft: Draft
    sentence: str
    edition: Edition | None = None


def next_after(app: App, source: Edition) -> Period:
    """Return the first issue that comes after another one, and after now."""
    schedule, after = app.config.schedule, max(app.clock.now(), source.due_at)
    with app.database.read() as session:
        return coming(session, app.newsletter, schedule=schedule, after=after)


def duplicate(app: App, source: Edition, period: Period, *, write: bool = True) -> Duplicate:
    """Take over what people wrote for another issue, and what they decided about its posts.

    A post is mailed once, so decisions come along only from an issue that is still open (a week
    that was held); a subject that readers had of late stays behind. What people wrote for this
    issue already is never written over: raises `UsageError`.
    """
    if source.period == period.name:
        raise UsageError(f"issue {period.name} cannot begin with itself; name another one")
    with app.database.read() as session:
        theirs = drafts.decided(session, app.newsletter, period=source.period)
    plan = planning.draw(app, period)
    words, draft = _useful(theirs, is_open=source.state in OPEN, recent=plan.recent)
    if words == _NO_WORDS and draft == _NO_DECISIONS:
        raise UsageError(f"nobody wrote or decided anything about issue {source.period} that fits")
    _refuse_taken(period, plan.decided)
    sentence = f"issue {period.name} begins with {_named(words, draft)} of issue {source.period}"
    if theirs.words.subject and not words.subject:
        sentence += "; its subject stays behind, for readers had it of late"
    made = Duplicate(period=period, words=words, draft=draft, sentence=sentence)
    if not write:
        return made
    with app.database.begin() as session:
        edition = _keep(app, session, made, source=source)
    return replace(made, edition=approval.reconsider(app, edition))


def _useful(theirs: Decided, *, is_open: bool, recent: frozenset[str]) -> tuple[OwnWords, Draft]:
    words = theirs.words
    if words.subject and words.subject.casefold() in {one.casefold() for one in recent}:
        words = replace(words, subject=None)
    return words, theirs.draft if is_open else _NO_DECISIONS


def _refuse_taken(period: Period, ours: Decided) -> None:
    if ours.words != _NO_WORDS or ours.draft != _NO_DECISIONS:
        raise UsageError(
            f"people have written or decided something about issue {period.name} already, and that"
            " is not written over; nothing was copied"
        )


def _keep(app: App, session: Session, made: Duplicate, *, source: Edition) -> Edition:
    """Write it down, and note it, while nobody else can."""
    now = app.clock.now()
    opened = editions.open_edition(session, app.newsletter, period=made.period, now=now)
    edition = drafts.take_up(session, opened)
    _refuse_taken(made.period, drafts.decided(session, app.newsletter, period=made.period.name))
    drafts.keep(session, edition, made.draft)
    drafts.keep_words(session, edition, made.words)
    logbook.note(
        session,
        actor=app.actor,
        action="duplicate issue",
        about=f"issue {edition.period}",
        now=now,
        source=source.period,
        after={**vars(made.words), **made.draft.to_json()},
    )
    return edition


def _named(words: OwnWords, draft: Draft) -> str:
    """Say what there is: "the subject, the introduction and the decisions about posts"."""
    parts = [f"the {name}" for name, value in vars(words).items() if value]
    parts += ["the decisions about posts"] if draft != _NO_DECISIONS else []
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
