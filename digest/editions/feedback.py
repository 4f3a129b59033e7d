"""What readers think of an issue: counted by answer, and never by person."""

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.tables import FeedbackRow


class Answer(StrEnum):
    """What a reader may answer to "Was this issue worth your time?"."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


def count(session: Session, *, edition_id: int, answer: Answer) -> None:
    """Add one vote; two at once are two."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    vote = dialect.insert(FeedbackRow).values(edition_id=edition_id, answer=answer, votes=1)
    session.execute(
        vote.on_conflict_do_update(
            index_elements=[FeedbackRow.edition_id, FeedbackRow.answer],
            set_={"votes": FeedbackRow.votes + 1},
        )
    )


def votes(session: Session, *, edition_id: int) -> dict[Answer, int]:
    """Return how often each answer was given to an issue."""
    rows = session.execute(
        select(FeedbackRow.answer, FeedbackRow.votes).where(FeedbackRow.edition_id == edition_id)
    )
    given = {str(answer): number for answer, number in rows}
    return {answer: given.get(answer, 0) for answer in Answer}
