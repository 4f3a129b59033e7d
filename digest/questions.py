"""Answers what an operator asks: which issue is it, who was not served, why is this post out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from digest import bestof, calendar, events, planning, reasons, weekly
from digest.app import App
from digest.calendar import Period
from digest.delivery import ledger
from digest.delivery.state import DeliveryState
from digest.editions import store as editions
from digest.editions.coming import coming
from digest.editions.issue import Issue
from digest.editions.state import OPEN, SEALED
from digest.editions.store import Edition
from digest.errors import UsageError
from digest.posts import store as posts
from digest.posts.post import Post
from digest.sources.health import Health, Trouble, health
from digest.sources.history import newest_dates
from digest.sources.state import State
from digest.sources.watch import Alarm, cadence
from digest.tables import DeliveryRow, EditionRow, EventRow, SourceRow
from subscribers import audience, consent, directory
from subscribers.addresses import Mailbox
from subscribers.errors import AddressError, UnknownSubscriberError

_PAGE = 1_000  # letters that are read at a time


@dataclass(frozen=True, kw_only=True)
class People:
    """How many readers an issue would have now, and who would be left out, by reason."""

    candidates: int
    excluded: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Unserved:
    """One person whom an issue did not reach."""

    email: str
    state: DeliveryState
    code: str | None
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class Account:
    """What became of a sealed issue; `results.missed` names whom it has not reached."""

    issue: Issue | None
    counts: Mapping[DeliveryState, int]
    excluded: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Person:
    """One subscriber: the evidence of consent, the fate of each issue, and what came back.

    Of that: when, what in words, and what it led to.
    """

    email: str
    status: str
    language: str
    consent: tuple[tuple[datetime, str, str], ...]
    issues: tuple[tuple[str, str, str], ...]
    returned: tuple[tuple[datetime, str, str], ...] = ()


def period(app: App, name: str | None) -> Period:
    """Return the period of this name (default: the current one), or say how names look."""
    if name is None:
        return current_period(app)
    found = calendar.named(app.config.schedule, name, near=app.clock.now())
    if found is None:
        now = calendar.latest_due(app.config.schedule, app.clock.now())
        raise UsageError(f"there is no issue {name!r}; names look like {now.name}")
    return found


def current_period(app: App) -> Period:
    """Return the period a person would look at now: a due one that is still open, else the next."""
    now = app.clock.now()
    latest = calendar.latest_due(app.config.schedule, now)
    with app.database.read() as session:
        edition = editions.find(session, app.newsletter, period=latest.name)
        due = weekly.began_before(session, latest.due_at, now=now)
    late = now - latest.due_at > app.config.schedule.lateness
    if (edition is None and due and not late) or (edition and edition.state in OPEN):
        return latest
    return coming_period(app)


def coming_period(app: App) -> Period:
    """Return the period whose slot brings the next issue."""
    now, schedule = app.clock.now(), app.config.schedule
    with app.database.read() as session:
        return coming(session, app.newsletter, schedule=schedule, after=now)


def edition(app: App, name: str | None) -> Edition | None:
    """Return an edition by its period's name, or the newest one."""
    with app.database.read() as session:
        if name:
            return editions.find(session, app.newsletter, period=name)
        everything = editions.all_editions(session, app.newsletter)
    return everything[-1] if everything else None


def edition_named(app: App, name: str | None) -> Edition:
    """Return an edition by its period's name (default: the newest), or say that there is none."""
    found = edition(app, name)
    if found is None:
        about = "no issue" if name is None else f"issue {period(app, name).name}"
        word = "has been" if name is None else "has not been"
        raise UsageError(
            f"{about} {word} opened yet; 'digest issue list' names all, and 'digest run' opens"
            " the one that is due"
        )
    return found


def refuse_sealed(app: App, asked: Period) -> None:
    """Raise `UsageError` when the issue of a period is past the point where it may change."""
    found = edition(app, asked.name)
    if found and found.state not in OPEN:
        raise UsageError(f"issue {found.period} is {found.state}: it can no longer be changed")


