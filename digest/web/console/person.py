"""One reader: the timeline, the proof of consent for print, and leaving for good."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import dossier, people, questions, roster
from digest.dossier import Dossier
from digest.errors import UsageError
from digest.web.console.frame import Frame
from digest.web.console.gate import Admin, Publisher, Viewer
from digest.web.console.subscribers import chip_of

_WORD = "erase"
_FORGOTTEN = "They are forgotten: address, name and choices are gone, and no mail goes there."
_FORGOTTEN_BEFORE = "They were forgotten before, and nothing of them has come since."


@dataclass(frozen=True, kw_only=True)
class PersonPages:
    """The page of a reader, and what can be done there."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router, at = APIRouter(), "/subscribers/{subscriber_id:int}"
        router.add_api_route(at, self.show, methods=["GET"])
        router.add_api_route(f"{at}/consent", self.consent, methods=["GET"])
        router.add_api_route(f"{at}/remove", self.remove, methods=["POST"])
        router.add_api_route(f"{at}/erase", self.erase, methods=["POST"])
        return router

    def show(self, request: Request, visit: Viewer, subscriber_id: int) -> Response:
        """Show everything about somebody, the latest first."""
        found = dossier.of(visit.app, subscriber_id)
        return self.frame.page(
            request,
            "person.html.j2",
            here="subscribers",
            title=found.member.email or f"Person {subscriber_id} (erased)",
            found=found,
            member=found.member,
            chip=chip_of(found.member, visit.app),
            word=_WORD,
            period=questions.current_period(visit.app).name,
        )

    def consent(self, request: Request, visit: Viewer, subscriber_id: int) -> Response:
        """Show the evidence of consent as a document for print."""
        return self.frame.page(
            request,
            "consent.html.j2",
            here="subscribers",
            title="Evidence of consent",
            subscriber_id=subscriber_id,
            document=dossier.proof(visit.app, subscriber_id).as_text(),
        )

    def remove(self, request: Request, visit: Publisher, subscriber_id: int) -> Response:
        """Take somebody off the list; the evidence stays."""
        address = _address(dossier.of(visit.app, subscriber_id))
        roster.remove_subscriber(visit.app, address)
        said = "They are off the list and get no more mail. The evidence of their consent is kept."
        return self.frame.back(request, f"/subscribers/{subscriber_id}", said=said)

    def erase(self, request: Request, visit: Admin, subscriber_id: int) -> Response:
        """Forget somebody for good, when the word for it was typed."""
        if visit.field("word").casefold() != _WORD:
            raise UsageError(f"nobody was erased: type the word {_WORD!r} to do it")
        source = "erased by the operator, in the console"
        erased = people.erase(visit.app, subscriber_id, source=source)
        said = _FORGOTTEN if erased else _FORGOTTEN_BEFORE
        return self.frame.back(request, f"/subscribers/{subscriber_id}", said=said)


def _address(found: Dossier) -> str:
    if found.member.email is None:
        raise UsageError("this person is erased already; nothing was done")
    return found.member.email
