"""What people decide about sources: how one is read, and which words are muted in titles."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest import approval, logbook
from digest.app import App
from digest.errors import UsageError
from digest.sources import mutes
from digest.sources.discover import KINDS, LISTING
from digest.sources.guard import Parser
from digest.sources.mutes import MutedWord
from digest.sources.opml import LONGEST_NAME
from digest.sources.recipe import Recipe
from digest.sources.trial import Trial, try_address
from digest.tables import SourceRow

PARTS = tuple(part.name for part in fields(Recipe))
"""What a rule's selectors are for, in the order of `Recipe`."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """The rule of a source: what kind it is read as, and by which selectors of a `Recipe`.

    Selectors are for a page that lists posts, so that with some the kind is "listing". Without a
    ``topic`` posts are sorted by their tags.
    """

    kind: str
    topic: str | None = None
    selectors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, row: SourceRow) -> "Rule":
        """Return the rule by which a source is read, as it stands in its row."""
        return cls(kind=row.kind, topic=row.topic, selectors=row.recipe or {})


def rule_of(
    *, kind: str, topic: str | None = None, selectors: Mapping[str, str] | None = None
) -> Rule:
    """Return the rule that a person typed; raises `UsageError` or `ConfigurationError`."""
    typed = {part: text.strip() for part, text in (selectors or {}).items() if text.strip()}
    topic = (topic or "").strip() or None
    if kind not in KINDS:
        raise UsageError(f"nothing reads sources of kind {kind!r}; there are {', '.join(KINDS)}")
    if typed and kind != LISTING:
        raise UsageError(
            f"selectors are for a page that lists posts: choose the kind {LISTING!r}, or no"
            " selectors"
        )
    if topic and len(topic) > LONGEST_NAME:
        raise UsageError(f"a topic takes 1 to {LONGEST_NAME} characters")
    if typed:
        Recipe(**{"post": "", **typed})  # refuses what no page could answer
    return Rule(kind=kind, topic=topic, selectors=typed)


def rule_named(app: App, name: str) -> Rule:
    """Return the rule by which a source is read now; raises `UsageError`."""
    with app.database.read() as session:
        return Rule.of(source_named(session, name))


def try_rule(app: App, name: str, rule: Rule) -> Trial:
    """Read a source by another rule, and say what that brings; nothing is saved."""
    with app.database.read() as session:
        url = source_named(session, name).url
    recipe = asdict(Recipe(**rule.selectors)) if rule.selectors else None
    with Parser(app.config.parser) as parser:
        return try_address(
            url,
            client=app.client,
            parser=parser,
            now=app.clock.now(),
            kind=rule.kind,
            recipe=recipe,
            pause=app.stop.is_set,
        )


def change_rule(app: App, name: str, rule: Rule, *, write: bool = True) -> tuple[Rule, Rule]:
    """Read a source by another rule from its next reading on; return the rules before and after.

    Another way of reading is another layout: the source is measured by what its next reading
    shows, and not by what the last one did.
    """
    now = app.clock.now()
    with app.database.begin() as session:
        row = source_named(session, name)
        before = Rule.of(row)
        if not write or rule == before:
            return before, rule
        row.topic = rule.topic
        if (rule.kind, rule.selectors) != (before.kind, before.selectors):
            row.kind, row.recipe = rule.kind, dict(rule.selectors) or None
            row.etag = row.last_modified = row.shape = row.entries = row.next_check_at = None
            row.released_at = now
        logbook.note(
            session,
            actor=app.actor,
            action="edit source",
            about=f"source {row.name}",
            now=now,
            before=_facts(before),
            after=_facts(rule),
        )
    approval.reconsider_all(app)
    return before, rule


def muted(app: App) -> list[MutedWord]:
    """List the muted words: those for all sources first."""
    with app.database.read() as session:
        return mutes.words(session, app.newsletter)


def mute(
    app: App, words: Sequence[str], *, source: str | None = None, write: bool = True
) -> list[str]:
    """Leave out posts with one of these words in their titles; return those that are new.

    Only the posts of one ``source``, or those of all.
    """
    return _turn(app, words, source=source, mutes_them=True, write=write)


def unmute(
    app: App, words: Sequence[str], *, source: str | None = None, write: bool = True
) -> list[str]:
    """Let posts with these words in again; return the words that were muted.

    Raises `UsageError` when none of them was.
    """
    heard = _turn(app, words, source=source, mutes_them=False, write=write)
    if not heard:
        where = f"for the source {source!r}" if source else "for all sources"
        raise UsageError(
            f"none of these words is muted {where}; 'digest source mute' lists those that are"
        )
    return heard


def source_named(session: Session, name: str) -> SourceRow:
    """Return a source, or raise `UsageError`."""
    row = session.scalar(select(SourceRow).where(SourceRow.name == name))
    if row is None:
        raise UsageError(f"no source is named {name!r}; 'digest source list' names them all")
    return row


def _turn(
    app: App, words: Sequence[str], *, source: str | None, mutes_them: bool, write: bool
) -> list[str]:
    wanted = [" ".join(word.split()) for word in words if word.strip()]
    turn = mutes.mute if mutes_them else mutes.unmute
    with app.database.begin() as session:
        number = source_named(session, source).id if source else None
        turned = [word for word in wanted if turn(session, app.newsletter, word, source_id=number)]
        if not write:
            session.rollback()
        elif turned:
            logbook.note(
                session,
                actor=app.actor,
                action="mute words" if mutes_them else "unmute words",
                about=f"source {source}" if source else "sources",
                now=app.clock.now(),
                words=turned,
            )
    if write and turned:
        approval.reconsider_all(app)
    return turned


def _facts(rule: Rule) -> dict[str, object]:
    return {"kind": rule.kind, "topic": rule.topic, **rule.selectors}
