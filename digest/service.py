"""Serves the web pages and rings the weekly bell in one process, until it is told to stop."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from digest import alerts, checkup, errands, fence, heartbeat, returning, sourcebook, weekly
from digest.app import App
from digest.checks import receivers
from digest.delivery.interrupt import held_back
from digest.delivery.sender import tally
from digest.editions.state import EditionState
from digest.errors import BusyError
from digest.figures import kept
from digest.pages import WebSettings
from digest.providers.hooks import registry as hooks
from digest.schedule import Bell
from digest.web.console.gate import Person
from digest.web.console.mount import console_routes
from digest.web.hooks import plain
from digest.web.site import SiteSettings, build_site

log = logging.getLogger(__name__)

TICK_SECONDS = 60.0
POST_SECONDS = 1.0  # whoever signs up waits for the letter
MAILBOX_SECONDS = 300.0
FIGURES_SECONDS = 60.0  # it looks whether any are old, and counts seldom
DOCTOR_SECONDS = 3600.0  # likewise: once a day it looks at everything
_GRACE_SECONDS = 2
_HEED_SECONDS = 1.0  # after which a signal is heard at the latest


def site_of(app: App, *, guest: Person | None = None) -> FastAPI:
    """Build the pages of an installation: the public ones, and the console.

    With a ``guest`` everybody on this machine is that one, without signing in.
    """
    site = _public(app)
    site.router.routes[:0] = console_routes(app, guest=guest)
    return site


def _public(app: App) -> FastAPI:
    config, folder = app.config, app.config.app.templates
    return build_site(
        database=app.database,
        keyring=app.keyring,
        clock=app.clock,
        settings=SiteSettings(
            newsletter=config.newsletter,
            web=config.web,
            signup=config.signup,
            schedule=config.schedule,
            topics=config.topics,
            sender=config.sender,
            api=config.api,
            reactions=config.reactions,
            metrics=config.metrics,
            hooks=hooks.build(config.hooks, fetch=lambda url: plain(url, get=app.client.get)),
            templates=Path(folder) if folder else None,
            salutation=config.email.salutation,
            languages=config.email.languages,
            paces=("weekly", "monthly") if config.schedule.cadence == "week" else ("weekly",),
        ),
    )


def serve(app: App, *, scheduler: bool, say: Callable[[str], None]) -> None:
    """Run until ``app.stop`` is set; the letter in hand is finished first.

    Ctrl-C sets it, too: raised where the main thread waits, it could leave the lock of ``stop``
    taken for ever. Raises `BusyError` when the address of the pages is taken.
    """
    with held_back(end=app.stop.set), ExitStack() as stack:
        listener = stack.enter_context(_listen(app.config.web))
        stack.enter_context(app.processes.enter())  # so that no restore comes between
        pages = _Pages(site_of(app), listener=listener, stop=app.stop)
        pages.start()
        stack.callback(pages.stop)
        for work, seconds in _rounds(app, scheduler=scheduler):
            bell = Bell(work, seconds=seconds, stop=app.stop)
            bell.start()
            stack.callback(bell.stop)
        say(f"pages on {_address(listener)}; Ctrl-C stops")
        # Python hears a signal that came just before a wait only when that is over.
        while not app.clock.wait(_HEED_SECONDS, stop=app.stop):
            continue


def _rounds(app: App, *, scheduler: bool) -> Iterator[tuple[Callable[[], object], float]]:
    """Yield what is done again and again, and how many seconds apart."""
    yield lambda: errands.hand_over_notices(app), POST_SECONDS
    if scheduler:
        yield Tick(app), TICK_SECONDS
        yield lambda: alerts.tell(app), TICK_SECONDS
        yield lambda: _count(app), FIGURES_SECONDS
        yield lambda: checkup.renew(app), DOCTOR_SECONDS
        if app.config.bounces.mailbox.kind:
            yield lambda: returning.visit_mailbox(app), MAILBOX_SECONDS


def _count(app: App) -> None:
    """Count what pages show as kept, where it has become old."""
    sourcebook.renew(app)
    kept.renew(app)


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _listen(web: WebSettings) -> socket.socket:
    """Take the address before anything is begun, so that a taken one is an error of ours."""
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    try:
        return socket.create_server((web.host, web.port), family=family)
    except OSError as error:
        raise BusyError(
            f"the web pages cannot start on {web.host}:{web.port} ({error.strerror});"
            " nothing was begun, see [web] host and port"
        ) from error


class _Pages:
    """The web server in a thread of its own: signals stay with whoever started us."""

    def __init__(self, site: FastAPI, *, listener: socket.socket, stop: threading.Event) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                site,
                log_config=None,
                proxy_headers=False,  # whom to believe is ours to say: [web] trusted_proxies
                access_log=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        self._listener = listener
        self._stop = stop
        self._thread = threading.Thread(target=self._run, name="pages")

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer what was asked, then end."""
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._listener])
        finally:
            self._stop.set()  # a process without its pages must not look alive


class Tick:
    """Does what is due, and logs what a person may want to know: once, while it lasts."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._told = ""

    def __call__(self) -> None:
        """Run the week once."""
        app = self._app
        if trouble := fence.refusal(app):  # the pages go on: whoever wants to leave can
            self._tell(f"nothing is sent: {trouble}; see 'digest adopt'")
            return
        done = weekly.run(app)
        heartbeat.complete(app)
        receivers.look_up(app)
        errands.forget_expired(app)
        errands.catch_up(app)
        for edition, report in done.sent:
            log.info("issue %s: %s", edition.period, tally(report.counts))
        trouble = "; ".join(
            f"issue {one.period} is {one.state}: {one.reason}"
            for one in (done.edition, done.best_of)
            if one and one.state in {EditionState.HELD, EditionState.PAUSED}
        )
        self._tell(trouble)

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self._told:
            log.warning("%s", trouble)
        self._told = trouble
