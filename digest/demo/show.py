"""A whole week in one minute: real code on sample blogs, a real mail server, and no network."""

import shutil
import socket
import threading
import webbrowser
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import uvicorn

from digest import planning, questions, roster, sourcebook, weekly
from digest.accounts.roles import Role
from digest.app import App
from digest.clock import Clock
from digest.config import load
from digest.delivery.state import DeliveryState
from digest.demo.blogs import SampleBlog, sample_blogs
from digest.demo.inbox import inbox
from digest.demo.mailbox import Mailbox
from digest.demo.settings import PUBLIC_URL, settings_text
from digest.demo.web import SampleWeb
from digest.editions.issue import Issue
from digest.errors import UsageError
from digest.figures import kept
from digest.migrations import schema
from digest.service import site_of
from digest.sources.shelf import NewSource
from digest.web.console.gate import Person

BERLIN = ZoneInfo("Europe/Berlin")
THURSDAY = datetime(2026, 6, 11, 18, 0, tzinfo=BERLIN)  # the blogs are found
FRIDAY = datetime(2026, 6, 12, 7, 0, 3, tzinfo=BERLIN)  # the issue is due
MARK = ".digest-demo"
WITHOUT_FEED = "plain-systems"  # of the two blogs that write RSS 2.0
READERS = (
    ("ada@example.org", "en"),
    ("grace@example.org", "en"),
    ("barbara@example.com", "en"),
    ("konrad@example.net", "de"),
    ("emmy@example.net", "de"),
)
VISITOR = Person(name="demo", role=Role.ADMIN)
_NAMES = {"en": "English", "de": "German"}

Say = Callable[[str], None]


def demo(
    folder: Path, *, port: int, stay: bool, browser: bool, say: Say, stop: threading.Event
) -> None:
    """Show the week; with ``stay`` keep the inbox open until told to stop."""
    _clear(folder)
    with ExitStack() as stack:
        web = stack.enter_context(SampleWeb())
        mailbox = stack.enter_context(Mailbox(folder / "mail"))
        pages = _Pages(port) if stay else None
        config = folder / "config.toml"
        config.write_text(settings_text(smtp_port=mailbox.port), "utf-8")
        issue = _week(config, web=web, say=say, stop=stop)
        say(_bars(issue))
        if pages is None:
            say(f"\n   {len(mailbox.messages)} emails are in {folder / 'mail'}")
            say(" Nothing left this computer. Next: digest init makes it yours.")
            return
        address = pages.address
        app = App(load(config), clock=Clock.starting_at(FRIDAY), stop=stop)
        stack.callback(app.close)
        for count in (sourcebook.renew, kept.renew):  # as the process that serves does by itself
            count(app)
        site = site_of(app, guest=VISITOR)
        site.include_router(inbox(mailbox, public_url=PUBLIC_URL))
        say(
            f"\n   Inbox      {address}/mail       the emails, as the readers get them"
            f"\n   Archive    {address}/archive    the issue online"
            f"\n   Console    {address}/console    no password in the demo\n"
            f"\n Nothing left this computer. Files are in {folder}. Ctrl-C stops the server."
            "\n Next: digest init makes it yours."
        )
        if browser:
            threading.Timer(0.5, webbrowser.open, args=(f"{address}/mail",)).start()
        pages.serve(site)


def _week(config: Path, *, web: SampleWeb, say: Say, stop: threading.Event) -> Issue:
    thursday = App(load(config), clock=Clock.starting_at(THURSDAY), stop=stop)
    try:
        schema.migrate(thursday.database)
        _read_the_blogs(thursday, web=web, say=say)
        _add_readers(thursday, say=say)
    finally:
        thursday.close()
    friday = App(load(config), clock=Clock.starting_at(FRIDAY), stop=stop)
    try:
        return _send_the_issue(friday, say=say)
    finally:
        friday.close()


