"""The command that shows the settings in force, and where each comes from."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli import context

if TYPE_CHECKING:
    from digest.inforce import Shown


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(config)


def config(
    ctx: typer.Context,
    section: Annotated[
        str | None, typer.Argument(help="Only this section, as carrier.smtp")
    ] = None,
    *,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only what is not the default")
    ] = False,
) -> None:
    """Show the settings in force, secrets masked.

    JSON: [{setting, value, from, default}]; from is file, environment or default
    """
    from digest.inforce import in_force

    me = context.of(ctx)
    sections = in_force(me.configuration(), section=section)
    shown = [
        one for found in sections.values() for one in found if not (changed and one.is_default)
    ]
    text = "\n".join(map(_line, shown)) or "every setting has its default"
    me.out.result([*map(_data, shown)], f"{text}\nNext: digest doctor")


def _line(one: "Shown") -> str:
    """Write a setting as one line, with where it comes from unless nobody chose it."""
    source = "" if one.origin == "default" else f"  ({one.origin})"
    return f"{one.section}.{one.name} = {one.words}{source}"


def _data(one: "Shown") -> dict[str, Any]:
    return {
        "setting": f"{one.section}.{one.name}",
        "value": one.value,
        "from": one.origin,
        "default": one.default,
    }
