"""Everything that is looked at before an issue leaves, as one report with cures."""

from collections.abc import Iterator

from digest import planning
from digest.app import App
from digest.checks.domain import Sending, check_domain
from digest.checks.finding import Finding
from digest.checks.links import check_links
from digest.checks.resolver import Resolver
from digest.checks.wording import wording
from digest.editions.issue import Issue
from digest.errors import DigestError
from digest.mail.quoted import encode
from digest.planning import Plan
from digest.render.contrast import LEAST, too_faint
from digest.render.lint import LARGEST


def examine(app: App, planned: Plan, *, resolver: Resolver | None) -> Iterator[Finding]:
    """Check what an issue would be; without a ``resolver`` nothing outside this machine is asked.

    Nothing is sent, and no row changes.
    """
    yield from _held(app, planned)
    if planned.issue is None:
        return
    for finding in planned.findings:
        yield Finding(level="error" if finding.is_error else "warning", sentence=str(finding))
    yield from _looks(app, planned)
    yield from _one_click(app)
    for subject in dict.fromkeys(one.subject for one in planned.composed):
        yield from wording(subject)
    if resolver is not None:
        yield from _links(app, planned.issue)
        yield from check_domain(sending_of(app), resolver=resolver)


def sending_of(app: App) -> Sending:
    """Say how mail leaves, for a look at the domain."""
    signer, carrier = app.signer, app.config.carrier
    return Sending(
        from_domain=app.config.sender.domain,
        return_domain=app.config.sender.return_domain,
        keys=tuple(key.record for key in signer.keys) if signer else (),
        relay=carrier.smtp.host if carrier.kind == "smtp" and app.leaves_machine else "",
    )


def _held(app: App, planned: Plan) -> Iterator[Finding]:
    for post in planning.awaited(app, planned):
        yield Finding(
            level="error",
            sentence=f"post {post.id}, {post.title or post.url!r}, waits for you: {post.held}",
            cure=f"digest post take {post.id}, or edit, or drop",
        )


def _looks(app: App, planned: Plan) -> Iterator[Finding]:
    """Say what was measured: the size, the text part, and the colours."""
    largest = max(len(encode(one.html)) for one in planned.composed)
    shortest = min(len(one.text) for one in planned.composed)
    contents = f"{len(planned.composed)} contents" if len(planned.composed) > 1 else "the mail"
    yield Finding(
        level="ok",
        sentence=f"size: {contents} of at most {largest:,} bytes; {LARGEST:,} can be sent",
    )
    yield Finding(level="ok", sentence=f"text part: at least {shortest:,} characters")
    try:
        faint = list(too_faint(app.composer.theme.colours))
    except DigestError:
        return  # what is wrong with the theme is among the findings already
    for complaint in faint:
        cure = f"change it in edition/{app.config.email.theme}/tokens.toml"
        yield Finding(level="error", sentence=f"contrast: {complaint}", cure=cure)
    if not faint:
        yield Finding(
            level="ok", sentence=f"contrast: every text is at least {LEAST}, light and dark"
        )


def _one_click(app: App) -> Iterator[Finding]:
    if app.unsubscribe_url(1).startswith("https://"):
        yield Finding(level="ok", sentence="one-click unsubscribe: List-Unsubscribe is https")
        return
    yield Finding(
        level="warning",
        sentence="one-click unsubscribe: List-Unsubscribe is not https, and no client shows it",
        cure="set [web] public_url to the https address that readers reach",
    )


def _links(app: App, issue: Issue) -> Iterator[Finding]:
    yield from check_links(
        {post.url: post.title for post in issue.entries},
        client=app.client,
        cache=app.state / "links.json",
        now=app.clock.now(),
        wait=lambda seconds: app.clock.wait(seconds, stop=app.stop),
    )
