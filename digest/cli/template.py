"""The commands about templates: list, copy, check and change them, and go back."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import context
from digest.cli.given import content_of
from digest.cli.help import HelpPage
from digest.cli.output import NEEDS_PERSON, OK, table
from digest.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from digest.config import Configuration


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    group = typer.Typer(
        cls=HelpPage,
        no_args_is_help=True,
        help="List, copy, change or check the templates of the mail",
    )
    group.command("list")(list_)
    group.command()(copy)
    group.command()(check)
    group.command()(save)
    group.command()(versions)
    group.command()(diff)
    group.command()(restore)
    app.add_typer(group, name="template")


def list_(ctx: typer.Context) -> None:
    """List the themes, and all files with whose they are: yours or the shipped ones.

    JSON: {themes: [{theme, about, used}], files: [{file, whose}]}
    """
    from digest.render.theme import list_themes
    from digest.templates import folders

    me = context.of(ctx)
    config = me.configuration()
    own = _own(config)
    used = config.email.theme
    themes = list_themes(own)
    files = {
        path.relative_to(base).as_posix(): "yours" if base == own else "shipped"
        for base in reversed(folders(own))
        for path in _files(base)
    }
    data = {
        "themes": [{"theme": n, "about": a, "used": n == used} for n, a in themes.items()],
        "files": [{"file": name, "whose": whose} for name, whose in sorted(files.items())],
    }
    rows = [("*" if n == used else "", n, a) for n, a in themes.items()]
    text = table(rows, head=("", "theme", "about")) + "\n\n"
    text += table(sorted(files.items()), head=("file", "whose"))
    me.out.result(data, f"{text}\nNext: digest template copy edition/{used}/post.j2")


def copy(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="As in 'digest template list': a file or a folder")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Write over your own copy")] = False,
) -> None:
    """Copy shipped templates to your folder, where they win.

    JSON: {copied: [path]}
    """
    from digest.shipped import shipped_templates

    me = context.of(ctx)
    own = _own(me.configuration())
    if own is None:
        raise ConfigurationError(
            'there is no folder of yours: set [app] templates, as templates = "templates"'
        )
    shipped = shipped_templates()
    wanted = name.strip("/")
    found = [
        file
        for file in (path.relative_to(shipped) for path in _files(shipped))
        if file.as_posix() == wanted or wanted in {parent.as_posix() for parent in file.parents}
    ]
    if not found:
        raise UsageError(f"no shipped template is called {name!r}; see 'digest template list'")
    there = [str(own / file) for file in found if (own / file).exists()]
    if there and not force:
        raise UsageError(f"{there[0]} is there already; --force writes over it")
    if not me.options.dry_run:
        for file in found:
            (own / file).parent.mkdir(parents=True, exist_ok=True)
            (own / file).write_bytes((shipped / file).read_bytes())
    word = "would copy" if me.options.dry_run else "copied"
    paths = [str(own / file) for file in found]
    lines = [f"{word} {path}" for path in paths]
    me.out.result({"copied": paths}, "\n".join([*lines, "Next: digest template check"]))


def check(
    ctx: typer.Context,
    theme: Annotated[str | None, typer.Argument(help="Default: the one in [email] theme")] = None,
) -> None:
    """Check a theme: every file by itself, and an invented issue in each language.

    JSON: {theme, passed, findings: [sentence]}
    """
    from digest.render.template_check import check_theme

    me = context.of(ctx)
    config = me.configuration()
    name = theme or config.email.theme
    findings = check_theme(
        name,
        folder=_own(config),
        newsletter=config.newsletter,
        languages=config.email.languages,
    )
    code = NEEDS_PERSON if findings else OK
    lines = findings or [f"theme {name}: all checks passed"]
    following = "change what is named above, then digest template check"
    lines.append(f"Next: {following if findings else 'digest preview'}")
    data = {"theme": name, "passed": not findings, "findings": findings}
    me.out.result(data, "\n".join(lines), code=code)
    raise typer.Exit(code)


def _own(config: "Configuration") -> Path | None:
    return Path(config.app.templates) if config.app.templates else None


def _files(base: Path) -> Iterator[Path]:
    """Yield the files of a template folder, without what begins with a dot."""
    for path in sorted(base.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield path


def save(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="As in 'digest template list': a file of the theme")],
    file: Annotated[Path, typer.Argument(help="What it is to say; '-' reads it from stdin")],
) -> None:
    """Put a changed file in force, if it passes every check; what it said before is kept.

    JSON: {saved}; with --dry-run: {would_save}
    """
    from digest import workshop

    me = context.of(ctx)
    source = content_of(file).decode("utf-8", errors="replace")
    with me.app() as app:
        workshop.save(app, name, source, write=not me.options.dry_run)
    if me.options.dry_run:
        me.out.result({"would_save": name}, f"{name} passes: it would be saved")
        return
    me.out.result({"saved": name}, f"{name} is in force\nNext: digest preview")


def versions(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="As in 'digest template list': a file of the theme")],
) -> None:
    """List what a file said before, the newest first.

    JSON: [{version, at, actor, kept}]
    """
    from digest import workshop

    me = context.of(ctx)
    with me.app() as app:
        found = workshop.versions(app, name)
        rows = [
            (str(v.id), app.local(v.at), v.actor, "in force" if v.kept else "tried") for v in found
        ]
    data = [{"version": v.id, "at": v.at, "actor": v.actor, "kept": v.kept} for v in found]
    text = table(rows, head=("version", "when", "who", "was"))
    me.out.result(data, f"{text}\nNext: digest template diff {name}")


def diff(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="As in 'digest template list': a file of the theme")],
    version: Annotated[int | None, typer.Argument(help="Default: the shipped file")] = None,
) -> None:
    """Show what changed from a version to what is in force.

    JSON: {file, version?, lines: [line]}
    """
    from digest import workshop

    me = context.of(ctx)
    with me.app() as app:
        lines = workshop.difference(app, name, version=version)
    data = {"file": name, "version": version, "lines": lines}
    me.out.result(data, "\n".join(lines) or f"{name} is as it was")


def restore(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="As in 'digest template list': a file of the theme")],
    version: Annotated[int | None, typer.Argument(help="Default: the shipped file")] = None,
) -> None:
    """Put an earlier version in force again, byte by byte.

    JSON: {restored, version?}; with --dry-run: {would_restore, version?}
    """
    from digest import workshop

    me = context.of(ctx)
    with me.app() as app:
        workshop.restore(app, name, version, write=not me.options.dry_run)
    which = "the shipped file" if version is None else f"version {version}"
    if me.options.dry_run:
        data = {"would_restore": name, "version": version}
        me.out.result(data, f"would restore {name} from {which}")
        return
    me.out.result(
        {"restored": name, "version": version},
        f"{name} is {which} again\nNext: digest template check",
    )
