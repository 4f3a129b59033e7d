"""A whole issue over a mail provider's API: requests, books, and what a lost answer leaves."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from books import send_to
from press import composer, issue, personaliser
from provider_hosts import Act, ProviderHost, answer, hang_up, take_and
from sqlalchemy import select

from digest.clock import Clock
from digest.delivery import ledger
from digest.delivery.audit import audit
from digest.delivery.pace import Pace
from digest.delivery.sender import Sender, SendReport
from digest.delivery.settings import DeliverySettings, PaceSettings
from digest.delivery.state import DeliveryState
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.processes import Processes
from digest.providers.registry import build
from digest.tables import DeliveryRow, VariantRow
from storage.database import Database

READERS = 40
LEASE = 3600  # seconds: on a clock that leaps, a minute is over before it can be renewed


@dataclass(frozen=True)
class Brisk(Clock):
    """A clock on which waiting takes no time; ``stops``: somebody asks us to stop meanwhile."""

    stops: bool = False
    waits: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        """Return seconds that never jump, with those that were waited."""
        return super().monotonic() + sum(self.waits)

    def wait(self, seconds: float, *, stop: threading.Event) -> bool:
        """Wait in no time."""
        self.waits.append(seconds)
        if self.stops:
            stop.set()
        return stop.is_set()


def send(
    database: Database,
    edition: Edition,
    *,
    host: ProviderHost,
    folder: Path,
    clock: Clock | None = None,
) -> SendReport:
    """Send as one process does."""
    clock = clock or Clock()
    sender = Sender(
        database,
        carrier=build(host.settings(), clock=clock),
        settings=DeliverySettings(
            connections=2, batch=20, reconnect_seconds=0, lease_seconds=LEASE
        ),
        clock=clock,
        stop=threading.Event(),
        processes=Processes(folder),
        pace=Pace(database, settings=PaceSettings()),
    )
    with database.read() as session:
        (variant,) = session.scalars(select(VariantRow.id))
    letters = personaliser(composer().compose(issue(), language="en"), of=issue())
    return sender.send(edition, personalisers={variant: letters})


def counts(database: Database, edition: Edition) -> dict[DeliveryState, int]:
    """Count what became of how many, once the books are found to be in order."""
    with database.read() as session:
        assert audit(session) == []
        return ledger.counts(session, edition.id)


@pytest.mark.parametrize("kind", ["postmark", "sendgrid", "ses"])
def test_every_reader_is_served_once_and_events_can_name_the_delivery(
    database: Database, tmp_path: Path, kind: str
) -> None:
    edition = send_to(database, readers=READERS)
    with ProviderHost(kind) as host:
        report = send(database, edition, host=host, folder=tmp_path)
    assert report.state is EditionState.SENT
    assert counts(database, edition) == {DeliveryState.ACCEPTED: READERS}
    assert set(Counter(taken.recipient for taken in host.taken).values()) == {1}
    with database.read() as session:
        rows = {
            f"{edition.period.lower()}.{row}" for row in session.scalars(select(DeliveryRow.id))
        }
    assert {taken.key for taken in host.taken} == rows
    if kind != "ses":
        assert len(host.asked) <= READERS / 2  # how many fit depends on the machine


@pytest.mark.parametrize(
    ("act", "left"),
    [
        pytest.param(take_and(hang_up), DeliveryState.UNKNOWN, id="lost after it was taken"),
        pytest.param(answer(500), DeliveryState.UNKNOWN, id="an error that proves nothing"),
        pytest.param(answer(429, Retry_After="3600"), DeliveryState.DEFERRED, id="put off"),
    ],
)
def test_a_request_that_fails_never_makes_a_second_copy(
    database: Database, tmp_path: Path, act: Act, left: DeliveryState
) -> None:
    edition = send_to(database, readers=READERS)
    with ProviderHost("sendgrid", acts=[None, act]) as host:
        for _ in range(3):
            send(database, edition, host=host, folder=tmp_path)
        found = counts(database, edition)
    assert found[left] > 0
    assert max(Counter(taken.recipient for taken in host.taken).values()) == 1
    assert found[DeliveryState.ACCEPTED] <= len(host.taken)


def test_while_a_provider_rests_its_letters_wait_and_then_go_on(
    database: Database, tmp_path: Path
) -> None:
    edition, clock = send_to(database, readers=READERS), Brisk()
    with ProviderHost("sendgrid", acts=[None, answer(429, Retry_After="20")]) as host:
        report = send(database, edition, host=host, folder=tmp_path, clock=clock)
    assert report.state is EditionState.SENT
    assert counts(database, edition) == {DeliveryState.ACCEPTED: READERS}
    assert max(Counter(taken.recipient for taken in host.taken).values()) == 1
    assert max(clock.waits) > 15


def test_who_stops_us_while_a_provider_rests_need_not_wait(
    database: Database, tmp_path: Path
) -> None:
    edition = send_to(database, readers=READERS)
    with ProviderHost("sendgrid", acts=[answer(429, Retry_After="20")] * 9) as host:
        send(database, edition, host=host, folder=tmp_path, clock=Brisk(stops=True))
    assert counts(database, edition) == {DeliveryState.PENDING: READERS}
    assert len(host.asked) == 1


def test_one_that_asks_for_rest_again_and_again_is_put_off(
    database: Database, tmp_path: Path
) -> None:
    edition = send_to(database, readers=READERS)
    with ProviderHost("sendgrid", acts=[answer(429, Retry_After="20")] * 99) as host:
        send(database, edition, host=host, folder=tmp_path, clock=Brisk())
    assert DeliveryState.ACCEPTED not in counts(database, edition)
    assert DeliveryState.DEFERRED in counts(database, edition)
    assert host.taken == []


def test_a_host_that_is_down_leaves_every_letter_for_the_next_run(
    database: Database, tmp_path: Path
) -> None:
    edition = send_to(database, readers=READERS)
    with ProviderHost("postmark") as host:
        pass
    report = send(database, edition, host=host, folder=tmp_path)
    assert report.trouble
    assert "connect" in report.trouble
    assert counts(database, edition) == {DeliveryState.PENDING: READERS}


def test_a_wrong_key_pauses_the_issue_and_touches_nobody(
    database: Database, tmp_path: Path
) -> None:
    edition = send_to(database, readers=READERS)
    with ProviderHost("postmark", acts=[answer(401, {"Message": "no"})]) as host:
        report = send(database, edition, host=host, folder=tmp_path)
    assert report.state is EditionState.PAUSED
    assert counts(database, edition) == {DeliveryState.PENDING: READERS}
    assert host.taken == []


@pytest.mark.parametrize(
    ("message", "requests"),
    [("messageVersions is not allowed for your account", 2), ("email is not valid in to", 200)],
)
def test_an_account_that_may_not_send_costs_no_reader(
    database: Database, tmp_path: Path, message: str, requests: int
) -> None:
    edition = send_to(database, readers=READERS)
    said = {"code": "invalid_parameter", "message": message}
    with ProviderHost("brevo", acts=[answer(400, said)] * 200) as host:
        report = send(database, edition, host=host, folder=tmp_path)
        assert len(host.asked) <= requests  # one for each connection, or all down to the letter
    assert report.state is EditionState.PAUSED
    assert message in str(report.trouble)
    assert set(counts(database, edition)) <= {DeliveryState.PENDING, DeliveryState.DEFERRED}
