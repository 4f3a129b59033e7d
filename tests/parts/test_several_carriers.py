"""Several carriers: routes by domain, and who takes over, but never a letter that may have left."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from books import send_to
from mailhost import Act, MailHost, close, say
from provider_hosts import ProviderHost, answer
from sending import Office, by_smtp

from digest.clock import Clock
from digest.delivery.routes import Route, Routing
from digest.delivery.state import DeliveryState
from digest.delivery.traffic import Traffic
from digest.editions.state import EditionState
from digest.providers.registry import build
from storage.database import Database

READERS = 12
HOME, ELSEWHERE = "example.org", "t-online.de"


@pytest.fixture
def backup() -> Iterator[MailHost]:
    """Give the server behind the second carrier."""
    with MailHost() as host:
        yield host


@pytest.fixture
def office(database: Database, tmp_path: Path, backup: MailHost) -> Office:
    """Give an edition to readers at two domains, and a second carrier that takes over."""
    edition = send_to(database, readers=READERS, domains=[HOME, ELSEWHERE])
    traffic = Traffic(
        routing=Routing(failover=("backup",)),
        others={"backup": by_smtp(backup)},
    )
    return Office(database=database, edition=edition, folder=tmp_path, traffic=traffic)


def served(*hosts: MailHost) -> list[str]:
    """Name every reader of whom one of these servers has a letter, as often as it has."""
    return sorted(taken.recipient for host in hosts for taken in host.accepted)


def test_a_carrier_that_cannot_be_reached_is_stood_in_for(
    office: Office, backup: MailHost, caplog: pytest.LogCaptureFixture
) -> None:
    with MailHost() as gone:
        pass
    report = office.send(by_smtp(gone))
    assert report.state is EditionState.SENT
    assert served(backup) == sorted(office.rows)
    assert {row.carrier for row in office.rows.values()} == {"backup"}
    assert "carrier 'backup' took over" in str(report.trouble)
    assert "took over" in caplog.text


@pytest.mark.parametrize(
    "script",
    [
        pytest.param({"mail": say("550 5.1.8 bad sender")}, id="it refuses the sender"),
        pytest.param({"banner": close("554 5.7.1 go away")}, id="it refuses us"),
        pytest.param({"mail": [None, None, say("550 5.7.1 blocked")]}, id="after two letters"),
        pytest.param(
            {"rcpt": [None, None, say("550 5.4.5 Daily user sending limit exceeded")]},
            id="its quota ends, for good",
        ),
        pytest.param(
            {"rcpt": [None, say("452 4.7.0 Throttling failure: Daily message quota exceeded")]},
            id="its quota ends, for now",
        ),
    ],
)
def test_what_a_carrier_did_not_take_goes_by_the_other_and_nothing_twice(
    office: Office, backup: MailHost, script: Mapping[str, Act]
) -> None:
    with MailHost(script=script) as first:
        report = office.send(by_smtp(first))
    assert report.state is EditionState.SENT
    assert office.counts == {DeliveryState.ACCEPTED: READERS}
    assert served(first, backup) == sorted(office.rows)
    names = {email: row.carrier for email, row in office.rows.items()}
    assert {email for email, name in names.items() if name} == set(served(backup))


def test_an_api_that_is_beyond_its_quota_is_left_alone_until_it_said(
    office: Office, backup: MailHost
) -> None:
    with ProviderHost("sendgrid", acts=[answer(429, Retry_After="7200")]) as host:
        carrier = build(host.settings(), clock=Clock())
        assert office.send(carrier).state is EditionState.SENT
        assert served(backup) == sorted(office.rows)
        assert "took over" in str(office.send(carrier, after=timedelta(hours=1)).trouble)
        assert len(host.asked) == 1
        assert office.send(carrier, after=timedelta(hours=3)).trouble is None


def test_a_letter_that_may_have_left_is_never_given_to_another_carrier(
    office: Office, backup: MailHost
) -> None:
    """The first server takes two letters and says so of one; then it is gone."""
    script = {"taken": [None, close()], "banner": [None, *[close("421 4.3.2 no")] * 50]}
    with MailHost(script=script) as first:
        office.send(by_smtp(first))
        office.send(by_smtp(first), after=timedelta(hours=1))
    assert office.counts == {DeliveryState.ACCEPTED: READERS - 1, DeliveryState.UNKNOWN: 1}
    assert served(first, backup) == sorted(office.rows)


def test_words_that_are_refused_are_not_tried_elsewhere(office: Office, backup: MailHost) -> None:
    with MailHost(script={"dot": say("554 5.7.1 looks like spam")}) as first:
        office.settings = type(office.settings)(connections=1, same_refusals=3)
        report = office.send(by_smtp(first))
    assert report.state is EditionState.PAUSED
    assert served(backup) == []


def test_when_the_last_one_fails_too_the_issue_waits(office: Office) -> None:
    with MailHost(script={"mail": say("550 5.1.8 bad sender")}) as second:
        office.traffic = Traffic(routing=office.traffic.routing, others={"backup": by_smtp(second)})
        with MailHost(script={"banner": close("421 4.3.2 no")}) as first:
            report = office.send(by_smtp(first))
    assert report.state is EditionState.PAUSED
    assert office.counts == {DeliveryState.PENDING: READERS}


def test_readers_are_served_by_the_carrier_of_their_domain(
    office: Office, backup: MailHost
) -> None:
    routes = (Route(domains=(ELSEWHERE,), carrier="backup"),)
    office.traffic = Traffic(routing=Routing(routes=routes), others=office.traffic.others)
    with MailHost() as first:
        assert office.send(by_smtp(first)).state is EditionState.SENT
    assert {email.partition("@")[2] for email in served(first)} == {HOME}
    assert {email.partition("@")[2] for email in served(backup)} == {ELSEWHERE}
    carriers = {email: row.carrier for email, row in office.rows.items()}
    assert carriers == {
        email: "backup" if email.endswith(ELSEWHERE) else None for email in carriers
    }


def test_a_route_whose_carrier_is_down_holds_up_nobody_else(office: Office) -> None:
    with MailHost() as gone:
        pass
    routes = (Route(domains=(ELSEWHERE,), carrier="relay"),)
    office.traffic = Traffic(routing=Routing(routes=routes), others={"relay": by_smtp(gone)})
    with MailHost() as first:
        report = office.send(by_smtp(first))
        assert len(first.accepted) == READERS // 2
    assert report.state is EditionState.SENDING
    assert "carrier 'relay'" in str(report.trouble)
    with MailHost() as back:
        office.traffic = Traffic(routing=Routing(routes=routes), others={"relay": by_smtp(back)})
        office.send(by_smtp(first), after=timedelta(minutes=11))
        assert len(back.accepted) == READERS // 2
    assert office.counts == {DeliveryState.ACCEPTED: READERS}
