"""What the page of an open issue shows: its posts, what is not in it, and what happens next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from digest import approval, drafting, editing, headcount, planning
from digest.app import App
from digest.editions.best import pace_of
from digest.editions.draft import ids_of
from digest.editions.drafts import Approval
from digest.editions.places import BRIEF, LEAD, Place, places
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.planning import Plan
from digest.posts.decisions import Examination
from digest.posts.post import Fitness, Post
from digest.render.sentences import LONGEST_PREHEADER
from digest.render.subject import preheader_of, subject_of
from digest.render.titles import LONGEST_SHORT
from digest.selection import Reason, Refusal
from digest.web.console.issues import LABELS

LIMITS: Mapping[str, int] = MappingProxyType(
    {
        "subject": LONGEST_SHORT,
        "preheader": LONGEST_PREHEADER,
        "introduction": drafting.LONGEST_INTRODUCTION,
        "note": drafting.LONGEST_NOTE,
    }
)
"""Characters that a person may write, by the field."""

_MOST_REFUSED = 40


@dataclass(frozen=True, kw_only=True)
class Row:
    """One card in the order of the mail, as the list shows it.

    ``name`` tells it from another one with its title. ``heading`` is set where a new part of the
    mail begins. ``others`` share its card. ``found`` is what was repaired in its words, if
    anything.
    """

    id: int
    place: int
    heading: str
    title: str
    name: str
    url: str
    about: str
    tags: tuple[tuple[str, str], ...]
    note: str
    summary: str
    others: tuple[str, ...]
    found: Examination | None
    is_first: bool
    is_last: bool


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A post whose words wait for a person: what the source said, and what hygiene made of it."""

    post: Post
    found: Examination


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """The line of the issue in an inbox, by its three parts."""

    sender: str
    subject: str
    preheader: str


@dataclass(frozen=True, kw_only=True)
class IssueView:
    """Everything the page shows of an issue that is not sealed."""

    period: str
    label: str
    headline: str
    warning: str
    due_at: object
    people: int
    is_approved: bool
    is_held: bool
    can_go: bool
    rows: tuple[Row, ...]
    skipped: tuple[Post, ...]
    waiting: tuple[Waiting, ...]
    refused: tuple[Refusal, ...]
    more_refused: int
    inbox: Inbox | None
    words: Mapping[str, str]
    limits: Mapping[str, int]
    approval: Approval | None
    changes: tuple[str, ...]
    new: int
    languages: Sequence[str]


def view_of(app: App, plan: Plan, edition: Edition | None) -> IssueView:
    """Put together what is shown; asks the database for little, and renders nothing."""
    people = headcount.lately(app, pace=pace_of(plan.period.name))
    waits = planning.awaited(app, plan)
    row = places(plan.issue, full=app.config.email.full_posts) if plan.issue else ()
    shown = [post.id for post in (*plan.selection.chosen, *waits)]
    found = editing.examined(app, shown)
    skipped = [r.post for r in plan.selection.refused if r.reason is Reason.SKIPPED]
    refused = _refused(plan, waits)
    state = edition.state if edition else EditionState.DRAFT
    holds = bool(edition and approval.holds(edition, plan))
    agreed = plan.decided.approval
    return IssueView(
        period=plan.period.name,
        label=LABELS[state],
        headline=headline(app, plan, edition, people=people),
        warning=_warning(edition, waits=waits, holds=holds),
        due_at=plan.period.due_at,
        people=people,
        is_approved=state is EditionState.APPROVED and holds,
        is_held=state is EditionState.HELD,
        can_go=plan.issue is not None and not waits,
        rows=_rows(app, plan, row, found),
        skipped=tuple(skipped),
        waiting=tuple(Waiting(post=post, found=found[post.id]) for post in waits),
        refused=refused[:_MOST_REFUSED],
        more_refused=max(0, len(refused) - _MOST_REFUSED),
        inbox=_inbox(app, plan),
        words={name: value or "" for name, value in vars(plan.decided.words).items()},
        limits=LIMITS,
        approval=agreed,
        changes=() if agreed is None or holds else drafting.changes(plan.period, plan=plan),
        new=len(plan.selection.chosen) + len(skipped) + len(waits),
        languages=app.config.email.languages,
    )


def headline(app: App, plan: Plan, edition: Edition | None, *, people: int) -> str:
    """Say what happens next, when, and to how many."""
    to = f"{people:,} {'person' if people == 1 else 'people'}"
    if edition and edition.state is EditionState.HELD:
        return f"Held: nothing is sent until somebody approves it, then to {to}"
    if edition and edition.state is EditionState.APPROVED:
        return f"Approved: {_departure(app, plan)} to {to}, unless you hold it"
    return _undecided(app, plan, to=to) or _of_draft(app, plan, to=to)


def _undecided(app: App, plan: Plan, *, to: str) -> str:
    """Say of posts that wait what becomes of the issue; nothing where none does."""
    many = len(planning.awaited(app, plan))
    posts, due = "1 post" if many == 1 else f"{many} posts", app.local(plan.period.due_at)
    held = f"Waits for your word on {posts}; without it, it is held {due}. It would go to {to}"
    return held if many else ""


