"""The answers to "Was this issue worth your time?": an issue and a word, and nobody's name."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from digest.editions import feedback
from digest.editions import store as editions
from digest.editions.feedback import Answer
from digest.editions.state import SEALED, EditionState
from digest.web.door import back_to
from digest.web.stationery import PERSONAL, Stationery
from digest.web.words import sentence
from storage.database import Database

_NOT_FOUND = 404
_READ = SEALED - {EditionState.FROZEN, EditionState.WITHDRAWN}
_LABELS = {
    Answer.YES: sentence("Yes"),
    Answer.PARTLY: sentence("Partly"),
    Answer.NO: sentence("No"),
}


@dataclass(frozen=True, kw_only=True)
class FeedbackPages:
    """The pages ``/f/<issue>/<answer>``; ``slug`` names the newsletter in the database."""

    database: Database
    slug: str
    stationery: Stationery

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route("/f/{number:int}/{answer}", self.show, methods=["GET", "HEAD"])
        router.add_api_route("/f/{number:int}/{answer}", self.count, methods=["POST"])
        return router

    def show(self, number: int, answer: str, request: Request) -> Response:
        """Show the answer and one button: a scanner that opens every link must not vote."""
        with self.database.read() as session:
            chosen, _ = self._known(session, number, answer)
        say = self.stationery.words(request).sentences.gettext
        return self.stationery.page(
            "feedback",
            request,
            headers=PERSONAL,
            number=number,
            answer=str(chosen),
            label=say(_LABELS[chosen]),
            answers=[(str(one), say(label)) for one, label in _LABELS.items() if one != chosen],
            counted="counted" in request.query_params,
        )

    def count(self, number: int, answer: str, request: Request) -> Response:
        """Count the answer, and lead back to the page."""
        with self.database.begin() as session:
            chosen, edition_id = self._known(session, number, answer)
            feedback.count(session, edition_id=edition_id, answer=chosen)
        path = f"/f/{number}/{chosen}"
        return back_to(path, request, stationery=self.stationery, counted="1")

    def _known(self, session: Session, number: int, answer: str) -> tuple[Answer, int]:
        """Return the answer and the edition, or refuse what was never asked."""
        for edition in editions.all_editions(session, self.slug, states=_READ):
            if edition.number == number and answer in set(Answer):
                return Answer(answer), edition.id
        raise HTTPException(_NOT_FOUND)
