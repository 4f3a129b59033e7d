"""The commands about one source: its rule, its muted words, its past readings, its raw answer."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from digest.cli import context
from digest.cli.output import FAILED, OK, table
from digest.cli.trial import as_json, described
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.cli.context import Context
    from digest.curating import Rule

Kind = Literal["feed", "listing", "sitemap", "ghost", "wordpress"]
Name = Annotated[str, typer.Argument(help="As in 'digest source list'")]
Selector = Annotated[str | None, typer.Option(help="CSS selector for this part of a post")]


def add_to(group: typer.Typer) -> None:
    """Add these commands to those about sources."""
    for command in (rule, mute, readings, raw):
        group.command()(command)


def rule(  # noqa: PLR0913 - a selector for each part of a post
    ctx: typer.Context,
    name: Name,
    *,
    kind: Annotated[Kind | None, typer.Option(help="What it is read as")] = None,
    topic: Annotated[
        str | None, typer.Option(help='The section its posts stand in; "": by their tags')
    ] = None,
    post: Annotated[
        str | None, typer.Option(help="CSS selector for each whole post of a page")
    ] = None,
    title: Selector = None,
    link: Selector = None,
    date: Selector = None,
    excerpt: Selector = None,
    tags: Selector = None,
    author: Selector = None,
    clear: Annotated[bool, typer.Option("--clear", help="Drop all selectors")] = False,
) -> None:
    """Show how a source is read, or change that from its next reading on.

    With --dry-run it is read by the changed rule, and what that brings is shown.

    JSON: {source, kind, topic?, selectors, changed}; with --dry-run: {kind?, state, url, title?,
    pace?, trouble?, entries?, left_out: [{reason, count}], posts: [{title, url, date?, excerpt?,
    tags: [tag], author?, reading_minutes?, language?, hygiene, rules: [rule], held?}]}
    """
    from digest import curating

    me = context.of(ctx)
    typed = dict(zip(curating.PARTS, (post, title, link, date, excerpt, tags, author), strict=True))
    with me.app() as app:
        before = curating.rule_named(app, name)
        wanted = _changed(before, kind=kind, topic=topic, typed=typed, clear=clear)
        spare = name in app.config.recipes
        if wanted == before:
            _show(me, name, before, changed=False, spare=spare)
        elif me.options.dry_run:
            _try(me, curating.try_rule(app, name, wanted), topics=app.config.topics)
        else:
            curating.change_rule(app, name, wanted)
            _show(me, name, wanted, changed=True, spare=spare)


def mute(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(help="Words, or several in quotes; none: list them")
    ] = None,
    *,
    source: Annotated[str | None, typer.Option(help="Only for the posts of this source")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Let them be heard again")] = False,
) -> None:
    """Leave out posts with one of these words in their titles, or list the muted words.

    A word stands for itself, not inside a longer one; capitals do not matter.

    JSON: {changed: [word], muted: [{word, source?}]}
    """
    from digest import curating

    me = context.of(ctx)
    write = not me.options.dry_run
    with me.app() as app:
        turn = curating.unmute if undo else curating.mute
        changed = turn(app, words, source=source, write=write) if words else []
        found = [one for one in curating.muted(app) if source is None or one.source == source]
    data = {
        "changed": changed,
        "muted": [{"word": one.word, "source": one.source} for one in found],
    }
    would = "would be" if me.options.dry_run else "is"
    fate = "heard again" if undo else "muted"
    lines = [f"{word} {would} {fate}" for word in changed]
    lines += ["nothing to do: they are muted already"] if words and not changed else []
    lines.append(
        table([(one.word, one.source or "all") for one in found], head=("word", "source"))
        if found
        else "no word is muted"
    )
    lines.append("Next: digest issue show")
    me.out.result(data, "\n".join(lines))


def readings(
    ctx: typer.Context,
    name: Name,
    limit: Annotated[int, typer.Option(min=1, help="How many")] = 15,
) -> None:
    """Show how the last readings of a source ended, the newest first.

    JSON: [{at, state, detail?, status?, bytes?, listed?, new, changed, held}]
    """
    from digest import sourcebook

    me = context.of(ctx)
    with me.app() as app:
        found = sourcebook.readings(app, name, most=limit)
        rows = [
            (
                app.local(one.at),
                one.state,
                one.status or "-",
                "-" if one.listed is None else one.listed,
                one.new,
                one.detail or "",
            )
            for one in found
        ]
    data = [
        {
            "at": one.at,
            "state": str(one.state),
            "detail": one.detail,
            "status": one.status,
            "bytes": one.size,
            "listed": one.listed,
            "new": one.new,
            "changed": one.changed,
            "held": one.held,
        }
        for one in found
    ]
    text = table(rows, head=("at", "state", "answer", "listed", "new", "detail"))
    me.out.result(data, f"{text}\nNext: digest source raw {name}")


def raw(
    ctx: typer.Context,
    name: Name,
    limit: Annotated[int, typer.Option(min=1, help="Characters at most")] = 50_000,
) -> None:
    """Show what a source answered last, as it came, without its control characters.

    JSON: {source, at, media, bytes, cut, text}
    """
    from digest import sourcebook

    me = context.of(ctx)
    with me.app() as app:
        found = sourcebook.raw(app, name, most=limit)
        at = app.local(found.at)
    data = {
        "source": name,
        "at": found.at,
        "media": found.media,
        "bytes": found.size,
        "cut": found.is_cut,
        "text": found.text,
    }
    me.out.say(f"{name}, {at}: {found.size:,} bytes{', cut' if found.is_cut else ''}")
    me.out.result(data, found.text)


def _changed(
    before: "Rule", *, kind: str | None, topic: str | None, typed: dict[str, Any], clear: bool
) -> "Rule":
    """Return the rule with what was typed in it."""
    from digest import curating
    from digest.sources.discover import LISTING

    if clear and any(typed.values()):
        raise UsageError("--clear drops all selectors; name none together with it")
    given = {part: text for part, text in typed.items() if text is not None}
    is_other_kind = kind is not None and kind != LISTING
    selectors = {} if clear or is_other_kind else {**before.selectors, **given}
    if is_other_kind and given:
        raise UsageError(f"selectors are for a page that lists posts, and not for a {kind}")
    return curating.rule_of(
        kind=kind or (LISTING if given else before.kind),
        topic=before.topic if topic is None else topic,
        selectors=selectors,
    )


def _show(me: "Context", name: str, rule: "Rule", *, changed: bool, spare: bool) -> None:
    """Print a rule; ``spare`` is whether config.toml has a recipe that counts without selectors."""
    data = {
        "source": name,
        "kind": rule.kind,
        "topic": rule.topic,
        "selectors": dict(rule.selectors),
        "changed": changed,
    }
    lines = [
        f"{name} is read as {rule.kind}" + (" from its next reading on" if changed else ""),
        f"  topic: {rule.topic or 'by the tags of its posts'}",
        *(f"  {part}: {selector}" for part, selector in rule.selectors.items()),
        *(["  by its recipe in config.toml"] if spare and not rule.selectors else []),
        f"Next: digest fetch {name}" if changed else f"Next: digest source raw {name}",
    ]
    me.out.result(data, "\n".join(lines))


def _try(me: "Context", trial: Any, *, topics: Any) -> None:
    code = OK if trial.found else FAILED
    me.out.result(as_json(trial), "\n".join(described(trial, most=10, topics=topics)), code=code)
    raise typer.Exit(code)
