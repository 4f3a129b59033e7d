"""The commands that change an open issue: include, skip, lead, move, note, words, diff."""

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import context
from digest.cli.context import Context
from digest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from digest.drafting import Drafted

Post = Annotated[str, typer.Argument(help="Its id, as in 'digest issue show', or its address")]
Name = Annotated[str | None, typer.Argument(help="As 2026-W24; default: the one that is next")]


def add_to(group: typer.Typer) -> None:
    """Add these commands to the group `digest issue`."""
    for command in (include, skip, unskip, lead, move, note, words, diff):
        group.command()(command)


def include(ctx: typer.Context, post: Post, period: Name = None) -> None:
    """Put a post into an issue that a rule keeps out of it.

    JSON: {period, post, title, said, changed, state?}; with --dry-run also would_change
    """
    from digest import drafting

    _decide(ctx, drafting.include, post, period=period)


def skip(ctx: typer.Context, post: Post, period: Name = None) -> None:
    """Keep a post out of an issue; 'digest post drop' keeps it out of every one.

    JSON: {period, post, title, said, changed, state?}; with --dry-run also would_change
    """
    from digest import drafting

    _decide(ctx, drafting.skip, post, period=period)


def unskip(ctx: typer.Context, post: Post, period: Name = None) -> None:
    """Leave it to the rules again whether a post is in an issue.

    JSON: {period, post, title, said, changed, state?}; with --dry-run also would_change
    """
    from digest import drafting

    _decide(ctx, drafting.leave_to_rules, post, period=period)


def lead(ctx: typer.Context, post: Post, period: Name = None) -> None:
    """Let a post open an issue.

    JSON: {period, post, title, said, changed, state?}; with --dry-run also would_change
    """
    from digest import drafting

    _decide(ctx, drafting.lead, post, period=period)


def move(
    ctx: typer.Context,
    post: Post,
    period: Name = None,
    *,
    up: Annotated[bool, typer.Option("--up", help="One place up")] = False,
    down: Annotated[bool, typer.Option("--down", help="One place down")] = False,
    to: Annotated[int | None, typer.Option(metavar="PLACE", help="To this place; 1 leads")] = None,
) -> None:
    """Give a post another place; past the border of a topic the whole topic moves.

    JSON: {period, post, title, said, changed, state?}; with --dry-run also would_change
    """
    from digest import drafting

    if [up, down, to is not None].count(True) != 1:
        raise UsageError("say where it goes: --up, --down, or --to PLACE")
    by = -1 if up else 1 if down else None
    _decide(ctx, drafting.move, post, period=period, by=by, to=to)


def note(
    ctx: typer.Context,
    post: Post,
    text: Annotated[str, typer.Argument(help="The editor's words; '' takes them away")],
    period: Name = None,
) -> None:
    """Write the editor's words under a post, as readers will see them.

    JSON: {period, post, title, said, changed, state?}; with --dry-run also would_change
    """
    from digest import drafting

    _decide(ctx, drafting.note, post, text, period=period)


def words(
    ctx: typer.Context,
    period: Name = None,
    subject: Annotated[str | None, typer.Option(help="At most 78 characters; '' drops it")] = None,
    preheader: Annotated[
        str | None, typer.Option(help="The line beside it in the inbox; '' drops it")
    ] = None,
    introduction: Annotated[
        str | None, typer.Option(help="Paragraphs between empty lines; '' drops it")
    ] = None,
) -> None:
    """Give an issue a subject, a preheader or an introduction of your own.

    JSON: {period, subject?, preheader?, introduction?}; with --dry-run also would_change
    """
    from digest import drafting, questions

    me = context.of(ctx)
    with me.app() as app:
        target = questions.period(app, period)
        asked = drafting.own_words(
            app, target, subject=subject, preheader=preheader, introduction=introduction
        )
        if not me.options.dry_run:
            drafting.keep_own_words(app, target, asked)
    data = {"period": target.name, **vars(asked)}
    if me.options.dry_run:
        data["would_change"] = True
    lines = [f"{name:<14}{value}" for name, value in vars(asked).items() if value]
    text = "\n".join([*lines] or ["the posts speak for themselves"])
    me.out.result(data, f"{text}\nNext: digest preview")


def diff(ctx: typer.Context, period: Name = None) -> None:
    """Say what has changed in an issue since it was approved.

    JSON: {period, approved_by, approved_at, changes: [sentence]}
    """
    from digest import drafting, planning, questions

    me = context.of(ctx)
    with me.app() as app:
        target = questions.period(app, period)
        plan = planning.draw(app, target)
        changes = drafting.changes(target, plan=plan)
        agreed = plan.decided.approval
        data = {
            "period": target.name,
            "approved_by": agreed and agreed.by,
            "approved_at": agreed and agreed.at,
            "changes": list(changes),
        }
    text = "\n".join(changes) or f"issue {target.name} is as it was approved"
    following = "digest preview, then digest issue approve" if changes else "digest issue show"
    me.out.result(data, f"{text}\nNext: {following}")


def _decide(
    ctx: typer.Context,
    decide: "Callable[..., Drafted]",
    *words: str,
    period: str | None,
    **details: int | None,
) -> None:
    """Have something decided about an issue, and tell what; --dry-run tells what would be.

    ``decide`` is one of `digest.drafting`, ``words`` and ``details`` are what it is asked.
    """
    from digest import questions

    me = context.of(ctx)
    with me.app() as app:
        target = questions.period(app, period)
        drafted = decide(app, target, *words, write=not me.options.dry_run, **details)
    _tell(me, drafted)


def _tell(me: Context, drafted: "Drafted") -> None:
    """Print what was decided, and what became of an approval."""
    edition, post, period = drafted.edition, drafted.post, drafted.period.name
    data = {
        "period": period,
        "post": post.id,
        "title": post.title,
        "said": drafted.sentence,
        "changed": drafted.has_changed,
        "state": edition and str(edition.state),
    }
    if me.options.dry_run:
        data |= {"would_change": drafted.has_changed, "changed": False}
    lines = [f"issue {period}: {drafted.sentence}"]
    if me.options.dry_run:
        lines.append("nothing was changed: this was a dry run")
    elif edition and edition.reason:
        lines.append(f"issue {period} is {edition.state}: {edition.reason}")
    me.out.result(data, "\n".join([*lines, "Next: digest preview, then digest issue approve"]))