def _read_the_blogs(app: App, *, web: SampleWeb, say: Say) -> None:
    blogs = sample_blogs()
    roster.add_sources(app, [_source(blog, url=web.url) for blog in blogs])
    results = weekly.fetch(app, due_only=False)
    kinds = len({blog.kind for blog in blogs})  # the page without a feed stands for its own
    posts = sum(result.new for result in results)
    say(_line(f"Reading {len(results)} sample blogs", f"{posts} posts, {kinds} formats"))


def _source(blog: SampleBlog, *, url: str) -> NewSource:
    """Follow a blog by its feed; one by its list of posts, as one that has no feed."""
    if blog.slug == WITHOUT_FEED:
        home = f"{url}{blog.home_path}"
        return NewSource(url=home, kind="listing", name=blog.name, topic=blog.topic)
    return NewSource(url=f"{url}{blog.feed_path}", name=blog.name, topic=blog.topic)


def _add_readers(app: App, *, say: Say) -> None:
    for language in ("en", "de"):
        roster.add_subscribers(
            app,
            [address for address, theirs in READERS if theirs == language],
            consent="they are made up, and agreed to the demo",
            language=language,
        )
    confirmed = questions.people(app).candidates
    say(_line(f"Adding {len(READERS)} demo readers", f"{confirmed} confirmed"))


def _send_the_issue(app: App, *, say: Say) -> Issue:
    period = questions.current_period(app)
    planned = planning.plan(app, period)
    if planned.issue is None:
        raise UsageError("the sample blogs have no post in this week")  # a broken installation
    issue = planned.issue
    blogs = len({post.source for post in issue.entries})
    week = f"{period.first_day.day} to {period.end_day.day - 1} {period.end_day:%B %Y}"
    say(_line(f"Picking the week of {week}", f"{len(issue.entries)} new posts, {blogs} blogs"))
    names = " and ".join(_NAMES[c.language] for c in planned.composed)
    sizes = " and ".join(f"{len(c.html.encode()) / 1024:.1f} KB" for c in planned.composed)
    verdict = f"{len(planned.errors)} checks failed" if planned.errors else "all checks passed"
    say(_line(f"Making issue {issue.number}, {names}", f"{sizes}, {verdict}"))
    started = app.clock.monotonic()
    week_done = weekly.run(app)
    seconds = app.clock.monotonic() - started
    counts: Counter[DeliveryState] = Counter()
    for _, report in week_done.sent:
        counts.update(report.counts)
    accepted, refused = counts[DeliveryState.ACCEPTED], counts[DeliveryState.REJECTED]
    say(
        _line(
            "Delivering to the built-in mailbox",
            f"{accepted} of {counts.total()} accepted, {refused} refused, {seconds:.1f} s",
        )
    )
    again = weekly.run(app)
    say(_line("Running it all again", f"nothing to do, {len(again.sent)} mails"))
    return issue


class _Pages:
    """The demo's web pages on loopback; the port is taken before its address is printed."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def serve(self, site: object) -> None:
        """Serve until Ctrl-C or SIGTERM."""
        config = uvicorn.Config(site, log_config=None, access_log=False)  # type: ignore[arg-type]
        uvicorn.Server(config).run(sockets=[self._socket])


def _line(what: str, result: str) -> str:
    return f" ✓ {what:<42} {result}"


def _bars(issue: Issue) -> str:
    topics = Counter(post.topic or "Other" for post in issue.posts)
    lines = [f"\n {'Topic':<26}Posts"]
    lines += [f" {topic:<26}{count:>5}  {'█' * count}" for topic, count in topics.most_common()]
    return "\n".join([*lines, f"\n Lead: {issue.lead.title}"])


def _clear(folder: Path) -> None:
    """Start afresh, but only in a folder that a demo made."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise UsageError(f"{folder} holds other things; choose another with --folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text(
        "made by 'digest demo'; the next demo empties this folder\n", "utf-8"
    )