def all_editions(app: App) -> list[Edition]:
    """Return every edition, the best-of too, newest first."""
    with app.database.read() as session:
        return bestof.everything(session, app.newsletter)[::-1]


def account(app: App, edition: Edition) -> Account:
    """Return what became of an issue, in figures."""
    with app.database.read() as session:
        return Account(
            issue=editions.issue_of(session, edition.id),
            counts=ledger.counts(session, edition.id),
            excluded=ledger.excluded(session, edition.id),
        )


def unserved(app: App, edition: Edition) -> Iterator[Unserved]:
    """Name everybody who has not got an issue, those too whose turn is still to come.

    Reads page by page: they may be a million.
    """
    after = 0
    while True:
        with app.database.read() as session:
            left = ledger.unserved(session, edition.id, after=after, most=_PAGE)
            ids = [one.subscriber_id for one in left]
            names = {
                one.subscriber_id: one.email
                for one in audience.readers(session, subscriber_ids=ids)
            }
        for one in left:
            yield Unserved(
                email=names.get(one.subscriber_id, "(erased)"),
                state=one.state,
                code=one.code,
                reason=one.reason,
            )
        if len(left) < _PAGE:
            return
        after = left[-1].delivery_id


def people(app: App, *, pace: str = "weekly") -> People:
    """Count who would get an issue for readers of this pace that is frozen now."""
    with app.database.read() as session:
        wanted = audience.candidates(now=app.clock.now(), pace=pace).subquery()
        return People(
            candidates=session.scalar(select(func.count()).select_from(wanted)) or 0,
            excluded=audience.excluded(session, now=app.clock.now(), pace=pace),
        )


def roll_call(app: App, *, pace: str = "weekly") -> Iterator[tuple[str, str]]:
    """Name every member and whether an issue that is frozen now would reach them."""
    with app.database.read() as session:
        yield from audience.roll_call(session, now=app.clock.now(), pace=pace)


def person(app: App, address: str) -> Person:
    """Return everything about one subscriber."""
    mailbox = Mailbox.parse(address)
    with app.database.read() as session:
        found = directory.find(session, mailbox=mailbox, keyring=app.keyring)
        if found is None:
            raise UnknownSubscriberError(f"nobody is known under {mailbox.masked}")
        fates = session.execute(
            select(EditionRow.period, DeliveryRow.state, DeliveryRow.code, DeliveryRow.reason)
            .join(EditionRow, EditionRow.id == DeliveryRow.edition_id)
            .where(DeliveryRow.subscriber_id == found.id)
            .order_by(EditionRow.due_at)
        )
        return Person(
            email=found.email or "(erased)",
            status=str(found.status),
            language=found.language,
            consent=tuple(
                (event.at, event.kind, event.source)
                for event in consent.history(session, subscriber_id=found.id)
            ),
            issues=tuple(
                (name, state, " ".join(part for part in (code, reason) if part))
                for name, state, code, reason in fates
            ),
            returned=tuple(
                (event.at, _told(event), event.decision or "")
                for event in events.of_person(session, subscriber_id=found.id)
            ),
        )


def _told(event: EventRow) -> str:
    """Say what came back in words: the kind, who told it, and the reply that it was read from."""
    words = f"{event.code or ''} {event.detail or ''}".strip()
    return f"{event.kind}, told by {event.source}" + (f" ({words})" if words else "")


def why(app: App, what: str, *, name: str | None) -> list[str]:
    """Say why a post (by address) or a person (by email) is in or out of an issue."""
    if "@" in what and "/" not in what:
        return _why_person(app, what)
    return _why_post(app, what, name=name)


