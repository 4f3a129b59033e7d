"""An edition that is being sent, with its readers in the ledger, for tests of the bookkeeping."""

from collections.abc import Sequence

from people import NOW, Character, subscribe
from sqlalchemy.orm import Session

from digest.calendar import ScheduleSettings, latest_due
from digest.delivery import batches, ledger
from digest.delivery.batches import Claim, Due, Worker
from digest.delivery.state import DeliveryState
from digest.editions import store as editions
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.tables import DeliveryRow, VariantRow
from storage.database import Database

WEEK = latest_due(ScheduleSettings(), NOW)


def send_to(
    database: Database, *, readers: int, domains: Sequence[str] = ("example.org",)
) -> Edition:
    """Open the ledger of an edition that is being sent to so many readers, at these by turns."""
    people = [
        Character(name=f"Reader {n}", email=f"reader{n}@{domains[n % len(domains)]}")
        for n in range(readers)
    ]
    with database.begin() as session:
        subscribe(session, *people)
        edition = editions.open_edition(session, "n", period=WEEK, now=NOW)
        variant = VariantRow(
            edition_id=edition.id, language="en", subject="S", html="<p>", text="t", sha256="0"
        )
        session.add(variant)
        session.flush()
        ledger.write(session, edition.id, otherwise={"en": variant.id}, now=NOW)
        for state in (EditionState.FROZEN, EditionState.SENDING):
            edition = editions.get(session, edition.id)
            editions.move(session, edition, to=state, now=NOW)
        return editions.get(session, edition.id)


def register(database: Database, name: str = "here:1:a") -> Worker:
    """Enter a worker."""
    with database.begin() as session:
        return batches.register(session, name, now=NOW)


def claim(database: Database, edition: Edition, *, worker: Worker, limit: int = 1) -> list[Claim]:
    """Claim letters in a transaction of their own."""
    with database.begin() as session:
        return batches.claim(session, Due(edition.id, worker, NOW, limit))


def row_of(session: Session, claim: Claim) -> DeliveryRow:
    """Return the row of a claimed letter as it is now."""
    return session.get_one(DeliveryRow, claim.delivery_id, populate_existing=True)


def state_of(database: Database, claim: Claim) -> DeliveryState:
    """Return the state of a claimed letter as it is now."""
    with database.read() as session:
        return DeliveryState(row_of(session, claim).state)
