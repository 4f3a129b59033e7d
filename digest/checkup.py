"""The doctor: looks at everything a send depends on, without sending, and keeps what it found."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from digest import calendar, carriage, fence, outset, questions
from digest.app import App
from digest.checks import upkeep
from digest.checks.carrier import cure_of
from digest.checks.domain import check_domain
from digest.checks.finding import Finding, is_placeholder
from digest.checks.issue import sending_of
from digest.checks.resolver import Resolver, SystemResolver
from digest.delivery import flows, throttle
from digest.editions.issue import Issue, IssuePost
from digest.errors import DigestError
from digest.figures import backups, findings
from digest.mail.selftest import self_test
from digest.migrations import schema

_STAY_HERE = frozenset({"folder", "memory"})
_LEAST_FREE_BYTES = 200_000_000
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
_AGAIN = timedelta(days=1)


def examine(app: App, *, resolver: Resolver | None = None) -> list[Finding]:
    """Run every check; one that fails stops no other. Nothing is sent, and no row changes.

    ``resolver`` is what DNS is asked through; None is this machine's own. When ``app.stop`` is set
    the rest is left out.
    """

    def _domain(app: App) -> Iterator[Finding]:
        yield from check_domain(sending_of(app), resolver=resolver or SystemResolver())

    checks: tuple[Callable[[App], Iterator[Finding]], ...] = (
        _configuration,
        _database,
        _disk,
        _headers,
        _template,
        _time,
        _carrier,
        _signup,
        _public_address,
        _sender,
        _dkim,
        _domain,
    )
    found: list[Finding] = []
    for check in checks:
        if app.stop.is_set():
            break
        try:
            found += check(app)
        except (DigestError, OSError) as error:
            found.append(Finding(level="error", sentence=str(error)))
    return found


def examine_and_keep(app: App) -> list[Finding]:
    """Run every check, and keep what is found for the page that shows it without asking again.

    It is not kept where the check-up was stopped half-way, or where the database takes no rows:
    then that is among the findings.
    """
    found = examine(app)
    if not app.stop.is_set() and _takes_rows(app):
        findings.keep(app, found)
    return found


def renew(app: App) -> None:
    """Have everything looked at again when that was last done a day ago, or never."""
    with app.database.read() as session:
        last = findings.last(session)
    if last is None or abs(app.clock.now() - last.at) >= _AGAIN:
        examine_and_keep(app)


def _takes_rows(app: App) -> bool:
    try:
        app.database.ping()
        schema.check(app.database)
    except (DigestError, OSError):
        return False
    return True


def _configuration(app: App) -> Iterator[Finding]:
    yield Finding(level="ok", sentence="configuration: every key is known")
    secret = Path(app.config.app.state) / "secret"
    if app.config.app.secret:
        yield Finding(level="ok", sentence="secret: from the configuration")
    elif secret.exists() and secret.stat().st_mode & 0o077:
        yield Finding(
            level="error", sentence=f"{secret} can be read by others", cure=f"chmod 600 {secret}"
        )


def _database(app: App) -> Iterator[Finding]:
    app.database.ping()
    schema.check(app.database)
    yield Finding(level="ok", sentence=f"database: schema {schema.head()} is current")
    yield from _readable(app)
    yield from _outset(app)
    yield from _upkeep(app)
    yield from _held_back(app)


def _readable(app: App) -> Iterator[Finding]:
    """Warn of a database that others can read: it holds every address."""
    file = app.database.file
    if file and file.stat().st_mode & 0o077:
        yield Finding(
            level="warning",
            sentence=f"database: {file} can be read by others, and it holds every address",
            cure=f"chmod 600 {file}*",  # with the files beside it
        )


def _outset(app: App) -> Iterator[Finding]:
    """Say what the newsletter is made from and whom it would go to."""
    missing = outset.next_step(app)
    if missing == outset.SOURCE:
        yield Finding(level="warning", sentence="sources: there are none", cure=missing)
    elif missing == outset.READER:
        yield Finding(level="warning", sentence="readers: there are none", cure=missing)
    else:
        yield Finding(level="ok", sentence="sources and readers: there are some")


def _upkeep(app: App) -> Iterator[Finding]:
    """Say when the next issue comes, the last run ended and the last backup was made."""
    now = app.clock.now()
    following = questions.coming_period(app)
    yield Finding(
        level="ok", sentence=f"next issue {following.name}, {app.local(following.due_at)}"
    )
    with app.database.read() as session:
        ran = fence.last_run(session)
    slot = calendar.latest_due(app.config.schedule, now).due_at
    yield upkeep.of_run(ran, slot=slot, now=now, say=app.local)
    yield upkeep.of_backup(backups.last(app), has_run=ran is not None, now=now, say=app.local)


def _disk(app: App) -> Iterator[Finding]:
    free = shutil.disk_usage(app.state).free
    level: Literal["ok", "error"] = "ok" if free > _LEAST_FREE_BYTES else "error"
    yield Finding(level=level, sentence=f"disk: {free // 1_000_000:,} MB free in {app.state}")


def _headers(_app: App) -> Iterator[Finding]:
    self_test()
    yield Finding(level="ok", sentence="mail headers: this Python writes them safely")


def _template(app: App) -> Iterator[Finding]:
    """Render the worst a feed can bring through the operator's own templates."""
    hostile = "AT&T <3 {{7*7}} </mj-text> " * 8
    posts = tuple(
        IssuePost(post_id=n, url=f"https://blog.example/{n}", title=hostile, source=hostile)
        for n in range(1, 21)
    )
    issue = Issue(
        newsletter=app.config.newsletter, period="2026-W01", number=1, day=date(2026, 1, 2),
        posts=posts,
    )  # fmt: skip
    for language in app.config.email.languages:
        composed = app.composer.compose(issue, language=language)
        size = len(composed.html.encode())
        yield Finding(
            level="ok",
            sentence=f"template: the worst case renders in {composed.language}, {size:,} bytes",
        )


