"""The commands about sources: add, list, test, pause."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from digest.cli import context, curate, exchange
from digest.cli.given import content_of
from digest.cli.help import HelpPage
from digest.cli.output import FAILED, IN_PART, OK, table
from digest.cli.trial import as_json, described
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app import App
    from digest.cli.context import Context
    from digest.posts.topics import TopicSettings
    from digest.sources.shelf import AddedSource, NewSource
    from digest.sources.trial import Trial

Kind = Literal["feed", "listing", "sitemap", "ghost", "wordpress"]


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    group = typer.Typer(
        cls=HelpPage,
        no_args_is_help=True,
        help="Add, list, test, pause, mute, import or export sources",
    )
    group.command()(add)
    group.command("list")(list_)
    group.command("test")(try_out)
    group.command()(pause)
    curate.add_to(group)
    exchange.add_to(group)
    app.add_typer(group, name="source")


def add(
    ctx: typer.Context,
    urls: Annotated[list[str], typer.Argument(help="Addresses of blogs, or of their feeds")],
    name: Annotated[str | None, typer.Option(help="What to call it (one address only)")] = None,
    topic: Annotated[str | None, typer.Option(help="The section its posts stand in")] = None,
    kind: Annotated[Kind | None, typer.Option(help="What it is; default: found out")] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, even on a terminal")] = False,
) -> None:
    """Find out how a blog is best read, show what that brings, and follow it.

    Its feed is looked for, else a sitemap, else the page is read as a list of posts. Of what stands
    there already only posts that are dated within the coming issue's period are mailed. With --kind
    it is followed even if it cannot be read now; with the --name of a recipe in config.toml its
    page is read by that.

    JSON: [{source?, url, new, kind?, title?, pace?, trouble?, posts: [{title, url, date?}]}]
    """
    from digest import roster
    from digest.sources.shelf import refuse_unfit

    me = context.of(ctx)
    if name and len(urls) > 1:
        raise UsageError("--name goes with one address; add the others without it")
    refuse_unfit(urls, names=(name, topic))
    with me.app() as app:
        recipe = name if name in app.config.recipes else None
        with me.out.progress("look", total=len(urls)) as step:
            trials = roster.try_sources(app, urls, kind=kind, recipe=recipe, step=step)
        wanted = [_wanted(trial, name=name, kind=kind) for trial in trials]
        if any(wanted) and not yes:
            _ask(me, trials, topics=app.config.topics)
        added = iter(
            roster.add_sources(
                app, [*filter(None, wanted)], topic=topic, write=not me.options.dry_run
            )
        )
        fates = [next(added) if one else None for one in wanted]
    _report_added(me, list(zip(trials, fates, strict=True)), topics=app.config.topics)


def list_(ctx: typer.Context) -> None:
    """List the sources: how each is, and how the last reading ended.

    JSON: [{source, url, kind, state, health, reason?, since?, paused, detail?, checked_at?,
    next_check_at?, failures}]
    """
    from digest import questions, roster

    me = context.of(ctx)
    with me.app() as app:
        sources = roster.sources(app)
        health = questions.health_of(app)
        rows = [
            (
                s.name,
                "paused" if s.paused_at else health[s.name].word,
                f"{since.astimezone(app.zone):%d %b %Y}"
                if (since := s.paused_at or health[s.name].since)
                else "-",
                s.state,
                app.local(s.checked_at) if s.checked_at else "-",
                "; ".join(filter(None, (s.detail, health[s.name].reason))),
            )
            for s in sources
        ]
    data = [
        {
            "source": s.name,
            "url": s.url,
            "kind": s.kind,
            "state": s.state,
            "health": health[s.name].word,
            "reason": health[s.name].reason,
            "since": health[s.name].since,
            "paused": s.paused_at is not None,
            "detail": s.detail,
            "checked_at": s.checked_at,
            "next_check_at": s.next_check_at,
            "failures": s.failures,
        }
        for s in sources
    ]
    text = table(rows, head=("source", "health", "since", "state", "checked", "detail"))
    me.out.result(
        data, text + ("" if data else "\nNext: digest source add https://a.blog/feed.xml")
    )


def try_out(
    ctx: typer.Context,
    address: Annotated[str | None, typer.Argument(metavar="URL", help="Address of a blog")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A saved page or feed instead; nothing is asked of the web")
    ] = None,
    url: Annotated[str | None, typer.Option(help="With --file: where it was saved from")] = None,
    kind: Annotated[Kind | None, typer.Option(help="What it is; default: found out")] = None,
    recipe: Annotated[str | None, typer.Option(help="A recipe of config.toml to read by")] = None,
) -> None:
    """Show how a blog would be read and what that would bring, without saving anything.

    JSON: {kind?, state, url, title?, pace?, trouble?, entries?, left_out: [{reason, count}],
    posts: [{title, url, date?, excerpt?, tags: [tag], author?, reading_minutes?, language?,
    hygiene, rules: [rule], held?}]}
    """
    from digest import roster

    me = context.of(ctx)
    where = url or address
    if where is None or (url and address) or (url and not file):
        raise UsageError(
            "name one address: digest source test URL, or digest source test --file PAGE --url URL"
        )
    with _without_database(me) as app:
        topics = app.config.topics
        if file:
            content = content_of(file)
            trial = roster.try_page(app, content, url=where, kind=kind, recipe=recipe)
        else:
            (trial,) = roster.try_sources(app, [where], kind=kind, recipe=recipe)
    code = OK if trial.found else FAILED
    lines = [where, *described(trial, most=10, topics=topics)]
    lines += [f"Next: digest source add {where}"] if trial.found else []
    me.out.result(as_json(trial), "\n".join(lines), code=code)
    raise typer.Exit(code)


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


@contextmanager
def _without_database(me: "Context") -> "Iterator[App]":
    """Open the app for what only reads pages: it works before there is a database."""
    from digest.app import App

    config = me.configuration()
    app = App(config, clock=me.clock(config), stop=me.stop)
    try:
        yield app
    finally:
        app.close()


def _wanted(trial: "Trial", *, name: str | None, kind: str | None) -> "NewSource | None":
    """Return what to follow: what was found, or what the operator insists on."""
    from digest.sources.shelf import NewSource

    if trial.found:
        return NewSource(url=trial.found.url, kind=trial.found.kind, name=name, page=trial.url)
    return NewSource(url=trial.url, kind=kind, name=name) if kind else None


def _ask(me: "Context", trials: "list[Trial]", *, topics: "TopicSettings") -> None:
    """Show a person on a terminal what would be followed, and ask; nobody else is asked."""
    if not sys.stdin.isatty() or me.options.json or me.options.quiet or me.options.dry_run:
        return
    for trial in trials:
        me.out.say("\n".join([trial.url, *described(trial, most=5, topics=topics)]))
    context.confirm(me, "Follow this?" if len(trials) == 1 else "Follow these?", yes=False)


def _report_added(
    me: "Context",
    results: "list[tuple[Trial, AddedSource | None]]",
    *,
    topics: "TopicSettings",
) -> None:
    data, lines = [], []
    for trial, fate in results:
        lines += [
            _fate(trial, fate, dry=me.options.dry_run),
            *described(trial, most=5, topics=topics),
        ]
        whole = as_json(trial)
        posts = [{key: post[key] for key in ("title", "url", "date")} for post in whole["posts"]]
        data.append(
            {
                "source": fate and fate.name,
                "url": whole["url"],
                "new": bool(fate and fate.new),
                **{key: whole[key] for key in ("kind", "title", "pace", "trouble")},
                "posts": posts,
            }
        )
    missed = sum(fate is None for _, fate in results)
    code = OK if not missed else IN_PART if missed < len(results) else FAILED
    if missed < len(results):
        lines.append("Next: digest fetch, then digest issue show")
    else:
        lines.append("Next: digest source add with the address of the feed, or with --kind")
    me.out.result(data, "\n".join(lines), code=code)
    raise typer.Exit(code)


def _fate(trial: "Trial", fate: "AddedSource | None", *, dry: bool) -> str:
    if fate is None:
        return f"not added: {trial.url}"
    if not fate.new:
        return f"{fate.name} is there already"
    return f"{'would add' if dry else 'added'} {fate.name}"
