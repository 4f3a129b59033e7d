"""The command that lets a source out of quarantine, and what a run says of those in it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli import context
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.sources.quarantine import Quarantined


def add_to(app: typer.Typer) -> None:
    """Add the command to the group that is there already."""
    for group in app.registered_groups:
        if group.name == "source" and group.typer_instance:
            group.typer_instance.command()(release)


def release(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="As in 'digest source list'")],
    *,
    take: Annotated[bool, typer.Option("--take", help="Its held posts may be mailed")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Its held posts are dropped")] = False,
) -> None:
    """Let a source out of quarantine, and say what becomes of the posts that were held with it.

    JSON: {source, released, posts: [title], fate}
    """
    from digest import editing

    me = context.of(ctx)
    if take == drop:
        raise UsageError(
            "say what becomes of its held posts: add --take or --drop; with --dry-run they are"
            " only listed"
        )
    dry = me.options.dry_run
    with me.app() as app:
        titles = editing.release(app, name, take=take, write=not dry)
    fate = "taken" if take else "dropped"
    word = "would be" if dry else "is"
    lines = [f"{name} {word} released; {len(titles)} held posts are {fate}"]
    lines += [f"  {title}" for title in titles]
    lines.append("Next: digest issue show")
    me.out.result(
        {"source": name, "released": not dry, "posts": titles, "fate": fate}, "\n".join(lines)
    )


def notes(found: "Iterable[Quarantined]") -> list[str]:
    """Say which sources an issue goes out without, and why."""
    lines = []
    for one in found:
        lines.append(f"watch   {one.source} is in quarantine ({one.alarm}), posts held: {one.held}")
        lines.append(f"        {one.alarm.sentence} ({one.reason})")
        lines.append(f"        digest source release {one.source} --take, or --drop")
    return lines


def as_json(found: "Iterable[Quarantined]") -> list[dict[str, Any]]:
    """Return the sources in quarantine, for JSON."""
    return [
        {
            "source": one.source,
            "alarm": str(one.alarm),
            "reason": one.reason,
            "since": one.since,
            "held": one.held,
        }
        for one in found
    ]
