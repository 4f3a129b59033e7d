"""The command that says how mailbox providers take the mail now."""

from typing import TYPE_CHECKING, Any

import typer

from digest.cli import context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.app import App
    from digest.standing import HeldBack, Standing


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(deliverability)


def deliverability(ctx: typer.Context) -> None:
    """Say how mailbox providers take your mail: complaints, who slowed you down, first rings.

    'digest doctor' looks at the domain.

    JSON: {complaints: {issues, letters, complaints, share, level}, held_back: [{carrier, receiver?,
    since?, until, per_minute, at_once?, said}], rings: [{period, said}]}
    """
    from digest.standing import standing

    me = context.of(ctx)
    with me.app() as app:
        now = standing(app)
        lines = [*_lines(app, now)]
    me.out.result(_data(now), "\n".join(lines))


def _data(now: "Standing") -> dict[str, Any]:
    told = now.complaints
    return {
        "complaints": vars(told) | {"share": round(told.share, 6), "level": str(told.level)},
        "held_back": [vars(one) for one in now.held_back],
        "rings": [{"period": period, "said": words} for period, words in now.rings.items()],
    }


def _lines(app: "App", now: "Standing") -> "Iterator[str]":
    told = now.complaints
    yield (
        f"complaints: {told.complaints:,} about {told.letters:,} letters of the last"
        f" {told.issues:,} issues ({100 * told.share:.3f} %): {told.level}"
    )
    yield from (_of_one(app, one) for one in now.held_back)
    if not now.held_back:
        yield "nobody has asked to slow down"
    yield from (f"issue {period}: {words}" for period, words in now.rings.items())


def _of_one(app: "App", one: "HeldBack") -> str:
    who = one.receiver or f"carrier {one.carrier}"
    since = f" since {app.local(one.since)}" if one.since else ""
    return f"{who} takes {one.pace}{since}, until {app.local(one.until)} or longer: {one.said}"
