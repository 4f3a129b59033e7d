"""The commands about sources: add, list, test, pause."""

from typing import Annotated, Any

import typer

from digest.cli import context
from digest.cli.help import HelpPage
from digest.cli.output import table
from digest.errors import UsageError


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    group = typer.Typer(
        cls=HelpPage, no_args_is_help=True, help="Add, list, test or pause a source"
    )
    for command in (add, test, pause):
        group.command()(command)
    group.command("list")(list_)
    app.add_typer(group, name="source")


def add(
    ctx: typer.Context,
    urls: Annotated[list[str], typer.Argument(help="Addresses of feeds")],
    name: Annotated[str | None, typer.Option(help="What to call it (one address only)")] = None,
    topic: Annotated[str | None, typer.Option(help="The section its posts stand in")] = None,
) -> None:
    """Add feeds to follow; nothing that is in them already is mailed as new.

    JSON: [{source, url, new}]
    """
    from digest import roster

    me = context.of(ctx)
    if name and len(urls) > 1:
        raise UsageError("--name goes with one address; add the others without it")
    with me.app() as app:
        added = roster.add_sources(app, urls, name=name, topic=topic, write=not me.options.dry_run)
    word = "would add" if me.options.dry_run else "added"
    me.out.result(
        [{"source": one.name, "url": one.url, "new": one.new} for one in added],
        "\n".join(
            f"{word} {one.name}" if one.new else f"{one.name} is there already" for one in added
        )
        + "\nNext: digest fetch, then digest issue show",
    )


def list_(ctx: typer.Context) -> None:
    """List the sources with the state in which the last reading ended.

    JSON: [{source, url, state, paused, detail?, checked_at?, next_check_at?, failures}]
    """
    from digest import roster

    me = context.of(ctx)
    with me.app() as app:
        sources = roster.sources(app)
        rows = [
            (
                s.name,
                "paused" if s.paused_at else s.state,
                app.local(s.checked_at) if s.checked_at else "-",
                s.detail or "",
            )
            for s in sources
        ]
    data = [
        {
            "source": s.name,
            "url": s.url,
            "state": s.state,
            "paused": s.paused_at is not None,
            "detail": s.detail,
            "checked_at": s.checked_at,
            "next_check_at": s.next_check_at,
            "failures": s.failures,
        }
        for s in sources
    ]
    text = table(rows, head=("source", "state", "checked", "detail"))
    me.out.result(
        data, text + ("" if data else "\nNext: digest source add https://a.blog/feed.xml")
    )


def test(ctx: typer.Context, url: Annotated[str, typer.Argument(help="Address of a feed")]) -> None:
    """Show what a feed would bring, without saving anything.

    JSON: {title?, posts: [{title, url, date?}]}
    """
    from digest import roster

    me = context.of(ctx)
    with me.app() as app:
        reading = roster.try_source(app, url)
    posts: list[dict[str, Any]] = [
        {"title": p.title, "url": p.url, "date": p.published_at or p.published_on}
        for p in reading.posts
    ]
    lines = [f"{reading.title or url}: {len(posts)} posts"]
    lines += [
        f"  {str(post['date'] or 'no date')[:10]:<10}  {post['title']}" for post in posts[:10]
    ]
    lines += [f"  and {len(posts) - 10} more"] if len(posts) > 10 else []  # noqa: PLR2004 - ten are shown
    lines.append(f"Next: digest source add {url}")
    me.out.result({"title": reading.title, "posts": posts}, "\n".join(lines))


def pause(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="As in 'digest source list'")],
    *,
    resume: Annotated[bool, typer.Option("--resume", help="Read it again")] = False,
) -> None:
    """Stop reading a source, or read it again.

    JSON: {source, paused}
    """
    from digest import roster

    me = context.of(ctx)
    dry = me.options.dry_run
    with me.app() as app:
        roster.pause_source(app, name, until_resumed=not resume, write=not dry)
    word = "would be" if dry else "is"
    fate = "read again" if resume else "paused"
    text = f"{name} {word} {fate}\nNext: digest source list"
    me.out.result({"source": name, "paused": not resume}, text)
