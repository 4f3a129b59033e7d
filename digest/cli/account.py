"""Puts one issue in words and figures: what it holds, and what became of it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from digest.charts.words import counted

if TYPE_CHECKING:
    from digest.app import App
    from digest.editions.store import Edition
    from digest.planning import Plan


def facts(edition: "Edition") -> dict[str, Any]:
    """Return the record of one period, for JSON."""
    return {
        "number": edition.number,
        "period": edition.period,
        "state": str(edition.state),
        "reason": edition.reason,
        "due_at": edition.due_at,
        "frozen_at": edition.frozen_at,
        "candidates": edition.candidates,
    }


def sealed(app: "App", edition: "Edition", *, after: int, most: int) -> tuple[dict[str, Any], str]:
    """Put a frozen (or empty) issue in figures and words: its posts, and who was not reached.

    So ``most`` of those are named, from behind the delivery ``after`` on.
    """
    from digest import questions, results, rings

    account = questions.account(app, edition)
    named = results.missed(app, edition, after=after, most=most + 1)
    shown, more = named[:most], len(named) > most
    ring = rings.words(app, edition)
    posts = account.issue.entries if account.issue else ()
    lines = [
        f"issue {edition.number or '-'} ({edition.period})  {edition.state}"
        + (f": {edition.reason}" if edition.reason else ""),
        *([f"  {ring}"] if ring else []),
        *(f"  {post.post_id:>5}  {post.title}  [{post.source}]" for post in posts),
        *(f"{count:>9,}  {state}" for state, count in account.counts.items()),
        *(f"{count:>9,}  left out: {reason}" for reason, count in account.excluded.items()),
        *(f"  {one.email or '(erased)'}  {one.state}  {one.said}" for one in shown),
    ]
    if more:
        lines.append(f"Next: digest issue show {edition.period} --after {shown[-1].number}")
    data = facts(edition) | {
        "posts": [post.title for post in posts],
        "counts": {str(state): count for state, count in account.counts.items()},
        "excluded": account.excluded,
        "ring": ring,
        "unserved": [
            {
                "delivery": one.number,
                "email": one.email or "(erased)",
                "state": str(one.state),
                "code": one.code,
                "reason": one.reason,
            }
            for one in shown
        ],
        "next_after": shown[-1].number if more else None,
    }
    return data, "\n".join(lines)


def planned(app: "App", edition: "Edition | None", plan: "Plan") -> tuple[dict[str, Any], str]:
    """Put in figures and words what an issue would be now, and what is not in it."""
    from digest import outset

    state = str(edition.state) if edition else "draft"
    reason = edition.reason if edition else None
    chosen = [post.title for post in plan.selection.chosen]
    order = _in_order(app, plan)
    refused = [
        (r.post.id, r.post.title, f"{r.reason}{f' ({r.detail})' if r.detail else ''}")
        for r in plan.selection.refused
        if not r.post.baseline
    ]
    following = "digest preview" if plan.issue else outset.next_step(app) or "digest fetch"
    lines = [
        f"issue {plan.period.name}  {state}" + (f": {reason}" if reason else ""),
        (
            f"due {app.local(plan.period.due_at)}, posts of {plan.period.first_day:%d %b} up to,"
            f" but not on, {plan.period.end_day:%d %b %Y}"
        ),
        "",
        f"{counted(len(chosen), 'post')} in it"
        + ("" if plan.issue else " (too few: it would be empty)"),
        *(f"  {post['id']:>5}  {post['title']}  [{post['source']}]" for post in order),
        *([f"{len(refused)} not in it"] if refused else []),
        *(f"  {id_:>5}  {title}  {why}" for id_, title, why in refused),
        *(f"check: {finding}" for finding in plan.findings),
        f"Next: {following}",
    ]
    data = {
        "period": plan.period.name,
        "state": state,
        "reason": reason,
        "due_at": plan.period.due_at,
        "posts": chosen,
        "order": order,
        "refused": [{"id": id_, "title": title, "reason": why} for id_, title, why in refused],
        "findings": [str(finding) for finding in plan.findings],
    }
    return data, "\n".join(lines)


def _in_order(app: "App", plan: "Plan") -> list[dict[str, Any]]:
    """List the posts as the mail has them, those that share a card one behind the other."""
    from digest.editions.places import places

    if plan.issue is None:
        chosen = plan.selection.chosen
        return [{"id": post.id, "title": post.title, "source": post.source} for post in chosen]
    row = places(plan.issue, full=app.config.email.full_posts)
    printed = replace(plan.issue, posts=tuple(place.post for place in row))
    return [{"id": e.post_id, "title": e.title, "source": e.source} for e in printed.entries]
