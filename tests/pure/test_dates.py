"""Dates as feeds write them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from digest.sources.dates import is_placeholder, read_date, settle


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Wed, 10 Jun 2026 08:30:00 +0200", "2026-06-10T08:30:00+02:00"),
        ("Wed, 10 Jun 2026 08:30:00 GMT", "2026-06-10T08:30:00+00:00"),
        ("Wed, 10 Jun 2026 08:30 UT", "2026-06-10T08:30:00+00:00"),
        ("10 Jun 2026 08:30:00 Z", "2026-06-10T08:30:00+00:00"),
        ("Sun, 10 Jun 2026 08:30:00 GMT", "2026-06-10T08:30:00+00:00"),  # it was a Wednesday
        ("Wed,10 Jun 2026 08:30:00 -0000", "2026-06-10T08:30:00+00:00"),
        ("Wed, 10 June 2026 08:30:00 EST", "2026-06-10T08:30:00-05:00"),
        ("Wed, 10 Jun 2026 08:30:00 PDT", "2026-06-10T08:30:00-07:00"),
        ("Wed, 10 Jun 2026 08:30:00 CEST", "2026-06-10T08:30:00+02:00"),
        ("Wed, 10 Jun 2026 08:30:00 MESZ", "2026-06-10T08:30:00+02:00"),
        ("Wed, 10 Jun 2026 08:30:00 BST", "2026-06-10T08:30:00+01:00"),
        ("Wed, 10 Jun 2026 08:30:00 IST", "2026-06-10T08:30:00+05:30"),
        ("Wed, 10 Jun 2026 08:30:00 XYZ", "2026-06-10T08:30:00+00:00"),
        ("Wed, 10 Jun 2026 08:30:00", "2026-06-10T08:30:00+00:00"),
        ("Wed, 10 Jun 2026 08:30:00 +0200 (CEST)", "2026-06-10T08:30:00+02:00"),
        ("Wed, 10 Jun 2026 08:30:00 UTC+2", "2026-06-10T08:30:00+02:00"),
        ("Wed, 10 Jun 26 08:30:00 GMT", "2026-06-10T08:30:00+00:00"),
        ("Wed, 10 Jun 97 08:30:00 GMT", "1997-06-10T08:30:00+00:00"),
        ("10-Jun-2026 08:30:00 GMT", "2026-06-10T08:30:00+00:00"),
        ("Seg, 24 Set 2018 17:11:53 -0300", "2018-09-24T17:11:53-03:00"),
        ("Sáb, 05 Out 2019 10:00:00 -0300", "2019-10-05T10:00:00-03:00"),
        ("Do, 5 Mär 2020 10:00:00 +0100", "2020-03-05T10:00:00+01:00"),
        ("jeu., 2 juil. 2020 10:00:00 +0200", "2020-07-02T10:00:00+02:00"),
        ("Wed, 31 Dec 2025 23:59:60 +0000", "2025-12-31T23:59:59+00:00"),
        ("Wed Jun 10 08:30:00 2026", "2026-06-10T08:30:00+00:00"),
        ("Wed, Jun 10 2026 08:30:00 PST", "2026-06-10T08:30:00-08:00"),
        ("2026-06-10T08:30:00Z", "2026-06-10T08:30:00+00:00"),
        ("2026-06-10t08:30:00.123456789z", "2026-06-10T08:30:00+00:00"),
        ("2026-06-10T08:30:00,5+02:00", "2026-06-10T08:30:00+02:00"),
        ("2026-06-10T08:30:00+0200", "2026-06-10T08:30:00+02:00"),
        ("2026-06-10T08:30+02", "2026-06-10T08:30:00+02:00"),
        ("2026-06-10 08:30:00 -0330", "2026-06-10T08:30:00-03:30"),
        ("20260610T083000Z", "2026-06-10T08:30:00+00:00"),
        ("2026-06-10T24:00:00Z", "2026-06-11T00:00:00+00:00"),
        ("  2026-06-10T08:30:00Z\n", "2026-06-10T08:30:00+00:00"),
    ],
)
def test_an_instant_is_read_with_its_zone(text: str, moment: str) -> None:
    found = read_date(text)
    assert isinstance(found, datetime)
    assert found == at(moment)
    assert found.utcoffset() == at(moment).utcoffset()


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-10",
        "20260610",
        "2026/6/10",
        "10 Jun 2026",
        "Wed, 10 Jun 2026",
        "June 10, 2026",
        "2026년 06월 10일 08:30:00",
        "2026年6月10日",
    ],
)
def test_a_bare_day_stays_a_day(text: str) -> None:
    found = read_date(text)
    assert found == date(2026, 6, 10)
    assert not isinstance(found, datetime)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "soon",
        "2026-13-01",
        "2026-02-30",
        "2026-06-10T25:00:00Z",
        "2026-06-10T08:61:00Z",
        "2026-06-10T08:30:00+99:00",
        "10 Foo 2026 08:30:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59-05:00",
        "{{ page.date }}",
        "1 " * 5000,
        "9" * 90,
    ],
)
def test_what_cannot_be_believed_is_no_date(text: str | None) -> None:
    assert read_date(text) is None


def test_a_date_in_the_future_is_passed_on() -> None:
    assert read_date("2199-01-01") == date(2199, 1, 1)


def test_the_zero_date_is_known_from_a_missing_one() -> None:
    assert is_placeholder("Mon, 01 Jan 0001 00:00:00 +0000")
    assert is_placeholder("0001-01-01T00:00:00Z")
    assert is_placeholder("1000-01-01T00:00:00Z")
    for real in ("2026-06-10T00:00:01.0001Z", "Wed, 10 Jun 2026 08:30:00 +0100", "20260610T1000Z"):
        assert not is_placeholder(real)
    assert not is_placeholder(None)


def test_a_feed_with_only_midnights_knows_only_days() -> None:
    first, second = at("2026-06-10T00:00:00+00:00"), at("2026-06-11T00:00:00+00:00")
    assert settle([first, None, second]) == [date(2026, 6, 10), None, date(2026, 6, 11)]


def test_midnight_in_the_blogs_own_zone_states_the_blogs_own_day() -> None:
    winter, summer = at("2026-01-10T00:00:00+01:00"), at("2026-06-11T00:00:00+02:00")
    assert settle([winter, summer]) == [date(2026, 1, 10), date(2026, 6, 11)]


def test_one_real_time_makes_the_midnights_real_too() -> None:
    dates = [at("2026-06-10T00:00:00+00:00"), at("2026-06-11T00:00:01+00:00"), date(2026, 6, 9)]
    assert settle(dates) == dates


def test_every_offset_survives_the_way_through_both_forms() -> None:
    moment = datetime(2026, 6, 10, 8, 30, tzinfo=UTC)
    for minutes in range(-12 * 60, 14 * 60 + 1, 15):
        local = moment.astimezone(at("2026-01-01T00:00:00+00:00").tzinfo) + timedelta(
            minutes=minutes
        )
        sign, hours, rest = "-" if minutes < 0 else "+", abs(minutes) // 60, abs(minutes) % 60
        zone = f"{sign}{hours:02}{rest:02}"
        assert read_date(f"{local:%Y-%m-%dT%H:%M:%S}{zone}") == moment
        assert read_date(f"{local:%a, %d %b %Y %H:%M:%S} {zone}") == moment