def _why_post(app: App, url: str, *, name: str | None) -> list[str]:
    with app.database.read() as session:
        found = posts.find_by_url(session, url)
        places = {p.id: editions.place_of(session, app.newsletter, post_id=p.id) for p in found}
        known = {post.id: [*reasons.known_of(app, session, post)] for post in found}
        sealed = {
            post_id: editions.issue_of(session, place.id)
            for post_id, place in places.items()
            if place
        }
    if not found:
        return [f"no source has shown a post under {url}; 'digest source list' has the states"]
    fates = {
        post_id: [
            f"is in issue {place.number} ({place.period}, {place.state})",
            *(reasons.place_of(issue, post_id) if (issue := sealed[post_id]) else ()),
        ]
        for post_id, place in places.items()
        if place
    }
    waiting = [post for post in found if post.id not in fates]
    if waiting:
        fates |= _prospects(app, waiting, asked=period(app, name))
    lines: list[str] = []
    for post in found:
        fate, *more = fates[post.id]
        lines.append(f"{post.title!r} from {post.source} {fate}")
        lines += (f"  {line}" for line in [*more, *known[post.id]])
    return lines


def _prospects(app: App, waiting: Sequence[Post], *, asked: Period) -> dict[int, list[str]]:
    """Say, as the end of a sentence, what the issue of a period would do with each post."""
    planned = planning.draw(app, asked, every=True)
    chosen, issue = planned.selection, planned.issue
    fate = f"will be in issue {asked.name}, due {app.local(asked.due_at)}"
    if not chosen.enough:
        fate = f"waits: issue {asked.name} has fewer posts than [selection] minimum"
    refused = {
        refusal.post.id: f"is not in issue {asked.name}, because it {refusal.reason}"
        + (f" ({refusal.detail})" if refusal.detail else "")
        for refusal in chosen.refused
    }
    per_source = app.config.selection.per_source
    return {
        post.id: [
            refused.get(post.id, fate),
            *(reasons.place_of(issue, post.id) if issue else ()),
            *reasons.rank_of(chosen, post, per_source=per_source),
        ]
        for post in waiting
    }


def _why_person(app: App, address: str) -> list[str]:
    try:
        mailbox = Mailbox.parse(address)
    except AddressError as error:
        return [str(error)]
    with app.database.read() as session:
        found = directory.find(session, mailbox=mailbox, keyring=app.keyring)
        if found is None:
            return [f"nobody is known under {address}: no issue goes there"]
        sentence = audience.explain(session, subscriber_id=found.id, now=app.clock.now())
        fates = session.execute(
            select(EditionRow.period, DeliveryRow.state, DeliveryRow.code, DeliveryRow.reason)
            .join(EditionRow, EditionRow.id == DeliveryRow.edition_id)
            .where(DeliveryRow.subscriber_id == found.id)
            .order_by(EditionRow.due_at.desc())
            .limit(5)
        )
        lines = [
            f"issue {name_}: {state} {code or ''} {reason or ''}".rstrip()
            for name_, state, code, reason in fates
        ]
    return [f"{address} {sentence}", *lines]


def health_of(app: App) -> dict[str, Health]:
    """Say of every source, by its name, how it is, why, and since when."""
    now = app.clock.now()
    with app.database.read() as session:
        rows = session.scalars(select(SourceRow)).all()
        dates = newest_dates(session)
    return {row.name: _health(row, dates.get(row.id, ()), now=now) for row in rows}


def _health(row: SourceRow, dates: tuple[datetime, ...], *, now: datetime) -> Health:
    trouble = None
    if row.alarm:
        reason = f"{Alarm(row.alarm).sentence} ({row.alarm_reason})"
        trouble = Trouble(reason=reason, since=row.quarantined_at or now)
    has_drifted = row.alarm == Alarm.DRIFT
    return health(
        state=State(row.state),
        failures=row.failures,
        last_new_at=dates[0] if dates else None,
        cadence=cadence(dates),
        since=row.succeeded_at,
        quarantined=None if has_drifted else trouble,
        drifted=trouble if has_drifted else None,
        now=now,
    )


def nothing_to_do(app: App, edition: Edition | None) -> str:
    """Say that nothing is due, what the last issue was, and when the next one comes."""
    following = coming_period(app)
    last = ""
    if edition and edition.state in SEALED:
        last = f"issue {edition.number} ({edition.period}) is {edition.state}; "
    elif edition:
        reason = f": {edition.reason}" if edition.reason else ""
        last = f"issue {edition.period} is {edition.state}{reason}; "
    return f"nothing to do: {last}next is {following.name}, due {app.local(following.due_at)}"
