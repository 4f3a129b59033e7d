"""The issues online: all that were sent, each as its readers got it, and the posts by topic."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from digest.archive.addresses import Addresses
from digest.archive.librarian import ISSUE_POLICY, Librarian
from digest.archive.record import Record, topics_of
from digest.archive.shelf import Copy, copy_of, records
from digest.archive.view import Visit
from digest.render.words import Words
from digest.web.conditional import shared
from digest.web.stationery import Stationery
from digest.web.words import own_name
from storage.database import Database

_HTML = "text/html"
_FRAMES = "; frame-ancestors 'none'"  # this one works in a header only
_GONE = 410


@dataclass(frozen=True, kw_only=True)
class ArchivePages:
    """The list of issues, each issue, and the posts of each topic."""

    database: Database
    librarian: Librarian
    stationery: Stationery

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        pages: dict[str, Callable[..., Response]] = {
            "/archive": self.everything,
            "/topics/{slug}": self.topic,
            "/{number:int}": self.html,
            "/{number:int}.txt": self.text,
        }
        for path, page in pages.items():
            router.add_api_route(path, page, methods=["GET", "HEAD"])
        return router

    def everything(self, request: Request) -> Response:
        """List the issues, newest first, and the topics."""
        with self.database.read() as session:
            public = records(session, self.librarian.newsletter.slug)
        topics = [*topics_of(public).values()]
        visit = self._visit(request)
        return self._list(
            self.librarian.everything(public, topics, visit=visit), request, words=visit.words
        )

    def topic(self, slug: str, request: Request) -> Response:
        """List the posts on one topic, the newest issue's first."""
        with self.database.read() as session:
            topic = topics_of(records(session, self.librarian.newsletter.slug)).get(slug)
        if topic is None:
            raise HTTPException(404)
        visit = self._visit(request)
        page = self.librarian.topic(topic, visit=visit)
        return self._list(page, request, words=visit.words)

    def html(self, number: int, request: Request) -> Response:
        """Show an issue as it was sent, without what was written for one person."""
        with self.database.read() as session:
            public, record = self._find(session, number)
            if record.withdrawal:
                return self._gone(record, request)
            copy = self._copy(session, record, request)
        visit = self._visit(request, words=self.librarian.words(copy.language))
        page = self.librarian.issue(record, copy, among=public, visit=visit)
        return self._issue(page, request, record=record, copy=copy, media_type=_HTML)

    def text(self, number: int, request: Request) -> Response:
        """Show an issue's text part."""
        with self.database.read() as session:
            _, record = self._find(session, number)
            if record.withdrawal:
                return self._gone(record, request)
            copy = self._copy(session, record, request)
        text = self.librarian.text(record, copy, words=self.librarian.words(copy.language))
        return self._issue(text, request, record=record, copy=copy, media_type="text/plain")

    def _find(self, session: Session, number: int) -> tuple[tuple[Record, ...], Record]:
        """Return all issues, and the one of this number; 404 before it is sent."""
        public = records(session, self.librarian.newsletter.slug)
        for record in public:
            if record.number == number:
                return public, record
        raise HTTPException(404)

    def _copy(self, session: Session, record: Record, request: Request) -> Copy:
        return copy_of(session, record, language=self.stationery.language(request))

    def _visit(self, request: Request, *, words: Words | None = None) -> Visit:
        language, query = self.stationery.language(request), self.stationery.keep(request)
        others = [(tag, own_name(tag)) for tag in self.stationery.languages if tag != language]
        return Visit(
            at=Addresses(query=query),
            words=words or self.librarian.words(language),
            home=f"/{query}",
            others=tuple(others),
        )

    def _list(self, page: str, request: Request, *, words: Words) -> Response:
        headers = {
            "Content-Language": words.language,
            "Content-Security-Policy": self.librarian.policy + _FRAMES,
        }
        return shared(page, request, media_type=_HTML, headers=headers)

    def _issue(
        self, content: str, request: Request, *, record: Record, copy: Copy, media_type: str
    ) -> Response:
        canonical = self.librarian.everywhere.issue(record.number)
        headers = {
            "Content-Language": copy.language,
            "Content-Security-Policy": ISSUE_POLICY + _FRAMES,
            "Link": f'<{canonical}>; rel="canonical"',
        }
        return shared(content, request, media_type=media_type, headers=headers)

    def _gone(self, record: Record, request: Request) -> Response:
        """Say that an issue was withdrawn, and keep the notice out of search engines."""
        visit = self._visit(request)
        return HTMLResponse(
            self.librarian.notice(record, visit=visit),
            status_code=_GONE,
            headers={
                "Content-Language": visit.words.language,
                "Content-Security-Policy": self.librarian.policy + _FRAMES,
                "Cache-Control": "no-store",
                "Vary": "Accept-Language",
                "X-Robots-Tag": "noindex",
            },
        )