def _time(app: App) -> Iterator[Finding]:
    now = app.clock.now()
    if now < _EARLIEST:
        yield Finding(level="error", sentence=f"clock: it shows {now:%Y-%m-%d}", cure="set it")
    yield Finding(
        level="ok", sentence=f"clock and zone {app.config.schedule.zone}: it is {app.local(now)}"
    )


def _carrier(app: App) -> Iterator[Finding]:
    """Ask every carrier, also those that are there for the worst day."""
    kinds = {name: one.kind for name, one in carriage.settings_of(app.config).items()}
    for name, carrier in app.carriers.items():
        called = f"{name} ({carrier.name})" if name else carrier.name
        if trouble := carrier.check():
            cure = cure_of(trouble, name=name, kind=kinds[name])
            yield Finding(level="error", sentence=f"carrier {called}: {trouble}", cure=cure)
        else:
            yield Finding(level="ok", sentence=f"carrier {called}: it answers")


def _held_back(app: App) -> Iterator[Finding]:
    """Name who has asked us to slow down; nothing has to be done, it mends itself."""
    now = app.clock.now()
    with app.database.read() as session:
        found = flows.held_back(session, now=now)
    for (carrier, receiver), flow in found.items():
        called = carrier or app.carrier.name
        rate = f"takes {throttle.rate_at(flow, now):.0f} letters a minute from carrier {called}"
        what = f"{receiver} {rate}" if receiver else f"carrier {called} asked to be left alone"
        yield Finding(level="warning", sentence=f"{what}, since it said: {flow.said}")


def _signup(app: App) -> Iterator[Finding]:
    if app.config.carrier.kind in _STAY_HERE:
        yield Finding(
            level="warning",
            sentence="sign-up: nobody can confirm, because the carrier's letters reach no mailbox",
            cure="set [carrier] kind to one that sends before you show the sign-up page",
        )
    else:
        yield Finding(level="ok", sentence=f"sign-up: confirmed by {app.config.signup.confirm}")


def _public_address(app: App) -> Iterator[Finding]:
    url = app.config.web.public_url
    if is_placeholder(urlsplit(url).hostname or ""):
        yield Finding(
            level="warning",
            sentence=f"[web] public_url is still {url}: no reader can open its links",
            cure="set it to the https address readers reach",
        )
    elif not url.startswith("https://"):
        yield Finding(
            level="warning",
            sentence=f"[web] public_url = {url!r} is not https:"
            " mail programs show no one-click unsubscribe",
            cure="set it to the https address readers reach",
        )
    else:
        yield Finding(level="ok", sentence=f"public address: {url}")


def _sender(app: App) -> Iterator[Finding]:
    domain = app.config.sender.from_address.rpartition("@")[2]
    if is_placeholder(domain):
        yield Finding(
            level="warning",
            sentence=f"[sender] from_address is still at {domain}: its mail is refused",
            cure="set it to an address of a domain that is yours",
        )
    else:
        yield Finding(level="ok", sentence=f"sender: mail comes from {domain}")


def _dkim(app: App) -> Iterator[Finding]:
    for path in app.config.dkim.key_files:
        if path.is_file() and path.stat().st_mode & 0o077:
            yield Finding(
                level="error", sentence=f"{path} can be read by others", cure=f"chmod 600 {path}"
            )
    if app.signer is None:
        yield Finding(level="ok", sentence="signatures (DKIM): left to the mail server")
        return
    for key in app.signer.keys:
        name, text = key.record
        yield Finding(
            level="ok",
            sentence=f"signatures (DKIM): {key.algorithm} by {key.domain}, with this record in"
            f" DNS: {name} TXT {text}",
        )
