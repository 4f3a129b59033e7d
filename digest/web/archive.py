"""The issues online: the sealed words without anything personal, and the list of them all."""

from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from digest.editions import store as editions
from digest.editions.issue import Issue
from digest.editions.state import SEALED, EditionState
from digest.editions.store import Edition, Variant
from digest.pages import WebSettings
from digest.render.slots import markers, without_personal_part
from digest.web.stationery import Stationery
from digest.web.words import PageWords
from storage.database import Database

# From the first letter on somebody may follow "Read online"; before that it is nobody's business.
_SHOWN = SEALED - {EditionState.FROZEN, EditionState.WITHDRAWN}

# An issue is a mail: its styles stand in its tags. It runs nothing and sends nothing.
_ISSUE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src https:; form-action 'none';"
        " frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "public, max-age=300",  # short, so that a withdrawn issue is gone soon
    "Vary": "Accept-Language",
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One issue in the list."""

    number: int
    title: str
    about: str


@dataclass(frozen=True, kw_only=True)
class ArchivePages:
    """The list of issues and each issue; ``slug`` names the newsletter in the database."""

    database: Database
    slug: str
    web: WebSettings
    stationery: Stationery

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route("/archive", self.everything, methods=["GET", "HEAD"])
        router.add_api_route("/{number:int}", self.html, methods=["GET", "HEAD"])
        router.add_api_route("/{number:int}.txt", self.text, methods=["GET", "HEAD"])
        return router

    def everything(self, request: Request) -> Response:
        """List the issues, newest first."""
        words = self.stationery.words(request)
        with self.database.read() as session:
            shown = editions.all_editions(session, self.slug, states=_SHOWN)
            issues = [editions.issue_of(session, edition.id) for edition in reversed(shown)]
        entries = [_entry(issue, words) for issue in issues if issue]
        return self.stationery.page("archive", request, entries=entries)

    def html(self, number: int, request: Request) -> Response:
        """Show an issue as it was sent, without what was written for one person."""
        edition, variant = self._sealed(number, request)
        if variant is None:
            return self._withdrawn(number, request)
        return HTMLResponse(
            _for_everybody(variant.html, edition), headers=self._headers(number, variant)
        )

    def text(self, number: int, request: Request) -> Response:
        """Show an issue's text part."""
        edition, variant = self._sealed(number, request)
        if variant is None:
            return self._withdrawn(number, request)
        return PlainTextResponse(
            _for_everybody(variant.text, edition), headers=self._headers(number, variant)
        )

    def _headers(self, number: int, variant: Variant) -> dict[str, str]:
        canonical = f'<{self.web.issue_url(number)}>; rel="canonical"'
        return {**_ISSUE_HEADERS, "Content-Language": variant.language, "Link": canonical}

    def _sealed(self, number: int, request: Request) -> tuple[Edition, Variant | None]:
        """Return the edition, with no variant when it was withdrawn; 404 before it is sent."""
        with self.database.read() as session:
            for edition in editions.all_editions(
                session, self.slug, states=_SHOWN | {EditionState.WITHDRAWN}
            ):
                if edition.number == number:
                    return edition, self._variant(session, edition, request)
        raise HTTPException(404)

    def _variant(self, session: Session, edition: Edition, request: Request) -> Variant | None:
        if edition.state is EditionState.WITHDRAWN:
            return None
        wanted = self.stationery.words(request).language
        variants = list(editions.variants_of(session, edition.id).values())
        for variant in variants:
            if variant.language.partition("-")[0] == wanted:
                return variant
        return variants[0]

    def _withdrawn(self, number: int, request: Request) -> Response:
        return self.stationery.message(
            request, title="withdrawn_title", text="withdrawn_text", status=410, number=number
        )


def _entry(issue: Issue, words: PageWords) -> Entry:
    count = len(issue.entries)
    posts = words.archive_post if count == 1 else words.archive_posts
    about = (
        words.archive_issue.format(number=issue.number),
        _written(issue.day, words),
        posts.format(count=count),
    )
    return Entry(number=issue.number, title=issue.lead.title, about=" · ".join(about))


def _written(day: date, words: PageWords) -> str:
    return format_date(day, words.date, locale=words.language)


def _for_everybody(text: str, edition: Edition) -> str:
    """Cut out the personal part; a theme that opens a slot elsewhere shows nothing there."""
    seal = edition.seal or ""
    text = without_personal_part(text, seal=seal)
    for marker in markers(seal=seal).values():
        text = text.replace(marker, "")
    return text
