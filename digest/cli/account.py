"""Puts one issue in words and figures: what it holds, and what became of it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digest.app import App
    from digest.editions.store import Edition
    from digest.weekly import Plan


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


def sealed(app: "App", edition: "Edition") -> tuple[dict[str, Any], str]:
    """Put a frozen (or empty) issue in figures and words: its posts, and who was not served."""
    from digest import questions

    account = questions.account(app, edition)
    titles = [post.title for post in account.issue.entries] if account.issue else []
    lines = [
        f"issue {edition.number or '-'} ({edition.period})  {edition.state}"
        + (f": {edition.reason}" if edition.reason else ""),
        *(f"  {title}" for title in titles),
        *(f"{count:>9,}  {state}" for state, count in account.counts.items()),
        *(f"{count:>9,}  left out: {reason}" for reason, count in account.excluded.items()),
        *(
            f"  {one.email}  {one.state}  {one.code or ''} {one.reason or ''}".rstrip()
            for one in account.unserved
        ),
    ]
    data = facts(edition) | {
        "posts": titles,
        "counts": {str(state): count for state, count in account.counts.items()},
        "excluded": account.excluded,
        "unserved": [
            {"email": o.email, "state": str(o.state), "code": o.code, "reason": o.reason}
            for o in account.unserved
        ],
    }
    return data, "\n".join(lines)


def planned(app: "App", edition: "Edition | None", plan: "Plan") -> tuple[dict[str, Any], str]:
    """Put in figures and words what an issue would be now, and what is not in it."""
    state = str(edition.state) if edition else "draft"
    reason = edition.reason if edition else None
    chosen = [(post.title, post.source) for post in plan.selection.chosen]
    refused = [
        (r.post.title, f"{r.reason}{f' ({r.detail})' if r.detail else ''}")
        for r in plan.selection.refused
        if not r.post.baseline
    ]
    lines = [
        f"issue {plan.period.name}  {state}" + (f": {reason}" if reason else ""),
        (
            f"due {app.local(plan.period.due_at)}, posts of {plan.period.first_day:%d %b} up to,"
            f" but not on, {plan.period.end_day:%d %b %Y}"
        ),
        "",
        f"{len(chosen)} posts in it" + ("" if plan.issue else " (too few: it would be empty)"),
        *(f"  {title}  [{source}]" for title, source in chosen),
        *([f"{len(refused)} not in it"] if refused else []),
        *(f"  {title}  {why}" for title, why in refused),
        *(f"check: {finding}" for finding in plan.findings),
        "Next: digest preview" if plan.issue else "Next: digest fetch",
    ]
    data = {
        "period": plan.period.name,
        "state": state,
        "reason": reason,
        "due_at": plan.period.due_at,
        "posts": [title for title, _ in chosen],
        "refused": [{"title": title, "reason": why} for title, why in refused],
        "findings": [str(finding) for finding in plan.findings],
    }
    return data, "\n".join(lines)
