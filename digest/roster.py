"""What an operator enters by hand: sources to follow, and readers who have agreed."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from digest import logbook
from digest.app import App
from digest.errors import UsageError
from digest.masking import Mask
from digest.sources import opml
from digest.sources.adapter import Page
from digest.sources.guard import Parser
from digest.sources.opml import Outline
from digest.sources.shelf import AddedSource, NewSource, Shelf, refuse_unfit
from digest.sources.trial import Trial, try_address, try_saved
from digest.tables import SourceRow
from subscribers import directory
from subscribers.addresses import Mailbox
from subscribers.directory import Member
from subscribers.doubts import doubts
from subscribers.errors import SubscriberError

_BATCH = 500  # people per transaction: short locks, few commits


def add_sources(
    app: App, wanted: Sequence[NewSource], *, topic: str | None = None, write: bool = True
) -> list[AddedSource]:
    """Follow sources: all of them, or none when one is no web address or its name is taken.

    The same address twice is one source, whether it begins with http or https. Without ``write``
    nothing is kept.
    """
    refuse_unfit((one.url for one in wanted), names=(topic, *(one.name for one in wanted)))
    with app.database.begin() as session:
        shelf = Shelf(session, now=app.clock.now())
        added = [shelf.follow(replace(one, topic=one.topic or topic)) for one in wanted]
        if not write:
            session.rollback()
        for one in added:
            if write and one.new:
                _note(app, session, "add source", about=f"source {one.name}", url=Mask()(one.url))
    return added


def try_sources(
    app: App,
    urls: Sequence[str],
    *,
    kind: str | None = None,
    recipe: str | None = None,
    step: Callable[[], None] = lambda: None,
) -> list[Trial]:
    """Find out how each address is best read, and what it would bring; nothing is saved.

    ``recipe`` names the one in the configuration that is used.
    """
    refuse_unfit(urls)
    selectors = _recipe(app, recipe)
    trials: list[Trial] = []
    with Parser(app.config.parser) as parser:
        for url in urls:
            trial = try_address(
                url,
                client=app.client,
                parser=parser,
                now=app.clock.now(),
                kind=kind,
                recipe=selectors,
                pause=app.stop.is_set,
            )
            trials.append(trial)
            step()
    return trials


def try_page(
    app: App, content: bytes, *, url: str, kind: str | None = None, recipe: str | None = None
) -> Trial:
    """Say what a saved page or feed would bring if it were read at this address; no network."""
    refuse_unfit([url])
    selectors = _recipe(app, recipe)
    with Parser(app.config.parser) as parser:
        return try_saved(
            Page(url=url, content=content),
            parser=parser,
            now=app.clock.now(),
            kind=kind,
            recipe=selectors,
        )


def import_sources(
    app: App, outlines: Sequence[Outline], *, write: bool = True
) -> list[tuple[Outline, str]]:
    """Follow what a list names; returns each line with what became of it.

    That is "added", "known" (followed already), "double of line N", or "refused: why".
    """
    with app.database.begin() as session:
        shelf = Shelf(session, now=app.clock.now())
        fates = [(outline, shelf.take(outline)) for outline in outlines]
        if not write:
            session.rollback()
        elif outlines:
            counts = Counter(fate.partition(" ")[0].rstrip(":") for _, fate in fates)
            _note(app, session, "import sources", about="sources", **counts)
    return fates


def export_sources(app: App) -> str:
    """Return every source as OPML."""
    outlines = [
        Outline(
            line=number, name=row.name, url=row.url, kind=row.kind, home=row.home or "",
            topic=row.topic,
        )
        for number, row in enumerate(sources(app), 1)
    ]  # fmt: skip
    return opml.write(outlines, title=app.config.newsletter.name)


def sources(app: App) -> Sequence[SourceRow]:
    """Return every source, by name."""
    with app.database.read() as session:
        return session.scalars(select(SourceRow).order_by(SourceRow.name)).all()


def count_sources(app: App, *, names: Iterable[str] | None = None, due_only: bool = False) -> int:
    """Count the sources that a fetch would ask; an unknown name is an error."""
    wanted = list(names) if names is not None else None
    with app.database.read() as session:
        statement = select(func.count()).select_from(SourceRow).where(SourceRow.paused_at.is_(None))
        if due_only:
            due = or_(SourceRow.next_check_at.is_(None), SourceRow.next_check_at <= app.clock.now())
            statement = statement.where(due)
        if wanted:
            for name in wanted:
                _named(session, name)
            statement = statement.where(SourceRow.name.in_(wanted))
        return session.scalar(statement) or 0


def pause_source(app: App, name: str, *, until_resumed: bool, write: bool = True) -> None:
    """Stop reading a source, or read it again; without ``write`` only look whether it is there."""
    with app.database.begin() as session:
        row = _named(session, name)
        if write:
            row.paused_at = app.clock.now() if until_resumed else None
            action = "pause source" if until_resumed else "resume source"
            _note(app, session, action, about=f"source {row.name}")


def add_subscribers(
    app: App,
    addresses: Sequence[str],
    *,
    consent: str,
    name: str | None = None,
    language: str | None = None,
    again: bool = False,
    write: bool = True,
    step: Callable[[], None] = lambda: None,
) -> list[tuple[str, str]]:
    """Record confirmed readers; returns each address with what became of it.

    An address that cannot be taken is ``refused: ...`` and does not stop the others.
    """
    results: list[tuple[str, str]] = []
    now = app.clock.now()
    for start in range(0, len(addresses), _BATCH):
        with app.database.begin() as session:
            for address in addresses[start : start + _BATCH]:
                fate = _add_one(
                    app,
                    session,
                    address,
                    consent=consent,
                    name=name,
                    language=language or app.config.newsletter.language,
                    again=again,
                    now=now,
                )
                results.append((address, fate))
                step()
            if not write:
                session.rollback()
            else:
                counts = Counter(fate.partition(":")[0] for _, fate in results[start:])
                _note(app, session, "add readers", about="readers", **counts)
    return results


def doubts_about(address: str) -> tuple[str, ...]:
    """Say what a person may want to look at in an address that was taken, as a slip of the pen."""
    return doubts(Mailbox.parse(address))


def members(app: App, *, after: int, limit: int) -> Sequence[Member]:
    """Return a page of the list, by id."""
    with app.database.read() as session:
        return directory.members(session, after_id=after, limit=limit)


def remove_subscriber(app: App, address: str) -> None:
    """Take somebody off the list."""
    mailbox = Mailbox.parse(address)
    with app.database.begin() as session:
        now, keyring = app.clock.now(), app.keyring
        gone = directory.remove(session, mailbox=mailbox, keyring=keyring, now=now)
        _note(app, session, "remove reader", about=f"reader {gone.id}")


def _note(app: App, session: Session, action: str, *, about: str, **facts: object) -> None:
    now = app.clock.now()
    logbook.note(session, actor=app.actor, action=action, about=about, now=now, **facts)


def _add_one(
    app: App,
    session: Session,
    address: str,
    *,
    consent: str,
    name: str | None,
    language: str,
    again: bool,
    now: datetime,
) -> str:
    try:
        added = directory.add(
            session,
            mailbox=Mailbox.parse(address),
            keyring=app.keyring,
            name=name,
            language=language,
            source=consent,
            again=again,
            now=now,
        )
    except SubscriberError as error:
        return f"refused: {error}"
    return str(added.outcome)


def _named(session: Session, name: str) -> SourceRow:
    row = session.scalar(select(SourceRow).where(SourceRow.name == name))
    if row is None:
        raise UsageError(f"no source is named {name!r}; 'digest source list' names them all")
    return row


def _recipe(app: App, name: str | None) -> Mapping[str, str] | None:
    """Return the selectors of a recipe in the configuration; raises `UsageError`."""
    if name is None:
        return None
    recipes = app.config.recipes
    if name not in recipes:
        raise UsageError(f"config.toml has no recipe for {name!r}; write one as [recipes.{name}]")
    return asdict(recipes[name])
