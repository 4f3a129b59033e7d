"""Draws an installation's figures: the charts of the console and of `digest stats`, with words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from digest import clicks, roster
from digest.app import App
from digest.charts import bars, heat, ink, line, stacked
from digest.charts.figure import Figure
from digest.charts.growth import growth
from digest.charts.heat import Cadence
from digest.charts.line import Event, Limit, Measure, Point
from digest.charts.stacked import Part, Stack
from digest.charts.words import counted, listed, number, share
from digest.clicks import Clicked
from digest.editions.feedback import Answer
from digest.editions.issue import Issue
from digest.editions.state import SEALED
from digest.figures.outcome import Outcome
from digest.figures.readers import Readers
from digest.figures.stops import Stop
from digest.mail.event import Kind
from digest.sourcebook import Overview
from digest.tables import EditionRow

_PARTS = (
    Part(name="accepted", fill=ink.OK),
    Part(name="waiting", fill=ink.BAR),
    Part(name="deferred", fill=ink.WARN, told=True),
    Part(name="refused", fill=ink.BAD, told=True),
    Part(name="unknown", fill=ink.INK, told=True),
    Part(name="skipped", fill=ink.RULE, told=True),
)
_NO_TOPIC = "Further posts"
_ISSUES = 26
_FILLS = (ink.ACCENT, ink.OK, ink.BAR, ink.WARN, ink.MUTED, ink.INK)
_MINUTE, _HOUR = 60, 3600
_WHOLE = 100_000  # parts, in which the shares of trouble are counted
_ONE_PERCENT = 1_000
_NAMES = {
    Kind.HARD_BOUNCED: ("bounces", "Bounces"),
    Kind.COMPLAINED: ("complaints", "Complaints"),
}


def of_growth(readers: Readers) -> Figure:
    """Draw how the list grew."""
    return growth(readers.weeks)


def of_funnel(readers: Readers) -> Figure:
    """Draw what became of those who asked to join."""
    one = readers.funnel
    return bars.funnel(
        asked=one.asked,
        mailed=one.mailed,
        confirmed=one.confirmed,
        since=f"the last {one.days} days",
    )


def of_providers(outcome: Outcome, *, issue: str) -> Figure:
    """Draw what became of an issue's letters at each receiving provider; ``issue`` names it."""
    stacks = [
        Stack(name=name, values=tuple(counts.get(part.name, 0) for part in _PARTS))
        for name, counts in outcome.providers.items()
    ]
    present = [
        place for place in range(len(_PARTS)) if any(stack.values[place] for stack in stacks)
    ]
    return stacked.stacked(
        "providers",
        [
            Stack(name=stack.name, values=tuple(stack.values[place] for place in present))
            for stack in stacks
        ],
        parts=[_PARTS[place] for place in present],
        title=f"{issue} by provider",
        sentence=_of_letters(outcome),
    )


def of_delivery(outcome: Outcome, *, issue: str, stops: Sequence[Stop] = ()) -> Figure:
    """Draw how an issue's letters were accepted over time, and when it was paused.

    Of an issue whose start was not kept, no pause is drawn.
    """
    marks = [*_marks(stops, began=outcome.began)] if outcome.began is not None else []
    last = max([1, *(at for at, _ in outcome.accepted), *(mark.at for mark in marks)])
    points = [Point(at=at / last, label=_since(at), value=total) for at, total in outcome.accepted]
    told = [_of_time(outcome), *(f"{_capital(m.words)} after {_since(m.at)}." for m in marks)]
    return line.line(
        "delivery",
        points,
        title=f"{issue} over time",
        sentence=" ".join(told),
        measure=Measure(what="Accepted", top=outcome.candidates or None),
        events=[
            Event(
                at=mark.at / last,
                label=_since(mark.at),
                words=mark.words,
                until=None if mark.until is None else mark.until / last,
            )
            for mark in marks
        ],
    )


@dataclass(frozen=True, kw_only=True)
class _Mark:
    """What happened so many seconds after the start, and how long it lasted, if it did."""

    at: int
    words: str
    until: int | None = None


def _marks(stops: Sequence[Stop], *, began: int) -> Iterator[_Mark]:
    """Yield where each pause began and ended; one from before the start begins with it."""
    for stop in stops:
        at = max(int(stop.at.timestamp()) - began, 0)
        over = None if stop.over_at is None else max(int(stop.over_at.timestamp()) - began, 0)
        if over == 0:
            continue
        yield _Mark(at=at, words=f"paused by {stop.by}", until=over)
        if over is not None:
            yield _Mark(at=over, words=f"resumed by {stop.over_by}")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def of_trouble(
    issues: Sequence[tuple[str, Outcome]], *, kind: Kind, limit: float | None = None
) -> Figure:
    """Draw what share of each issue's letters came back so, oldest first, with the limit."""
    points = []
    for place, (name, outcome) in enumerate(issues):
        reached, came = outcome.of("accepted"), outcome.returned.get(kind, 0)
        value = came * _WHOLE // reached if reached else 0
        points.append(Point(at=place / max(len(issues) - 1, 1), label=name, value=value))
    line_at = None if limit is None else int(limit * _WHOLE)
    words = f"limit {_percent(line_at)}" if line_at else ""
    return line.line(
        f"{_NAMES[kind][0]}-by-issue",
        points,
        title=f"{_NAMES[kind][1]} of each issue",
        sentence=_of_trouble(issues, kind=kind, limit=words),
        measure=Measure(
            what=_NAMES[kind][1],
            write=_percent,
            top=2 * line_at if line_at else _ONE_PERCENT,
            limit=Limit(value=line_at, words=words) if line_at else None,
        ),
    )


