"""Writes the pages that follow from the code: `python docs/generate.py`."""

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import typer
from carriers import providers_page

from digest.cli.help import EXIT_CODES
from digest.cli.main import app
from digest.config import Configuration, every_setting
from digest.setting import FILE, Setting

ROOT = Path(__file__).resolve().parent.parent
NOTE = "<!-- Written by `python docs/generate.py`; change the code, not this page. -->"
WIDTH = 80

CONFIG_HEAD = """\
# Configuration

Every setting there is. `config.toml` at the root of the project holds all of them with their
defaults and is what `digest init` writes. What is missing in yours has its default.

Each setting has an environment variable too, which wins over the file. With `_FILE` at its end the
variable names a file that holds the value, which is the way for secrets (marked with 🔒): they are
never printed. A list is written as in the file: `DIGEST_EMAIL__LANGUAGES='["en", "de"]'`. Relative
paths are relative to the configuration file.

An unknown key or variable, a wrong type and a value that cannot work are errors that name the file,
the line, the key and what it takes; the exit code is 2."""

CLI_HEAD = """\
# Commands

What `--help` says, for every command. The options of `digest` itself may stand anywhere on the
line. The result goes to stdout, everything else to stderr; `--json` prints the result as one JSON
value, whose shape is said below (a `?` marks what may be null)."""


def config_page() -> str:
    """Return docs/config.md."""
    parts = [NOTE, CONFIG_HEAD]
    for section, settings in groupby(every_setting(), key=lambda setting: setting.path[:-1]):
        parts += [f"## `[{'.'.join(section)}]`", _about(section), _table(settings)]
    return "\n\n".join(parts) + "\n"


def cli_page() -> str:
    """Return docs/cli.md."""
    root = typer.main.get_command(app)
    codes = "\n".join(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items())
    parts = [NOTE, CLI_HEAD, "## Exit codes", f"| code | meaning |\n|---|---|\n{codes}"]
    for name, help_text in _helps(root, parent=None, name="digest"):
        parts += [f"## `{name}`", f"```text\n{help_text}\n```"]
    return "\n\n".join(parts) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "docs/config.md": config_page,
    "docs/cli.md": cli_page,
    "docs/providers.md": lambda: f"{NOTE}\n\n{providers_page()}",
}


def _about(section: tuple[str, ...]) -> str:
    """Return the docstring of the dataclass behind a section."""
    first, *deeper = section
    kind: Any = Configuration.model_fields[first].annotation
    for name in deeper:
        kind = get_type_hints(kind)[name]
    return (inspect.getdoc(kind) or "").replace("``", "`")


def _table(settings: Iterator[Setting]) -> str:
    lines = ["| key | takes | default | environment variable |", "|---|---|---|---|"]
    for setting in settings:
        mark = " 🔒" if setting.secret else ""
        variable = setting.variable + (FILE if setting.secret else "")
        lines.append(
            f"| `{setting.path[-1]}`{mark} | {_takes(setting)} | {_default(setting)} "
            f"| `{variable}` |"
        )
    return "\n".join(lines)


def _takes(setting: Setting) -> str:
    if get_origin(setting.type) is Literal:
        return ", ".join(f'`"{choice}"`' for choice in get_args(setting.type))
    return setting.takes.removeprefix("a ").removesuffix(" in quotes")


def _default(setting: Setting) -> str:
    if setting.default is None:
        return "none"
    value = str(setting.default) if isinstance(setting.default, Path) else setting.default
    return f"`{json.dumps(value)}`"


def _helps(command: Any, *, parent: Any, name: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the help of a command and of those below it."""
    settings = {**command.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    context = command.context_class(command, info_name=name, parent=parent, **settings)
    text = re.sub(r"[ \t]+$", "", command.get_help(context), flags=re.MULTILINE)
    yield context.command_path, text.rstrip()
    for key, below in getattr(command, "commands", {}).items():
        if not below.hidden:
            yield from _helps(below, parent=context, name=key)


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (ROOT / name).write_text(page(), encoding="utf-8")
        sys.stdout.write(f"wrote {name}\n")


if __name__ == "__main__":
    main()