def _of_draft(app: App, plan: Plan, *, to: str) -> str:
    due = app.local(plan.period.due_at)
    if plan.issue is None:
        return f"Collects until {due}; too few posts are in it yet, and nothing would be sent"
    if app.clock.now() - plan.period.due_at > app.config.schedule.lateness:
        return f"Its slot has passed: it waits for approval, then goes to {to}"
    if app.config.schedule.approval == "manual":
        return f"Waits for approval; if nobody approves by {due} it is held. It would go to {to}"
    when = due if plan.period.due_at > app.clock.now() else "with the next run"
    fails = "" if app.config.schedule.approval == "auto" else " or a check fails"
    return f"Collects until then, and sends {when} to {to} unless you stop it{fails}"


def _departure(app: App, plan: Plan) -> str:
    """Say when an approved issue leaves."""
    leaves, at_once = plan.decided.departure.leaves_at, plan.decided.departure.at_once
    due = plan.period.due_at
    if at_once or due <= app.clock.now():
        return f"leaves after {app.local(leaves)}" if leaves else "leaves within a minute"
    return f"sends {app.local(max(due, leaves or due))}"


def _warning(edition: Edition | None, *, waits: Sequence[Post], holds: bool) -> str:
    """Say what stands in the way."""
    if edition and edition.state is EditionState.APPROVED and not holds:
        return "It is not any more what was approved, and is held when its slot comes."
    if waits:
        number = "1 post waits" if len(waits) == 1 else f"{len(waits)} posts wait"
        return f"{number} for you: nothing is sealed before that is decided."
    if edition and edition.state is EditionState.HELD:
        return edition.reason or ""
    return ""


def _refused(plan: Plan, waits: Sequence[Post]) -> tuple[Refusal, ...]:
    """Return what else is not in the issue, the newest first; no archive of a new source."""
    decided = {post.id for post in waits}
    others = [
        refusal
        for refusal in plan.selection.refused
        if refusal.reason is not Reason.SKIPPED
        and refusal.post.id not in decided
        and not refusal.post.baseline
    ]
    return tuple(sorted(others, key=lambda refusal: -refusal.post.id))


def _rows(
    app: App, plan: Plan, row: Sequence[Place], found: Mapping[int, Examination]
) -> tuple[Row, ...]:
    known = {post.id: post for post in plan.selection.chosen}
    return tuple(
        _row(
            app,
            plan,
            place,
            at,
            last=len(row),
            known=known,
            found=found,
            before=row[at - 2 : at - 1],
        )
        for at, place in enumerate(row, start=1)
    )


def _row(
    app: App,
    plan: Plan,
    place: Place,
    at: int,
    *,
    last: int,
    known: Mapping[int, Post],
    found: Mapping[int, Examination],
    before: Sequence[Place],
) -> Row:
    printed = place.post
    post, checked = known.get(printed.post_id), found.get(printed.post_id)
    notes = plan.decided.draft.notes
    return Row(
        id=printed.post_id,
        place=at,
        heading="" if at > 1 and before and before[0].group == place.group else _heading(place),
        title=printed.title or printed.url,
        name=f"{printed.title or printed.url} (post {printed.post_id})",
        url=printed.url,
        about=_about(app, post) if post else printed.source,
        tags=_tags(plan, place, checked),
        note=next((notes[id_] for id_ in ids_of(printed) if id_ in notes), ""),
        summary=(post.summary or "") if post else (printed.summary or ""),
        others=tuple(one.title for one in printed.also),
        found=checked if checked and checked.fitness is Fitness.REPAIRED else None,
        is_first=at == 1,
        is_last=at == last,
    )


def _heading(place: Place) -> str:
    names = {LEAD: "The lead", BRIEF: "By title only"}
    return names.get(place.part) or place.topic or "More posts"


def _tags(plan: Plan, place: Place, found: Examination | None) -> tuple[tuple[str, str], ...]:
    """Return the marks of a row, each with its tone."""
    draft, printed = plan.decided.draft, place.post
    marks = (
        ("lead", "bad", place.part == LEAD),
        ("included by you", "", printed.post_id in draft.included),
        ("repaired: look at it", "warn", bool(found and found.fitness is Fitness.REPAIRED)),
        ("edited", "", bool(found and found.fitness is Fitness.REPLACED)),
        ("updated", "", bool(found and found.has_changed)),
        (f"grouped, {printed.size} posts", "", printed.size > 1),
        ("goes on from an older post", "", printed.earlier is not None),
    )
    return tuple((words, tone) for words, tone, applies in marks if applies)


def _about(app: App, post: Post) -> str:
    """Say whose it is, of when, and how long it takes."""
    if post.published_at:
        day = f"{post.published_at.astimezone(app.zone):%d %b}"
    elif post.published_on:
        day = f"{post.published_on:%d %b}"
    else:
        day = f"no date, first seen {post.first_seen_at.astimezone(app.zone):%d %b}"
    return f"{post.source} · {day} · {f'{post.minutes} min' if post.minutes else '–'}"  # noqa: RUF001 - stands for nothing


def _inbox(app: App, plan: Plan) -> Inbox | None:
    """Return what an inbox shows, in the first language."""
    if plan.issue is None:
        return None
    words = app.composer.theme.words_for(app.config.email.languages[0])
    subject = subject_of(plan.issue, words=words, recent=plan.recent)
    return Inbox(
        sender=app.config.sender.from_name or app.config.newsletter.name,
        subject=subject,
        preheader=preheader_of(plan.issue, words=words, subject=subject),
    )