def _of_trouble(issues: Sequence[tuple[str, Outcome]], *, kind: Kind, limit: str) -> str:
    if not issues:
        return "No issue was counted yet."
    name, outcome = issues[-1]
    reached, came = outcome.of("accepted"), outcome.returned.get(kind, 0)
    part = _percent(came * _WHOLE // max(reached, 1))
    told = f"{name}: {number(came)} of {number(reached)} accepted, {part}"
    return f"{told} ({limit})." if limit else f"{told}."


def _percent(value: int) -> str:
    """Write parts of 100,000 in percent, cut after two digits."""
    return f"{value // 10 / 100:g} %"


def _of_letters(outcome: Outcome) -> str:
    whole = outcome.candidates
    if not whole:
        return "No letter was written yet."
    told = [
        f"{number(count)} {part.name}" for part in _PARTS[1:] if (count := outcome.of(part.name))
    ]
    accepted = outcome.of("accepted")
    more = f"; {listed(told)}" if told else ""
    return (
        f"{number(accepted)} of {counted(whole, 'letter')} accepted,"
        f" {share(accepted, whole)}{more}."
    )


def _of_time(outcome: Outcome) -> str:
    if not outcome.accepted:
        return "No letter was accepted yet."
    seconds, letters = outcome.accepted[-1]
    if seconds == 0:
        return f"{counted(letters, 'letter')} accepted within a second."
    return (
        f"{counted(letters, 'letter')} accepted in {_since(seconds)},"
        f" {letters * 10 // seconds / 10:g} a second."
    )


def _since(seconds: int) -> str:
    if seconds < 2 * _MINUTE:
        return f"{seconds} s"
    if seconds < 2 * _HOUR:
        return f"{seconds // _MINUTE} min"
    return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE} min"


def of_sources(
    app: App, overview: Overview, *, only: int | None = None, most: int | None = None
) -> Figure:
    """Draw how often each source posts, or the one with this number.

    Of more than ``most`` those are drawn that are not well, then those that post the most.
    """
    rows = [
        (source, overview.of(source.id))
        for source in roster.sources(app)
        if only in {None, source.id}
    ]
    known = len(rows)
    if most is not None and known > most:
        worth = sorted(rows, key=lambda pair: (pair[1].health.word == "ok", -sum(pair[1].posts)))
        shown = {source.id for source, _ in worth[:most]}
        rows = [pair for pair in rows if pair[0].id in shown]
    cadences = [
        Cadence(
            name=source.name,
            posts=standing.posts,
            state="paused" if source.paused_at else str(standing.health.word),
        )
        for source, standing in rows
    ]
    return heat.heat(cadences, weeks=overview.weeks, known=known)


def of_topics(app: App, *, issues: int = _ISSUES) -> Figure:
    """Draw which topics the posts of the latest issues had."""
    counts = Counter[str]()
    for issue in _latest(app, issues=issues):
        counts.update(topics_of(issue))
    return bars.mix("topics", list(counts.items()), title="Posts by topic", what="post")


def of_answers(votes: Mapping[Answer, int]) -> Figure:
    """Draw how readers answered the question below an issue."""
    return bars.mix(
        "answers",
        [(str(answer).capitalize(), count) for answer, count in votes.items()],
        title="Was this issue worth your time?",
        what="answer",
    )


def of_clicks(app: App, *, issues: int = _ISSUES) -> tuple[Figure, Figure]:
    """Draw how often links were followed, by source and by topic."""
    with app.database.read() as session:
        sources = clicks.by_source(session, app.newsletter, issues=issues)
        topics = clicks.by_topic(session, app.newsletter, issues=issues)
    return (
        _clicked(app, "clicks-by-source", sources, title="Clicks by source"),
        _clicked(app, "clicks-by-topic", topics, title="Clicks by topic"),
    )


def _clicked(app: App, name: str, found: Sequence[Clicked], *, title: str) -> Figure:
    drawn = bars.mix(name, [(one.name, one.clicks) for one in found], title=title, what="click")
    if app.config.clicks.count:
        return drawn
    off = "Clicks are not counted, as [clicks] count is false."
    return replace(drawn, sentence=f"{drawn.sentence} {off}" if found else off)


def topics_of(issue: Issue) -> Counter[str]:
    """Count an issue's posts by their topic."""
    counts = Counter[str]()
    for post in issue.posts:
        counts[post.topic or _NO_TOPIC] += post.size
    return counts


def _latest(app: App, *, issues: int) -> list[Issue]:
    """Return the words of the latest sealed issues, oldest first."""
    with app.database.read() as session:
        rows = session.scalars(
            select(EditionRow.issue)
            .where(
                EditionRow.newsletter == app.newsletter,
                EditionRow.state.in_(SEALED),
                EditionRow.issue.is_not(None),
            )
            .order_by(EditionRow.due_at.desc())
            .limit(issues)
        ).all()
    return [Issue.from_json(data) for data in reversed(rows) if data]
