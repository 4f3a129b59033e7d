"""The command that sends and nothing else: a worker of a fleet, or one process of a crew."""

import signal
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import context
from digest.cli.output import IN_PART, NEEDS_PERSON, OK
from digest.errors import DigestError, UsageError

if TYPE_CHECKING:
    from digest.app import App
    from digest.cli.context import Context
    from digest.delivery.sender import SendReport


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(worker)


def worker(
    ctx: typer.Context,
    processes: Annotated[
        int, typer.Option(min=1, max=100, help="How many to run on this machine")
    ] = 1,
    edition: Annotated[
        str | None, typer.Option(metavar="PERIOD", hidden=True, help="Only this, to its end")
    ] = None,
    connections: Annotated[
        int | None, typer.Option(min=1, hidden=True, help="Conversations at once")
    ] = None,
    leash: Annotated[
        int | None, typer.Option(hidden=True, help="A pipe that closes when we have to stop")
    ] = None,
) -> None:
    """Send for a fleet until stopped; run it on any number of machines.

    JSON: {trouble?}
    """
    me = context.of(ctx)
    context.stop_on(signal.SIGINT, stop=me.stop)
    if leash is not None:
        from digest.delivery.local import heed

        heed(leash, stop=me.stop)
    with me.app(may_send=True) as app:
        if edition is None:
            _work(me, app, processes=processes)
            return
        report = _send(app, edition, connections=connections)
    me.out.result({"trouble": report.trouble}, report.trouble or "nothing is left to send")
    raise typer.Exit(_code_of(report))


def _work(me: "Context", app: "App", *, processes: int) -> None:
    """Work off the queue, in this process or in several."""
    from digest import dispatch

    if app.config.engine.kind != "fleet":
        raise UsageError(
            "'digest worker' works for a fleet, and [engine] kind is 'local':"
            " 'digest run' starts the processes of this machine itself"
        )
    app.fleet.check()
    me.out.say("waiting for letters; Ctrl-C stops after the one in hand")
    crew = app.crew("worker") if processes > 1 else None
    if crew is None:
        dispatch.work(app)
    else:
        crew.work(shares=[()] * processes, died=app.sender.recover)
        if not me.stop.is_set():
            raise DigestError("every worker of this machine has ended; the lines above say why")
    me.out.result({"trouble": None}, "stopped; nothing is in hand")


def _send(app: "App", period: str, *, connections: int | None) -> "SendReport":
    """Hand over what is due of one edition."""
    from dataclasses import replace

    from digest import dispatch
    from digest.editions import store as editions

    if connections is not None:
        delivery = replace(app.config.delivery, connections=connections)
        app.config = app.config.model_copy(update={"delivery": delivery})
    with app.database.read() as session:
        edition = editions.find(session, app.newsletter, period=period)
    if edition is None:
        raise UsageError(f"no issue {period} has been opened; 'digest issue list' names all")
    return dispatch.hand_over(app, edition)


def _code_of(report: "SendReport") -> int:
    from digest.editions.state import EditionState

    if report.state is EditionState.PAUSED:
        return NEEDS_PERSON
    return IN_PART if report.trouble else OK
