"""The feeds of issues and of topics: Atom, RSS and JSON Feed."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from digest.archive.addresses import MEDIA_TYPES, Kind
from digest.archive.feed import Feed
from digest.archive.librarian import Librarian
from digest.archive.record import topics_of
from digest.archive.shelf import records
from digest.archive.syndicate import WRITERS, issues_feed, topic_feed
from digest.web.conditional import shared
from storage.database import Database


@dataclass(frozen=True, kw_only=True)
class FeedPages:
    """Feeds in the newsletter's language, or in the one that ``?lang=`` names.

    Unlike a page, a feed is read by a program that fetches it for somebody else: what it accepts
    says nothing about them.
    """

    database: Database
    librarian: Librarian

    def router(self) -> APIRouter:
        """Join the feeds to their addresses."""
        router = APIRouter()
        router.add_api_route("/feed.{kind}", self.issues, methods=["GET", "HEAD"])
        router.add_api_route("/feed/{slug}.{kind}", self.topic, methods=["GET", "HEAD"])
        return router

    def issues(self, kind: str, request: Request) -> Response:
        """Answer with the newest issues, each with all its words."""
        form, words = _kind(kind), self.librarian.words(self._language(request))
        with self.database.read() as session:
            public = records(session, self.librarian.newsletter.slug)
        feed = issues_feed(self.librarian, public, kind=form, words=words)
        return _answer(feed, request, kind=form)

    def topic(self, slug: str, kind: str, request: Request) -> Response:
        """Answer with the newest posts on a topic."""
        form, words = _kind(kind), self.librarian.words(self._language(request))
        with self.database.read() as session:
            topic = topics_of(records(session, self.librarian.newsletter.slug)).get(slug)
        if topic is None:
            raise HTTPException(404)
        feed = topic_feed(self.librarian, topic, kind=form, words=words)
        return _answer(feed, request, kind=form)

    def _language(self, request: Request) -> str:
        return request.query_params.get("lang") or self.librarian.newsletter.language


def _kind(end: str) -> Kind:
    try:
        return Kind(end)
    except ValueError:
        raise HTTPException(404) from None


def _answer(feed: Feed, request: Request, *, kind: Kind) -> Response:
    headers = {"Content-Language": feed.language}
    return shared(WRITERS[kind](feed), request, media_type=MEDIA_TYPES[kind], headers=headers)
