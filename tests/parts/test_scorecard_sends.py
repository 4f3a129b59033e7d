"""Faults F12 to F17 of the scorecard: what servers and providers do to an issue."""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from books import send_to
from mailhost import MailHost, say
from people import NOW
from provider_hosts import ProviderHost, answer, hang_up, take_and
from sending import Office, by_smtp
from sqlalchemy import func, select

from digest.clock import Clock
from digest.delivery.state import DeliveryState
from digest.editions.state import EditionState
from digest.providers.carrier import Carrier
from digest.providers.registry import build
from digest.providers.smtp import SmtpCarrier
from digest.tables import SuppressionRow
from storage.database import Database

READERS = 24


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    """Give an edition that is being sent."""
    return Office(database=database, edition=send_to(database, readers=READERS), folder=tmp_path)


@pytest.mark.parametrize("limit", [1, 5])
def test_a_limit_per_connection_costs_as_many_connections_as_it_must(
    office: Office, limit: int
) -> None:
    """F12: 421 after so many messages."""
    with MailHost(limit=limit) as mail:
        assert office.send(by_smtp(mail)).state is EditionState.SENT
    assert len({taken.recipient for taken in mail.accepted}) == len(mail.accepted) == READERS
    assert mail.connections == math.ceil(READERS / limit)


def test_a_greylisting_server_takes_everybody_on_the_second_try(office: Office) -> None:
    """F13: nobody is suppressed, and no provider is slowed down for it."""
    with MailHost(greylist=True) as mail:
        office.send(by_smtp(mail))
        assert office.counts == {DeliveryState.DEFERRED: READERS}
        office.send(by_smtp(mail), after=timedelta(minutes=12))
    assert office.counts == {DeliveryState.ACCEPTED: READERS}
    with office.database.read() as session:
        assert session.scalar(select(func.count()).select_from(SuppressionRow)) == 0


@pytest.mark.parametrize(
    ("host", "login", "verb"),
    [
        pytest.param({"users": {"u": "p"}}, {"username": "u", "password": "x"}, "AUTH", id="AUTH"),
        pytest.param({"script": {"mail": say("550 5.1.8 bad sender")}}, {}, "MAIL", id="MAIL 550"),
        pytest.param({}, {"security": "starttls"}, "EHLO", id="no STARTTLS"),
    ],
)
def test_a_fault_of_the_settings_pauses_after_one_try_and_touches_nobody(
    office: Office, host: Mapping[str, Any], login: Mapping[str, Any], verb: str
) -> None:
    """F14: AUTH 535, MAIL 5xx or missing STARTTLS."""
    with MailHost(**host) as mail:
        report = office.send(SmtpCarrier(mail.settings(**login)))
    assert report.state is EditionState.PAUSED
    assert office.counts == {DeliveryState.PENDING: READERS}
    assert len(mail.said(verb)) == 1


def test_the_same_refusal_for_the_first_twenty_pauses_the_issue(office: Office) -> None:
    """F15: 5.7.1 for everybody speaks of us; who was refused waits, and is not rejected."""
    with MailHost(script={"dot": say("554 5.7.1 looks like spam")}) as mail:
        report = office.send(by_smtp(mail))
    assert report.state is EditionState.PAUSED
    assert "first 20 letters" in str(report.trouble)
    assert office.counts.keys() == {DeliveryState.DEFERRED, DeliveryState.PENDING}
    assert office.counts[DeliveryState.DEFERRED] == 20


@pytest.mark.parametrize(
    "when",
    [lambda: "3600", lambda: f"{NOW + timedelta(hours=1):%a, %d %b %Y %H:%M:%S} GMT"],
    ids=["seconds", "date"],
)
def test_an_api_that_asks_to_wait_is_obeyed_to_the_second(
    office: Office, when: Callable[[], str]
) -> None:
    """F16: 429 with Retry-After; letters are put off, and no connection waits with them."""
    with ProviderHost("postmark", acts=[answer(429, Retry_After=when())]) as host:

        def a_new_one() -> Carrier:
            return build(host.settings(), clock=Clock.starting_at(NOW))

        office.send(a_new_one())
        assert office.counts == {DeliveryState.DEFERRED: READERS}
        for moment in office.next_tries():
            assert timedelta(hours=1) <= moment - NOW + timedelta(seconds=1)
            assert moment - NOW < timedelta(hours=1, seconds=60)  # and what this machine took
        office.send(a_new_one(), after=timedelta(minutes=59))
        assert len(host.asked) == 1
        office.send(a_new_one(), after=timedelta(hours=1, minutes=2))
    assert office.counts == {DeliveryState.ACCEPTED: READERS}


@pytest.mark.parametrize(
    ("kind", "fate", "requests"),
    [("resend", DeliveryState.ACCEPTED, 2), ("sendgrid", DeliveryState.UNKNOWN, 1)],
)
def test_an_answer_that_is_lost_is_asked_for_again_only_where_that_is_safe(
    database: Database, tmp_path: Path, kind: str, fate: DeliveryState, requests: int
) -> None:
    """F17: one send on an idempotent provider, with the same key; unknown on others."""
    office = Office(database=database, edition=send_to(database, readers=1), folder=tmp_path)
    with ProviderHost(kind, acts=[take_and(hang_up)]) as host:
        carrier = build(host.settings(), clock=Clock())
        for _ in range(2):
            office.send(carrier)
    assert office.counts == {fate: 1}
    assert len(host.asked) == requests
    assert len({asked.headers.get("idempotency-key") for asked in host.asked}) == 1
    assert max(Counter(taken.recipient for taken in host.taken).values()) == 1
