"""Puts in words and figures what a run did, and the exit code that follows from it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from digest.charts.words import counted
from digest.cli.output import IN_PART, NEEDS_PERSON, OK

if TYPE_CHECKING:
    from digest.app import App
    from digest.delivery.rest import Rest
    from digest.delivery.sender import SendReport
    from digest.editions.store import Edition
    from digest.sources.poll import PollResult
    from digest.weekly import Week


def fetched(results: "Iterable[PollResult]") -> str:
    """Say in one line how the sources were read."""
    results = list(results)
    failed = sum(r.state.is_error for r in results)
    new = sum(r.new for r in results)
    return f"fetch   {counted(len(results), 'source')}, {counted(new, 'new post')}" + (
        f", {failed} failed (see 'digest source list')" if failed else ""
    )


def account(app: "App", week: "Week") -> tuple[int, list[str]]:
    """Say what a run did, and the exit code that follows from it."""
    from digest import questions
    from digest.editions.state import EditionState

    codes = [IN_PART if any(r.state.is_error for r in week.polled) else OK]
    lines = [fetched(week.polled)] if week.polled else []
    edition = week.edition
    settled = [one for one in (edition, week.best_of) if one]
    held = [one for one in settled if one.state is EditionState.HELD]
    told = {EditionState.HELD, EditionState.EMPTY}
    lines += [f"issue   {o.period} is {o.state}: {o.reason}" for o in settled if o.state in told]
    for one in held:
        lines.append(f"Next: digest preview {one.period}, then digest issue approve {one.period}")
        codes.append(NEEDS_PERSON)
    for sent, report in week.sent:
        if rest := week.resting.get(sent.id):
            lines.append(_rest_line(app, sent, rest))
        else:
            lines += _sent_lines(sent, report)
            codes.append(_code_of(report))
    lines += [f"note    {note}" for note in week.notes]
    if week.elsewhere and edition and edition.state is EditionState.DRAFT:
        lines.append("in progress elsewhere: another process is reading the sources")
    elif not week.sent and not held:
        lines.append(questions.nothing_to_do(app, edition))
    return NEEDS_PERSON if NEEDS_PERSON in codes else max(codes), lines


def _code_of(report: "SendReport") -> int:
    from digest.editions.state import EditionState

    if report.state is EditionState.PAUSED:
        return NEEDS_PERSON
    return IN_PART if report.unknown or report.waiting > _in_other_hands(report) else OK


def _in_other_hands(report: "SendReport") -> int:
    """Count the letters that another process is handing over: ours are all given back."""
    from digest.delivery.state import DeliveryState

    held = (DeliveryState.CLAIMED, DeliveryState.COMMITTING)
    return sum(report.counts.get(state, 0) for state in held)


def _rest_line(app: "App", edition: "Edition", rest: "Rest") -> str:
    letters = "1 letter waits" if rest.letters == 1 else f"{rest.letters:,} letters wait"
    when = f"until {app.local(rest.until)}" if rest.until else f"({rest.shut})"
    return f"issue   {edition.number} ({edition.period}): {letters} {when}"


def _sent_lines(edition: "Edition", report: "SendReport") -> list[str]:
    from digest.delivery.sender import tally
    from digest.editions.state import EditionState

    lines = [
        (
            f"issue   {edition.number} ({edition.period}), sealed for"
            f" {counted(edition.candidates or 0, 'reader')}"
        ),
        f"send    {tally(report.counts)}",
    ]
    if report.trouble:
        lines.append(f"        {report.state}: {report.trouble}")
    if report.state is EditionState.PAUSED:
        lines.append(f"Next: mend it, then digest send {edition.period}")
    elif elsewhere := _in_other_hands(report):
        letters = counted(elsewhere, "letter")
        lines.append(f"in progress elsewhere: another process has {letters} in hand")
    elif report.waiting:
        lines.append("Next: digest run goes on with those that wait")
    elif set(report.counts) <= {"accepted"}:
        lines.append("Next: digest audit proves that the counts add up")
    else:
        lines.append(f"Next: digest issue show {edition.period} names everybody not served")
    return lines


def polled(result: "PollResult") -> dict[str, Any]:
    """Return how one source was read, for JSON."""
    return {
        "source": result.name,
        "state": str(result.state),
        "new": result.new,
        "detail": result.detail,
    }


def _stands(edition: "Edition") -> dict[str, Any]:
    return {"period": edition.period, "state": str(edition.state), "reason": edition.reason}


def as_json(week: "Week") -> dict[str, Any]:
    """Return what a run did, for JSON (its shape: `digest run --help`)."""
    edition, best = week.edition, week.best_of
    return {
        "sources": [polled(result) for result in week.polled],
        "edition": edition and _stands(edition),
        "best_of": best and _stands(best),
        "sent": [
            {
                "period": sent.period,
                "number": sent.number,
                "state": str(report.state),
                "counts": {str(state): count for state, count in report.counts.items()},
                "trouble": report.trouble,
            }
            for sent, report in week.sent
        ],
        "became_unknown": week.unknown,
        "notes": list(week.notes),
    }
