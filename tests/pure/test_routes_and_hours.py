"""Which way a letter goes, and when: receivers, routes, sending hours and the warm-up."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from digest.delivery.hours import HoursSettings, WarmUpSettings, opens_at
from digest.delivery.receivers import RECEIVERS, by_exchange, domain_of, known
from digest.delivery.routes import MAIN, Route, Routing
from digest.errors import ConfigurationError

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    """Read a moment in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("email", "receiver"),
    [
        ("ada@gmail.com", "gmail"),
        ("ada@GoogleMail.com", "gmail"),
        ("ada@yahoo.co.uk", "yahoo"),
        ("ada@hotmail.fr", "outlook.com"),
        ("ada@web.de", "gmx"),
        ("ada@t-online.de", "t-online"),
        ("ada@example.org", None),
        ("ada@gmail.com.example.org", None),
    ],
)
def test_a_well_known_domain_names_its_provider(email: str, receiver: str | None) -> None:
    assert known(domain_of(email)) == receiver


@pytest.mark.parametrize(
    ("hosts", "receiver"),
    [
        (["aspmx.l.google.com.", "alt1.aspmx.l.google.com."], "gmail"),
        (["example-org.mail.protection.outlook.com"], "microsoft-365"),
        (["hotmail-com.olc.protection.outlook.com"], "outlook.com"),
        (["mta5.am0.yahoodns.net"], "yahoo"),
        (["mx00.kundenserver.de"], "ionos"),
        (["mx.example.org", "aspmx.l.google.com"], "gmail"),
        (["notgoogle.com"], None),
        ([], None),
    ],
)
def test_mx_names_tell_who_is_behind_a_domain(hosts: list[str], receiver: str | None) -> None:
    assert by_exchange(hosts) == receiver


def test_no_domain_and_no_mx_belongs_to_two_providers() -> None:
    for ends in (
        [end for one in RECEIVERS for end in one.exchanges],
        [domain for one in RECEIVERS for domain in one.domains],
    ):
        assert len(ends) == len(set(ends))


def test_a_letter_goes_by_the_first_route_that_names_its_domain() -> None:
    routing = Routing(
        routes=(
            Route(domains=("T-Online.de", "*.example"), carrier="relay"),
            Route(domains=("t-online.de", "gmail.com"), carrier="other"),
        )
    )
    found = {
        domain: routing.carrier_of(domain)
        for domain in ("t-online.de", "a.b.example", "example", "gmail.com", "example.org")
    }
    assert found == {
        "t-online.de": "relay",
        "a.b.example": "relay",
        "example": MAIN,
        "gmail.com": "other",
        "example.org": MAIN,
    }


def test_who_takes_over_is_the_first_that_is_up() -> None:
    routing = Routing(failover=("one", "two"))
    assert routing.in_place_of(MAIN, down={}) == MAIN
    assert routing.in_place_of(MAIN, down={MAIN}) == "one"
    assert routing.in_place_of(MAIN, down={MAIN, "one"}) == "two"
    assert routing.in_place_of(MAIN, down={MAIN, "one", "two"}) is None


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-06-12T06:59", "2026-06-12T07:00"),
        ("2026-06-12T07:00", None),
        ("2026-06-12T20:59:59", None),
        ("2026-06-12T21:00", "2026-06-13T07:00"),
        ("2026-03-28T22:00", "2026-03-29T07:00"),  # the clocks change in this night
    ],
)
def test_letters_are_begun_between_the_hours(now: str, opens: str | None) -> None:
    hours = HoursSettings(opens="07:00", closes="21:00")
    found = opens_at(hours, at(now).astimezone(UTC), zone=BERLIN)
    assert found == (at(opens) if opens else None)


def test_hours_may_be_those_of_a_night_and_without_any_it_is_always_open() -> None:
    night = HoursSettings(opens="21:00", closes="07:00")
    assert opens_at(night, at("2026-06-12T23:00"), zone=BERLIN) is None
    assert opens_at(night, at("2026-06-12T05:00"), zone=BERLIN) is None
    assert opens_at(night, at("2026-06-12T12:00"), zone=BERLIN) == at("2026-06-12T21:00")
    assert opens_at(HoursSettings(), at("2026-06-12T03:00"), zone=BERLIN) is None


def test_a_warm_up_grows_each_day_and_ends() -> None:
    plan = WarmUpSettings(start="2026-06-12", first=500, growth=1.5)
    days = [date(2026, 6, 11), date(2026, 6, 12), date(2026, 6, 13), date(2026, 6, 14)]
    assert [plan.most_on(day) for day in days] == [None, 500, 750, 1125]
    assert plan.most_on(date(2026, 9, 12)) is None
    assert plan.most_on(date(2126, 9, 12)) is None
    assert WarmUpSettings().most_on(date(2026, 6, 12)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"opens": "07:00"},
        {"opens": "07:00", "closes": "07:00"},
        {"opens": "7 o'clock", "closes": "21:00"},
    ],
)
def test_hours_that_cannot_be_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="hours"):
        HoursSettings(**wrong)
