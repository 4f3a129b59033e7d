"""The console as a whole: its pages in one list, its gate before them, its words for errors."""

import logging
from typing import Protocol

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Route

from digest.accounts.passwords import Passwords
from digest.accounts.settings import ConsoleSettings
from digest.app import App
from digest.errors import ConfigurationError, DigestError
from digest.web.console.accounts import AccountPages
from digest.web.console.charts import ChartPages
from digest.web.console.cookies import Cookies
from digest.web.console.deliverability import DeliverabilityPages
from digest.web.console.doorway import Doorway
from digest.web.console.exchange import ExchangePages
from digest.web.console.frame import BASE, Frame
from digest.web.console.gate import Gate, Person, SignInNeededError
from digest.web.console.issue import IssuePages
from digest.web.console.issuechecks import IssueCheckPages
from digest.web.console.issuecopy import IssueCopyPages
from digest.web.console.issueposts import IssuePostPages
from digest.web.console.issues import IssuesPages
from digest.web.console.journal import JournalPages
from digest.web.console.keys import KeyPages
from digest.web.console.lens import LensPages
from digest.web.console.live import Lookout
from digest.web.console.me import OwnPages
from digest.web.console.person import PersonPages
from digest.web.console.reception import Guests, Sessions
from digest.web.console.result import ResultPages
from digest.web.console.sending import SendingPages
from digest.web.console.settings import SettingsPages
from digest.web.console.signin import SignInPages
from digest.web.console.source import SourcePages
from digest.web.console.sourcemutes import SourceMutePages
from digest.web.console.sourcerule import SourceRulePages
from digest.web.console.sources import SourcesPages
from digest.web.console.statics import Statics
from digest.web.console.subscribers import SubscribersPages
from digest.web.console.templates import TemplatePages
from digest.web.console.today import TodayPages
from digest.web.guard import LONGEST_BODY
from subscribers.errors import SubscriberError

log = logging.getLogger(__name__)

_NOT_FOUND, _FAILED = 404, 500
_LEFT = 400


class ConsoleRoom(Protocol):
    """A group of pages, joined to their addresses below ``/console``."""

    def router(self) -> APIRouter:
        """Return the pages."""
        ...


def rooms(frame: Frame, *, passwords: Passwords) -> tuple[ConsoleRoom, ...]:
    """List the pages: a line for each group."""
    return (
        TodayPages(frame=frame),
        IssuesPages(frame=frame),
        IssuePages(frame=frame),
        IssuePostPages(pages=IssuePages(frame=frame)),
        IssueCheckPages(frame=frame),
        IssueCopyPages(frame=frame),
        LensPages(frame=frame),
        SendingPages(frame=frame, lookout=Lookout(clock=frame.app.clock)),
        ResultPages(frame=frame),
        SourcesPages(frame=frame),
        SourcePages(frame=frame),
        SourceRulePages(frame=frame),
        SourceMutePages(frame=frame),
        SubscribersPages(frame=frame),
        ExchangePages(frame=frame),
        PersonPages(frame=frame),
        DeliverabilityPages(frame=frame),
        ChartPages(frame=frame),
        TemplatePages(frame=frame),
        SettingsPages(frame=frame),
        AccountPages(frame=frame),
        OwnPages(frame=frame, passwords=passwords),
        KeyPages(frame=frame),
        JournalPages(frame=frame),
    )


def console_routes(
    app: App, *, guest: Person | None = None, passwords: Passwords | None = None
) -> list[BaseRoute]:
    """Return the console's two routes for a site.

    With a ``guest`` nobody signs in and everybody is that one, as in the demo; then it answers this
    machine only, whatever ``[console] open`` says. Raises `ConfigurationError` where passwords
    would travel readable.
    """
    config = app.config
    config.console.check(config.web)
    settings = config.console if guest is None else ConsoleSettings()
    console = Doorway(
        build_console(app, guest=guest, passwords=passwords or Passwords()),
        settings=settings,
        web=config.web,
    )
    return [Route(BASE, console), Route(f"{BASE}/{{rest:path}}", console)]


def build_console(app: App, *, guest: Person | None, passwords: Passwords) -> FastAPI:
    """Build the pages; their addresses are whole, so the application stands at a site's root."""
    cookies = Cookies(is_https=app.config.web.public_url.startswith("https:"))
    reception = Sessions(app=app) if guest is None else Guests(guest=guest)
    gate = Gate(app, reception=reception, cookies=cookies)
    statics = Statics(base=BASE)
    frame = Frame(app, gate=gate, statics=statics)
    signin = SignInPages(frame=frame, gate=gate, passwords=passwords)
    console = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        max_body_size=LONGEST_BODY,
    )
    console.state.gate = gate
    doors: tuple[ConsoleRoom, ...] = (signin, *_provider_rooms(app, signin))
    for room in (statics, *doors, *rooms(frame, passwords=passwords)):
        console.include_router(room.router(), prefix=BASE)
    console.add_api_route(BASE, _home, methods=["GET"])
    _answer_errors(console, frame)
    console.add_exception_handler(SignInNeededError, signin.needed)
    return console


def _provider_rooms(app: App, signin: SignInPages) -> tuple[ConsoleRoom, ...]:
    """Return the pages of the identity provider, where there is one; they need an extra."""
    settings = app.config.console.oidc
    if not settings.is_on:
        return ()
    try:
        from digest.accounts.oidc.provider import Provider  # noqa: PLC0415 - the extra
        from digest.web.console.signinprovider import (  # noqa: PLC0415 - the extra
            SignInProviderPages,
        )
    except ImportError as error:
        raise ConfigurationError(
            f"[console.oidc] needs a package that is missing ({error.name});"
            " run: pip install weekly-digest[oidc]"
        ) from error
    provider = Provider(settings, http=app.config.http, clock=app.clock)
    return (SignInProviderPages(pages=signin, provider=provider),)


def _home() -> Response:
    return RedirectResponse(f"{BASE}/", status_code=303)


def _answer_errors(console: FastAPI, frame: Frame) -> None:
    """Answer every error with a page that says what to do."""

    def ours(request: Request, error: Exception) -> Response:
        return frame.refused(request, error)

    for kind in (DigestError, SubscriberError, RequestValidationError):
        console.add_exception_handler(kind, ours)
    console.add_exception_handler(ClientDisconnect, _gone)
    _answer_the_rest(console, frame)


def _gone(request: Request, error: Exception) -> Response:
    """Take note of somebody who left while a form or a file was sent; the server need not."""
    del request, error
    log.info("a browser left before all of it was sent, a form or a file: nothing was done")
    return Response(status_code=_LEFT)  # nobody reads it


def _answer_the_rest(console: FastAPI, frame: Frame) -> None:
    """Answer what is no error of ours: pages that there are not, and faults."""

    def lost(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else _NOT_FOUND
        return frame.page(
            request,
            "refused.html.j2",
            here="",
            title="There is no such page" if status == _NOT_FOUND else "This page cannot do that",
            status=status,
        )

    def failed(request: Request, error: Exception) -> Response:
        del error  # the server logs it
        return frame.page(
            request,
            "refused.html.j2",
            here="",
            title="Something failed on our side",
            status=_FAILED,
            problem="It is in the log of the process. What was begun was taken back.",
        )

    console.add_exception_handler(HTTPException, lost)
    console.add_exception_handler(Exception, failed)
