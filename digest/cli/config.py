"""The command that shows the settings in force, and where each comes from."""

from functools import reduce
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli import context

if TYPE_CHECKING:
    from digest.config import Configuration
    from digest.setting import Setting


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
    from digest.config import every_setting

    me = context.of(ctx)
    found = me.configuration()
    known = [setting for setting in every_setting() if _is_in(setting, section)]
    if not known:
        raise _unknown(section or "")
    rows = [_row(found, setting) for setting in known]
    shown = [row for row in rows if not changed or row["value"] != row["default"]]
    lines = [f"{row['setting']} = {_in_words(row['value'])}{_source(row)}" for row in shown]
    text = "\n".join(lines) or "every setting has its default"
    me.out.result(shown, f"{text}\nNext: digest doctor")


def _is_in(setting: "Setting", section: str | None) -> bool:
    name = ".".join(setting.path)
    return section is None or name == section or name.startswith(f"{section}.")


def _unknown(section: str) -> Exception:
    from digest.config import every_setting
    from digest.errors import UsageError
    from digest.setting import suggestion

    known = sorted({".".join(setting.path[:-1]) for setting in every_setting()})
    return UsageError(f"there is no section {section!r}{suggestion(section, known)}")


def _row(found: "Configuration", setting: "Setting") -> dict[str, Any]:
    value: Any = reduce(getattr, setting.path, found)
    return {
        "setting": ".".join(setting.path),
        "value": _masked(value) if setting.secret else _plain(value),
        "from": _origin(setting, value),
        "default": _masked(setting.default) if setting.secret else _plain(setting.default),
    }


def _origin(setting: "Setting", value: Any) -> str:
    from digest.config import is_from_environment

    if is_from_environment(setting):
        return "environment"
    return "default" if value == setting.default else "file"


def _masked(value: Any) -> Any:
    """Show that there is a secret, never which; of a database, all but the password."""
    from digest.masking import MASK, Mask

    if isinstance(value, str):
        is_place = value.startswith(("sqlite:", "postgresql"))
        return Mask()(value) if is_place else (MASK if value else "")
    return [MASK for _ in value]


def _plain(value: Any) -> Any:
    """Return a value as JSON and the columns can show it."""
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, str | int | float | bool | dict | None) else str(value)


def _source(row: dict[str, Any]) -> str:
    """Say where a value comes from, unless nobody chose it."""
    return "" if row["from"] == "default" else f"  ({row['from']})"


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "(none)"
    return str(value) if value != "" else "(empty)"
