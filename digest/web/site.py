"""The site: the public pages, joined to the parts they need, behind one guard."""

from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

from digest.clock import Clock
from digest.editions.issue import NewsletterSettings
from digest.pages import WebSettings
from digest.web.archive import ArchivePages
from digest.web.guard import Guard, protect
from digest.web.public import NOBODY, UnsubscribePages
from digest.web.stationery import Stationery
from storage.database import Database, DatabaseUnreachableError
from subscribers.tokens import Keyring

_NOT_FOUND = 404
_WRONG_METHOD = 405


def build_site(
    *,
    database: Database,
    keyring: Keyring,
    newsletter: NewsletterSettings,
    web: WebSettings,
    clock: Clock,
    templates: Path | None = None,
) -> FastAPI:
    """Build the site; files in ``templates`` (the operator's) win over the shipped ones.

    Raises `TemplateError` when a page could not be written: at the start, not for a reader.
    """
    stationery = Stationery(newsletter, folder=templates)
    site = FastAPI(
        title=newsletter.name,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # it would answer with whatever host the request names
    )
    site.add_middleware(Guard, clock=clock)
    site.include_router(_health(database))
    site.include_router(
        UnsubscribePages(
            database=database, keyring=keyring, clock=clock, stationery=stationery
        ).router()
    )
    site.include_router(
        ArchivePages(
            database=database,
            slug=newsletter.slug,
            web=web,
            stationery=stationery,
        ).router()
    )
    _answer_errors(site, stationery)
    return site


def _health(database: Database) -> APIRouter:
    router = APIRouter()

    def healthz() -> Response:
        try:
            database.ping()
        except DatabaseUnreachableError:
            return PlainTextResponse("the database does not answer\n", status_code=503)
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    router.add_api_route("/healthz", healthz, methods=["GET", "HEAD"])
    return router


def _answer_errors(site: FastAPI, stationery: Stationery) -> None:
    """Answer every error with a page that says what to do."""

    def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else _NOT_FOUND
        key = "method" if status == _WRONG_METHOD else "lost"
        return stationery.message(request, title=f"{key}_title", text=f"{key}_text", status=status)

    def nobody(request: Request, error: Exception) -> Response:
        del error
        return stationery.message(request, title="link_title", text="link_text", status=_NOT_FOUND)

    def failed(request: Request, error: Exception) -> Response:
        del error  # the server logs it
        answer = stationery.message(request, title="failed_title", text="failed_text", status=500)
        protect(MutableHeaders(raw=answer.raw_headers))  # this answer comes from outside the guard
        return answer

    site.add_exception_handler(HTTPException, refused)
    for kind in NOBODY:
        site.add_exception_handler(kind, nobody)
    site.add_exception_handler(Exception, failed)
