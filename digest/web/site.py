"""The site: the public pages, joined to the parts they need, behind one guard."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

from digest.archive.librarian import Librarian
from digest.calendar import ScheduleSettings
from digest.clock import Clock
from digest.editions.issue import NewsletterSettings
from digest.joining import SignupSettings
from digest.mail.mime import SenderSettings
from digest.metrics import Meter
from digest.pages import WebSettings
from digest.posts.topics import TopicSettings
from digest.providers.hooks.hook import Hook
from digest.reacting import ReactionSettings
from digest.watched import MetricsSettings
from digest.web.address import AddressPages
from digest.web.ahead import RouteAhead
from digest.web.api import SubscriberApi
from digest.web.archive import ArchivePages
from digest.web.clicks import ClickPages
from digest.web.confirm import ConfirmPages
from digest.web.display import Display
from digest.web.door import ShutDoorError
from digest.web.feedback import FeedbackPages
from digest.web.feeds import FeedPages
from digest.web.freshlink import FreshLinkPages
from digest.web.guard import UNTOLD, BodyLimit, Guard, protect
from digest.web.health import Health, Metrics
from digest.web.hooks import HookDoor
from digest.web.intake import Intake
from digest.web.moved import MovedPages
from digest.web.pause import PausePages
from digest.web.privacy import PrivacyPages
from digest.web.public import NOBODY, UnsubscribePages
from digest.web.reception import Reception
from digest.web.signup import SignupPages
from digest.web.stationery import Stationery
from digest.web.subscription import SubscriptionPages
from digest.web.words import sentence
from storage.database import Database
from subscribers.settings import KeySettings
from subscribers.tokens import Keyring

_NOT_FOUND = 404
_WRONG_METHOD = 405
_UNREADABLE = 422


@dataclass(frozen=True, kw_only=True)
class SiteSettings:
    """What the site needs to know of an installation.

    Files in ``templates`` (the operator's) win over the shipped ones. ``salutation`` is the form of
    address, as ``[email] salutation`` says. ``languages`` are those of the issues, ``paces`` how
    often there are issues: "weekly", and "monthly" for the best of four weeks. ``hooks`` are the
    webhooks that are open, by provider.
    """

    newsletter: NewsletterSettings = field(default_factory=NewsletterSettings)
    web: WebSettings = field(default_factory=WebSettings)
    signup: SignupSettings = field(default_factory=SignupSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    topics: TopicSettings = field(default_factory=TopicSettings)
    sender: SenderSettings = field(default_factory=SenderSettings)
    api: KeySettings = field(default_factory=KeySettings)
    reactions: ReactionSettings = field(default_factory=ReactionSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    hooks: Mapping[str, Hook] = field(default_factory=dict)
    templates: Path | None = None
    salutation: str = ""
    languages: tuple[str, ...] = ("en",)
    paces: tuple[str, ...] = ("weekly",)

    @property
    def zone(self) -> ZoneInfo:
        """The newsletter's time zone, for dates."""
        return ZoneInfo(self.schedule.zone)


def build_site(
    *, database: Database, keyring: Keyring, clock: Clock, settings: SiteSettings | None = None
) -> FastAPI:
    """Build the site.

    Raises `TemplateError` when a page could not be written: at the start, not for a reader.
    """
    settings = settings or SiteSettings()
    stationery = Stationery(
        settings.newsletter,
        web=settings.web,
        folder=settings.templates,
        salutation=settings.salutation,
        clock=clock,
    )
    people = People(database=database, keyring=keyring, clock=clock, stationery=stationery)
    site = FastAPI(
        title=settings.newsletter.name,
        telemetry=UNTOLD,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # it would answer with whatever host the request names
    )
    site.add_middleware(BodyLimit, apart=("/api/", "/console/"))
    intake = Intake(database, clock=clock, settings=settings.reactions, keyring=keyring)
    site.add_middleware(HookDoor, intake=intake, clock=clock, hooks=settings.hooks)
    site.add_middleware(Guard, clock=clock, is_secure=settings.web.is_secure)
    door = FreshLinkPages(**vars(people))
    rooms: tuple[Room, ...] = (
        *_joining(people, settings),  # first, as pages are looked for in this order
        *_reading(people, settings),
        door,
        *_for_all(people, settings),
    )
    for room in rooms:
        if isinstance(room, BusyRoom):
            site.router.routes[:0] = room.ahead()
        site.include_router(room.router())
    site.mount("/api", _programs(people, settings))
    _answer_errors(site, stationery, is_secure=settings.web.is_secure)
    site.add_exception_handler(ShutDoorError, door.shut)
    return site


class Room(Protocol):
    """A group of pages, joined to their addresses."""

    def router(self) -> APIRouter:
        """Return the pages."""
        ...


@runtime_checkable
class BusyRoom(Room, Protocol):
    """One with pages that many ask for in the same second."""

    def ahead(self) -> Iterator[RouteAhead]:
        """Yield what is looked at before all other pages."""
        ...


@dataclass(frozen=True, kw_only=True)
class People:
    """What every page about a person needs."""

    database: Database
    keyring: Keyring
    clock: Clock
    stationery: Stationery


def _joining(people: People, settings: SiteSettings) -> Iterator[Room]:
    """Yield the pages by which people join."""
    reception = Reception(
        **vars(people),
        settings=settings.signup,
        newsletter=settings.newsletter,
        web=settings.web,
        schedule=settings.schedule,
    )
    display = Display(
        people.database,
        slug=settings.newsletter.slug,
        topics=settings.topics,
        clock=people.clock,
    )
    signup = SignupPages(reception=reception, display=display, sender=settings.sender.from_address)
    yield signup
    yield ConfirmPages(reception=reception, signup=signup, display=display)


def _reading(people: People, settings: SiteSettings) -> Iterator[Room]:
    """Yield the pages by which readers choose, move and leave."""
    about, newsletter = vars(people), settings.newsletter
    yield UnsubscribePages(**about)
    yield PausePages(**about, zone=settings.zone)
    yield SubscriptionPages(
        **about,
        slug=newsletter.slug,
        language=newsletter.language,
        languages=settings.languages,
        topics=settings.topics,
        paces=settings.paces,
        zone=settings.zone,
    )
    yield AddressPages(**about)
    yield MovedPages(**about)
    yield PrivacyPages(**about)


def _for_all(people: People, settings: SiteSettings) -> Iterator[Room]:
    """Yield the pages for which nobody has to be known: health, figures, votes, archive, links."""
    database, stationery, clock = people.database, people.stationery, people.clock
    newsletter, trusted = settings.newsletter, settings.web.trusted_proxies
    librarian = Librarian(
        newsletter,
        public_url=settings.web.public_url,
        folder=settings.templates,
        salutation=settings.salutation,
        zone=settings.zone,
    )
    meter = Meter(database, newsletter=newsletter.slug, clock=clock)
    yield Health(database=database)
    yield Metrics(meter=meter, settings=settings.metrics, trusted=trusted)
    yield FeedbackPages(database=database, slug=newsletter.slug, stationery=stationery)
    yield ArchivePages(database=database, librarian=librarian, stationery=stationery)
    yield FeedPages(database=database, librarian=librarian)
    yield ClickPages(database=database, clock=clock, trusted=trusted)


def _programs(people: People, settings: SiteSettings) -> FastAPI:
    """Return the interface for programs."""
    return SubscriberApi(
        database=people.database,
        keyring=people.keyring,
        clock=people.clock,
        newsletter=settings.newsletter,
        topics=settings.topics,
        languages=settings.languages,
        paces=settings.paces,
        settings=settings.api,
        signup=settings.signup,
    ).application()


_LOST = (
    sentence("There is no such page"),
    sentence("The address may have been cut off on its way. All issues are linked below."),
)
_METHOD = (
    sentence("This page cannot do that"),
    sentence("Go back and use the button on the page."),
)
_LINK = (
    sentence("This link does not work"),
    sentence(
        "A part of it seems to be missing. Open it from the email again, or copy it whole."
        " You can also reply to the issue with the word “unsubscribe”."
    ),
)
_UNREAD = (
    sentence("This form could not be read"),
    sentence("Go back, and send it once more."),
)
_FAILED = (
    sentence("Something failed on our side"),
    sentence("Please try again in a few minutes. If you wanted to unsubscribe, do so once more."),
)


def _answer_errors(site: FastAPI, stationery: Stationery, *, is_secure: bool) -> None:
    """Answer every error with a page that says what to do."""

    def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else _NOT_FOUND
        title, text = _METHOD if status == _WRONG_METHOD else _LOST
        return stationery.message(request, title=title, text=text, status=status)

    def nobody(request: Request, error: Exception) -> Response:
        del error
        title, text = _LINK
        return stationery.message(request, title=title, text=text, status=_NOT_FOUND)

    def unread(request: Request, error: Exception) -> Response:
        del error  # it would repeat what was sent
        title, text = _UNREAD
        return stationery.message(request, title=title, text=text, status=_UNREADABLE)

    def failed(request: Request, error: Exception) -> Response:
        del error  # the server logs it
        title, text = _FAILED
        answer = stationery.message(request, title=title, text=text, status=500)
        # This answer comes from outside the guard.
        protect(MutableHeaders(raw=answer.raw_headers), is_secure=is_secure)
        return answer

    site.add_exception_handler(HTTPException, refused)
    for kind in NOBODY:
        site.add_exception_handler(kind, nobody)
    site.add_exception_handler(RequestValidationError, unread)
    site.add_exception_handler(Exception, failed)
