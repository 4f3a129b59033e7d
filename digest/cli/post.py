"""The commands about single posts that wait for a person: list, take, drop, edit."""

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import context
from digest.cli.help import HelpPage
from digest.cli.output import table

if TYPE_CHECKING:
    from digest.posts.post import Decision

Names = Annotated[list[str], typer.Argument(help="Ids, as in 'digest post list', or addresses")]


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    group = typer.Typer(
        cls=HelpPage, no_args_is_help=True, help="List, take, drop or edit posts that wait"
    )
    group.command("list")(list_)
    group.command()(take)
    group.command()(drop)
    group.command()(edit)
    app.add_typer(group, name="post")


def list_(ctx: typer.Context) -> None:
    """List the posts that wait for a person, because their title is cut, missing or none.

    JSON: [{id, title, url, source, held}]
    """
    from digest import editing

    me = context.of(ctx)
    with me.app() as app:
        posts = editing.waiting(app)
    data = [
        {"id": p.id, "title": p.title, "url": p.url, "source": p.source, "held": p.held}
        for p in posts
    ]
    rows = [(p.id, p.source, p.held, p.title or p.url) for p in posts]
    text = table(rows, head=("post", "source", "it waits because", "title"))
    hint = f"Next: digest post edit {posts[0].id} --title ..., or take, or drop" if posts else ""
    me.out.result(data, f"{text}\n{hint}" if posts else "no post waits for a person")


def take(ctx: typer.Context, names: Names) -> None:
    """Let posts be mailed as they are.

    JSON: [{id, title, url, decision}]
    """
    from digest.posts.post import Decision

    _decide(ctx, names, decision=Decision.TAKEN)


def drop(ctx: typer.Context, names: Names) -> None:
    """Keep posts out of every issue.

    JSON: [{id, title, url, decision}]
    """
    from digest.posts.post import Decision

    _decide(ctx, names, decision=Decision.DROPPED)


def edit(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Id, as in 'digest post list', or address")],
    title: Annotated[str | None, typer.Option(help="Its title from now on")] = None,
    summary: Annotated[str | None, typer.Option(help='Its summary; "" for none')] = None,
) -> None:
    """Give a post a whole title or another summary, and let it be mailed.

    JSON: {id, url, title, before}
    """
    from digest import editing

    me = context.of(ctx)
    dry = me.options.dry_run
    with me.app() as app:
        post = editing.edit(app, name, title=title, summary=summary, write=not dry)
    now = post.title if title is None else title
    word = "would be" if dry else "is"
    me.out.result(
        {"id": post.id, "url": post.url, "title": now, "before": post.title},
        f"post {post.id} {word} mailed as {now!r}\nNext: digest preview, then digest issue approve",
    )


def _decide(ctx: typer.Context, names: list[str], *, decision: "Decision") -> None:
    from digest import editing

    me = context.of(ctx)
    dry = me.options.dry_run
    with me.app() as app:
        posts = editing.decide(app, names, decision=decision, write=not dry)
    word = "would be" if dry else "is"
    lines = [f"{post.title or post.url!r} {word} {decision}" for post in posts]
    data = [
        {"id": post.id, "title": post.title, "url": post.url, "decision": str(decision)}
        for post in posts
    ]
    me.out.result(data, "\n".join([*lines, "Next: digest preview, then digest issue approve"]))
