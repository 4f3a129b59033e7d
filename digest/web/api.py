"""The JSON interface below /api: the list of readers, for programs that hold a key."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi import Path as InPath
from fastapi.responses import Response, StreamingResponse
from sqlalchemy.orm import Session

from digest import forget, logbook
from digest.clock import Clock
from digest.disclosure import disclose
from digest.editions.issue import NewsletterSettings
from digest.editions.offer import offered
from digest.joining import SignupSettings
from digest.posts.topics import TopicSettings
from digest.web import problems
from digest.web.api_models import (
    Address,
    Changes,
    NewSubscriber,
    Outcome,
    Page,
    Reason,
    Subscriber,
)
from digest.web.api_signup import SignupApi
from digest.web.gate import Gate
from digest.web.guard import UNTOLD, BodyLimit
from digest.web.problems import MEDIA_TYPE, Problem, ProblemError
from storage.database import Database
from subscribers import directory, preferences, transfer_out
from subscribers.addresses import Mailbox
from subscribers.directory import AddOutcome
from subscribers.errors import PreferenceError
from subscribers.keys import Scope
from subscribers.preferences import Preferences
from subscribers.settings import KeySettings
from subscribers.tokens import Keyring

LARGEST_BODY = 64 * 1024  # bytes; one person and their choices take one or two thousand
_HIGHEST_ID = 2**31 - 1  # PostgreSQL's integer
_VERSION = "1"
_PROBLEM = {"model": Problem, "content": {MEDIA_TYPE: {}}}
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {**_PROBLEM, "description": "The body is no text that can be read"},
    401: {**_PROBLEM, "description": "No key, or one that is unknown or revoked"},
    403: {**_PROBLEM, "description": "The key lacks the scope"},
    413: {**_PROBLEM, "description": "The body is too large"},
    422: {**_PROBLEM, "description": "A part of the request cannot be taken"},
    429: {**_PROBLEM, "description": "Too many requests; Retry-After says for how long"},
}
_KNOWN: dict[int | str, dict[str, Any]] = {
    200: {"model": Outcome, "description": "Known before, or returned"},
    409: {**_PROBLEM, "description": "This mailbox must not be mailed"},
}
_NOBODY: dict[int | str, dict[str, Any]] = {404: {**_PROBLEM, "description": "Nobody has this id"}}

Id = Annotated[int, InPath(ge=1, le=_HIGHEST_ID)]
StatusName = Literal["pending", "confirmed", "unsubscribed", "bounced", "complained", "erased"]


@dataclass(frozen=True, kw_only=True)
class SubscriberApi:
    """The resources below ``/api/v1``; ``languages`` and ``paces`` are those of the issues."""

    database: Database
    keyring: Keyring
    clock: Clock
    newsletter: NewsletterSettings
    topics: TopicSettings
    languages: Sequence[str]
    paces: Sequence[str]
    settings: KeySettings
    signup: SignupSettings

    def application(self) -> FastAPI:
        """Return the interface as an application of its own, to be mounted at ``/api``."""
        api = FastAPI(
            title=f"{self.newsletter.name}: subscribers",
            version=_VERSION,
            telemetry=UNTOLD,
            docs_url=None,
            redoc_url=None,
            openapi_url="/openapi.json",
            redirect_slashes=False,
        )
        too_large = problems.answer(413, f"a body holds at most {LARGEST_BODY:,} bytes")
        api.add_middleware(BodyLimit, most=LARGEST_BODY, refusal=too_large)
        problems.answer_with_problems(api)
        api.include_router(self._router(), prefix="/v1", responses=_ERRORS)
        return api

    def _router(self) -> APIRouter:
        router = APIRouter(tags=["subscribers"])
        gate = Gate(database=self.database, clock=self.clock, settings=self.settings)
        one = "/subscribers/{subscriber_id}"

        def join(method: str, path: str, answer: Any, scope: Scope, **more: Any) -> None:
            allowed = [Depends(gate.allow(scope))]
            if path.startswith(one):
                more["responses"] = _NOBODY
            router.add_api_route(path, answer, methods=[method], dependencies=allowed, **more)

        taking = SignupApi(
            database=self.database,
            keyring=self.keyring,
            clock=self.clock,
            newsletter=self.newsletter,
            topics=self.topics,
            languages=self.languages,
            settings=self.signup,
        )
        join("POST", "/signups", taking.take, Scope.SIGNUP, status_code=202)
        join("GET", "/subscribers", self.page, Scope.READ)
        join("POST", "/subscribers/search", self.search, Scope.READ)
        join("POST", "/subscribers", self.add, Scope.WRITE, status_code=201, responses=_KNOWN)
        join("GET", one, self.show, Scope.READ)
        join("PATCH", one, self.change, Scope.WRITE)
        join("DELETE", one, self.erase, Scope.ERASE, status_code=204)
        join("POST", f"{one}/unsubscribe", self.unsubscribe, Scope.WRITE)
        join("GET", f"{one}/export", self.disclose, Scope.READ)
        join("GET", "/export", self.export, Scope.EXPORT, response_class=StreamingResponse)
        return router

    def page(
        self,
        after: Annotated[str, Query(max_length=40)] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        status: StatusName | None = None,
    ) -> Page:
        """List subscribers, in the order in which they came; go on with ``next`` as ``after``."""
        with self.database.read() as session:
            members = directory.members(
                session, after_id=_place(after), limit=limit + 1, status=status
            )
        shown = members[:limit]
        is_last = len(members) <= limit
        return Page(
            subscribers=[Subscriber.of(member) for member in shown],
            next=None if is_last else _cursor(shown[-1].id),
        )

    def search(self, wanted: Address) -> Page:
        """Find who has an address, however it is written; a page of one, or of nobody."""
        mailbox = Mailbox.parse(wanted.email)
        with self.database.read() as session:
            found = directory.find(session, mailbox=mailbox, keyring=self.keyring)
        return Page(subscribers=[Subscriber.of(found)] if found else [], next=None)

    def add(self, new: NewSubscriber, response: Response) -> Outcome:
        """Record a confirmed reader, with the source of their consent; twice is once."""
        with self.database.begin() as session:
            added = directory.add(
                session,
                mailbox=Mailbox.parse(new.email),
                keyring=self.keyring,
                source=f"{new.source} (JSON interface)",
                now=self.clock.now(),
                name=new.name,
                language=new.language or self.newsletter.language,
                again=new.again,
            )
            member = directory.get(session, subscriber_id=added.subscriber_id)
        if added.outcome is not AddOutcome.ADDED:
            response.status_code = 200
        return Outcome.of(added, member)

    def show(self, subscriber_id: Id) -> Subscriber:
        """Show one subscriber."""
        with self.database.read() as session:
            return Subscriber.of(directory.get(session, subscriber_id=subscriber_id))

    def change(self, subscriber_id: Id, changes: Changes) -> Subscriber:
        """Change what a reader gets, from the next issue on."""
        source, now = "JSON interface", self.clock.now()
        with self.database.begin() as session:
            member = directory.get(session, subscriber_id=subscriber_id)
            preferences.change(
                session,
                subscriber_id=subscriber_id,
                to=self._chosen(session, member.preferences, changes),
                now=now,
                source=source,
            )
            if "paused_until" in changes.model_fields_set:
                _pause(session, subscriber_id, until=changes.paused_until, now=now, source=source)
            return Subscriber.of(directory.get(session, subscriber_id=subscriber_id))

    def unsubscribe(self, subscriber_id: Id, reason: Reason) -> Subscriber:
        """Take somebody off the list; twice is once."""
        with self.database.begin() as session:
            directory.take_off(
                session,
                subscriber_id=subscriber_id,
                now=self.clock.now(),
                source=f"{reason.source} (JSON interface)",
            )
            return Subscriber.of(directory.get(session, subscriber_id=subscriber_id))

    def erase(self, subscriber_id: Id, request: Request) -> Response:
        """Forget somebody for good; their mailbox gets no mail until they sign up anew."""
        with self.database.begin() as session:
            erased = forget.erase(
                session,
                subscriber_id=subscriber_id,
                now=self.clock.now(),
                source="JSON interface",
            )
            if erased:
                self._note(session, request, action="erase reader", about=f"reader {subscriber_id}")
        self.database.empty_log()
        return Response(status_code=204)

    def disclose(self, subscriber_id: Id) -> dict[str, Any]:
        """Return everything we hold about one person."""
        with self.database.read() as session:
            return disclose(session, subscriber_id=subscriber_id)

    def export(self, request: Request) -> StreamingResponse:
        """Stream everybody as JSON lines, with all that is needed to import them again."""
        with self.database.begin() as session:
            self._note(session, request, action="export readers", about="readers")

        def lines() -> Iterator[str]:
            with self.database.read() as session:
                yield from map(transfer_out.as_json, transfer_out.everybody(session))

        return StreamingResponse(lines(), media_type="application/jsonl")

    def _note(self, session: Session, request: Request, *, action: str, about: str) -> None:
        """Note in the log what a key was used for."""
        actor, now = f"key {request.state.key.name}"[:100], self.clock.now()
        logbook.note(session, actor=actor, action=action, about=about, now=now)

    def _chosen(self, session: Session, before: Preferences, changes: Changes) -> Preferences:
        """Return the choices as they will be; raises `PreferenceError`."""
        given = changes.model_fields_set
        if "pace" in given and changes.pace not in {*self.paces, before.pace}:
            raise PreferenceError(f"the pace is one of {', '.join(self.paces)}", field="pace")
        topics = offered(session, self.newsletter.slug, settings=self.topics)
        language = changes.language if "language" in given else before.language
        return Preferences.choose(
            changes.topics if "topics" in given else before.topics,
            offered={one.slug for one in topics} | set(before.topics or ()),
            pace=changes.pace if "pace" in given else before.pace,
            language=language,
            languages=[*self.languages, before.language],
            format=changes.format if "format" in given else before.format,
        )


def _pause(
    session: Session, subscriber_id: int, *, until: datetime | None, now: datetime, source: str
) -> None:
    if until is None:
        preferences.resume(session, subscriber_id=subscriber_id, now=now, source=source)
    else:
        preferences.pause(session, subscriber_id=subscriber_id, until=until, now=now, source=source)


def _cursor(subscriber_id: int) -> str:
    """Write where the next page begins such that nobody counts on what it is made of."""
    return urlsafe_b64encode(f"after {subscriber_id}".encode()).decode().rstrip("=")


def _place(cursor: str) -> int:
    if not cursor:
        return 0
    with suppress(ValueError):
        word, _, place = urlsafe_b64decode(cursor + "==").decode("ascii").partition(" ")
        if word == "after" and place.isdecimal() and int(place) <= _HIGHEST_ID:
            return int(place)
    raise ProblemError(422, "'after' is none of the values that 'next' had")
