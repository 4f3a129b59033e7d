"""The proof that the counts add up: three identities, checked from the rows alone."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest.delivery import ledger
from digest.delivery.state import OPEN, DeliveryState
from digest.editions.state import OPEN as UNSEALED
from digest.editions.state import EditionState
from digest.tables import DeliveryRow, EditionRow, PlacementRow


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that does not add up."""

    edition: str
    sentence: str


def audit(session: Session) -> list[Finding]:
    """Check every edition; an empty list is the proof."""
    findings: list[Finding] = []
    for row in session.scalars(select(EditionRow).order_by(EditionRow.due_at)):
        findings += [Finding(edition=row.period, sentence=s) for s in _edition(session, row)]
    twice = session.execute(
        select(PlacementRow.newsletter, PlacementRow.post_id)
        .group_by(PlacementRow.newsletter, PlacementRow.post_id)
        .having(func.count() > 1)
    )
    for newsletter, post_id in twice:
        findings.append(Finding(edition=newsletter, sentence=f"post {post_id} is in two issues"))
    return findings


def _edition(session: Session, row: EditionRow) -> list[str]:
    counted = ledger.counts(session, row.id)
    total = sum(counted.values())
    sentences = []
    if row.state in UNSEALED | {EditionState.EMPTY}:
        if total:
            sentences.append(f"{total} deliveries exist though nothing was sealed ({row.state})")
        return sentences
    if total != row.candidates:
        states = ", ".join(f"{count} {state}" for state, count in sorted(counted.items()))
        sentences.append(f"{row.candidates} candidates, but the states add up to {total}: {states}")
    open_rows = sum(count for state, count in counted.items() if state in OPEN)
    if open_rows and row.state in {EditionState.SENT, EditionState.WITHDRAWN, EditionState.FAILED}:
        sentences.append(f"{open_rows} deliveries are open though the issue is {row.state}")
    twice = _mailboxes_served_twice(session, row.id)
    if twice:
        sentences.append(f"{twice} mailboxes have accepted it more than once")
    return sentences


def _mailboxes_served_twice(session: Session, edition_id: int) -> int:
    served = (
        select(DeliveryRow.mailbox_key)
        .where(DeliveryRow.edition_id == edition_id, DeliveryRow.state == DeliveryState.ACCEPTED)
        .group_by(DeliveryRow.mailbox_key)
        .having(func.count() > 1)
    )
    return len(session.scalars(served).all())
