"""The pace to each receiving provider, sending hours and warm-up, with a pretended clock."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from books import claim, register, send_to
from mailhost import MailHost, close, say
from people import NOW
from sending import Office, by_smtp
from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.delivery import domains, flows
from digest.delivery.batches import Claim
from digest.delivery.flows import Key
from digest.delivery.gate import Gate
from digest.delivery.hours import HoursSettings, WarmUpSettings
from digest.delivery.state import DeliveryState
from digest.delivery.throttle import AT_ONCE, FIRST
from digest.delivery.traffic import Traffic
from digest.editions.state import EditionState
from digest.tables import FlowRow, MailDomainRow, WarmUpRow
from storage.database import Database
from storage.settings import DatabaseSettings

READERS = 40
HOME, SLOW = "example.org", "gmail.com"
BERLIN = ZoneInfo("Europe/Berlin")
PLEA = "421 4.7.28 unusual rate of mail from your address"


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    """Give an edition to readers at two domains."""
    edition = send_to(database, readers=READERS, domains=[HOME, SLOW])
    return Office(database=database, edition=edition, folder=tmp_path)


@pytest.fixture
def mail(office: Office) -> Iterator[MailHost]:
    """Give a server that asks us to slow down at every reader of one provider."""
    script = {f"rcpt:{email}": close(PLEA) for email in office.rows if email.endswith(SLOW)}
    with MailHost(script=script) as host:
        yield host


def domains_of(mail: MailHost) -> Counter[str]:
    """Count what a server has taken, by domain."""
    return Counter(taken.recipient.partition("@")[2] for taken in mail.accepted)


def test_a_421_from_one_domain_slows_only_it(office: Office, mail: MailHost) -> None:
    """D14: the others are served in the same run, and it is not asked again and again."""
    office.send(by_smtp(mail))
    assert domains_of(mail) == {HOME: READERS // 2}
    assert office.counts == {
        DeliveryState.ACCEPTED: READERS // 2,
        DeliveryState.DEFERRED: READERS // 2,
    }
    asked = len(mail.said(f"RCPT TO:<reader1@{SLOW}>"))
    assert sum(line.endswith(f"@{SLOW}>") for line in mail.said("RCPT")) <= asked + 1
    with office.database.read() as session:
        (flow,) = session.scalars(select(FlowRow)).all()
    assert (flow.carrier, flow.receiver, flow.rate) == ("", "gmail", FIRST)
    assert "unusual rate" in flow.said
    mail.script = {}
    office.send(by_smtp(mail), after=timedelta(minutes=30))
    assert office.counts == {DeliveryState.ACCEPTED: READERS}
    assert domains_of(mail) == {HOME: READERS // 2, SLOW: READERS // 2}


def test_another_sender_knows_of_it_without_asking(office: Office, mail: MailHost) -> None:
    with office.database.begin() as session:
        flows.slow_down(session, ("", "gmail"), now=NOW, said="421")
    office.send(by_smtp(mail), after=timedelta(seconds=5))
    assert domains_of(mail) == {HOME: READERS // 2}
    assert not any(line.endswith(f"@{SLOW}>") for line in mail.said("RCPT"))
    reasons = {row.reason for row in office.rows.values() if row.state == DeliveryState.DEFERRED}
    assert reasons == {"gmail asked us to slow down: 421"}
    assert all(row.attempts == 0 for row in office.rows.values() if row.next_at)


def test_two_senders_keep_the_rate_of_a_provider_together(
    database: Database, database_url: str
) -> None:
    other = Database(DatabaseSettings(url=database_url))
    try:
        with database.begin() as session:
            flow = flows.slow_down(session, ("", "gmail"), now=NOW, said="421")
        granted = []
        for sender in (database, other, database, other):
            with sender.begin() as session:
                letters, _ = flows.take_turns(session, ("", "gmail"), 40, now=flow.changed_at)
                granted.append(letters)
    finally:
        other.close()
    assert sum(granted) == FIRST
    assert granted[:2] == [40, 20]


def at_once(database: Database, work: Callable[[Session, int], int]) -> list[int]:
    """Let eight senders do it in the same moment, each in a transaction of its own."""
    barrier = threading.Barrier(8)

    def one(number: int) -> int:
        barrier.wait()
        with database.begin() as session:
            return work(session, number)

    with ThreadPoolExecutor(8) as senders:
        return list(senders.map(one, range(8)))


@pytest.mark.parametrize("receiver", ["gmail", "gmx", "yahoo", "web.de"])  # a race is soon missed
def test_who_is_limited_first_has_no_row_and_still_one_rate_for_all(
    database: Database, receiver: str
) -> None:
    def take(session: Session, _: int) -> int:
        return flows.take_turns(session, ("", receiver), 60, now=NOW, cap=60.0)[0]

    assert sorted(at_once(database, take)) == [0] * 7 + [60]
    with database.begin() as session:
        assert flows.take_turns(session, ("", receiver), 60, now=NOW, cap=60.0)[0] == 0


def test_of_eight_who_are_asked_to_wait_the_longest_wait_is_kept(database: Database) -> None:
    for receiver in ("gmail", "gmx", "yahoo", "web.de"):  # a race is soon missed

        def plead(session: Session, number: int, key: Key = ("", receiver)) -> int:
            flows.slow_down(session, key, now=NOW, said="421", wait=100.0 * (number + 1))
            return number

        at_once(database, plead)
    with database.read() as session:
        kept = flows.held_back(session, now=NOW)
    assert {flow.next_at for flow in kept.values()} == {NOW + timedelta(seconds=800)}
    assert len(kept) == 4


def test_whoever_has_recovered_leaves_no_row(database: Database) -> None:
    with database.begin() as session:
        assert flows.take_turns(session, ("", "gmail"), 40, now=NOW)[0] == 40
        assert session.scalars(select(FlowRow)).all() == []


def test_many_letters_put_off_in_a_row_are_understood_as_being_asked(office: Office) -> None:
    script = {
        f"rcpt:{email}": say("451 4.3.0 try again later")
        for email in office.rows
        if email.endswith(SLOW)
    }
    with MailHost(script=script) as mail:
        office.send(by_smtp(mail))
        asked = sum(line.endswith(f"@{SLOW}>") for line in mail.said("RCPT"))
    assert asked < READERS // 2
    assert domains_of(mail) == {HOME: READERS // 2}


def test_of_a_provider_with_too_many_connections_few_letters_are_under_way(
    office: Office,
) -> None:
    """Who was sent home asks again later; a letter that is heard of makes room for another."""
    claims = claim(office.database, office.edition, worker=register(office.database), limit=READERS)
    with office.database.begin() as session:
        said = "421 4.7.0 too many concurrent connections"
        flow = flows.slow_down(session, ("", "gmail"), now=NOW, said=said)
    sorter, slow = Traffic().sorter, claims[1::2]
    given: list[Claim] = []
    for heard in (0, 0, 1, 2):
        sorter.heard(given[:heard])
        given = given[heard:]
        with office.database.begin() as session:
            some = [claim for claim in slow if claim not in given]
            found = sorter.sort(session, some, down={}, now=flow.changed_at)
        assert sum(len(later.claims) for later in found.later) == len(some) - len(
            found.portions[""]
        )
        given += found.portions[""]
        slow = [claim for claim in slow if claim not in found.portions[""]]
        assert len(given) == AT_ONCE // 2


def test_a_rate_of_the_settings_holds_for_one_provider_alone(office: Office) -> None:
    office.traffic = Traffic(caps={"gmail": 5})
    with MailHost() as mail:
        office.send(by_smtp(mail))
        assert domains_of(mail) == {HOME: READERS // 2, SLOW: 5}
        office.send(by_smtp(mail), after=timedelta(minutes=1, seconds=10))
        assert 6 <= domains_of(mail)[SLOW] <= 12


def test_domains_with_the_same_mx_are_one_provider_once_they_were_looked_up(
    database: Database,
) -> None:
    names = {"first.example", "second.example", "third.example"}
    with database.begin() as session:
        assert domains.receivers_of(session, names, now=NOW) == {name: name for name in names}
        assert set(domains.to_look_up(session, now=NOW, most=9)) == names
        for name in ("first.example", "second.example"):
            domains.keep(session, name, exchanges=["aspmx.l.google.com"], now=NOW)
        domains.keep(session, "third.example", exchanges=None, now=NOW)
    with database.begin() as session:
        assert domains.receivers_of(session, names, now=NOW) == {
            "first.example": "gmail",
            "second.example": "gmail",
            "third.example": "third.example",
        }
        assert domains.to_look_up(session, now=NOW, most=9) == []
        later = NOW + timedelta(days=1)
        assert domains.to_look_up(session, now=later, most=9) == ["third.example"]
        domains.forget(session, now=NOW + timedelta(days=15))
        assert session.scalars(select(MailDomainRow.domain)).all() == ["third.example"]


def test_outside_the_hours_nothing_is_begun(office: Office) -> None:
    hours = HoursSettings(opens="07:00", closes="09:00")
    office.traffic = Traffic(gate=Gate(hours=hours, warm_up=WarmUpSettings(), zone=BERLIN))
    with MailHost() as mail:
        report = office.send(by_smtp(mail), after=timedelta(hours=2))  # 10 o'clock in Berlin
        assert mail.connections == 0
        assert report.state is EditionState.SENDING
        assert "it goes on Sat 13 Jun 07:00" in str(report.trouble)
        assert office.counts == {DeliveryState.PENDING: READERS}
        report = office.send(by_smtp(mail), after=timedelta(hours=24))
    assert (report.state, report.trouble) == (EditionState.SENT, None)


def test_a_warm_up_sends_its_share_of_each_day(office: Office) -> None:
    plan = WarmUpSettings(start="2026-06-12", first=10, growth=2)
    office.traffic = Traffic(gate=Gate(hours=HoursSettings(), warm_up=plan, zone=BERLIN))
    with MailHost() as mail:
        for hours, total in ((0, 10), (1, 10), (24, 30), (48, READERS)):
            report = office.send(by_smtp(mail), after=timedelta(hours=hours))
            assert len(mail.accepted) == total
            assert (report.trouble is None) == (total == READERS)
    assert report.state is EditionState.SENT


def test_what_was_not_handed_over_is_given_back_to_the_day(office: Office) -> None:
    plan = WarmUpSettings(start="2026-06-12", first=30, growth=2)
    office.traffic = Traffic(gate=Gate(hours=HoursSettings(), warm_up=plan, zone=BERLIN))
    with MailHost() as gone:
        pass
    office.send(by_smtp(gone))
    with office.database.read() as session:
        assert session.scalars(select(WarmUpRow.letters)).one() == 0
