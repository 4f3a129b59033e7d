"""Periods, windows and slots."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.calendar import ScheduleSettings, latest_due, named, next_due
from digest.errors import ConfigurationError

WEEKLY = ScheduleSettings()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_week_is_named_after_the_week_of_its_slot() -> None:
    period = latest_due(WEEKLY, utc("2026-06-12T05:00"))
    assert period.name == "2026-W24"
    assert (period.first_day, period.end_day) == (date(2026, 6, 5), date(2026, 6, 12))
    assert period.opens_at == utc("2026-06-04T22:00")  # midnight in Berlin
    assert period.due_at == utc("2026-06-12T05:00")


def test_a_minute_before_the_slot_the_week_before_is_due() -> None:
    assert latest_due(WEEKLY, utc("2026-06-12T04:59")).name == "2026-W23"


def test_the_first_days_of_january_belong_to_their_iso_week() -> None:
    assert latest_due(WEEKLY, utc("2027-01-01T12:00")).name == "2026-W53"


@pytest.mark.parametrize("change", ["2026-03-29", "2026-10-25"])
def test_the_window_of_a_week_with_a_clock_change_is_whole(change: str) -> None:
    period = next_due(WEEKLY, utc(f"{change}T12:00"))
    assert (period.end_day - period.first_day).days == 7
    assert period.due_at.astimezone(UTC).hour in {5, 6}


@pytest.mark.parametrize("cadence", ["day", "week"])
def test_a_slot_in_the_doubled_or_missing_hour_comes_once(cadence: str) -> None:
    cron = "30 2 * * *" if cadence == "day" else "30 2 * * SUN"
    settings = ScheduleSettings(cron=cron, cadence=cadence)  # type: ignore[arg-type] # parametrised
    for change in ("2026-03-29", "2026-10-25"):
        now = utc(f"{change}T00:00") - timedelta(days=1)
        names = set()
        while now < utc(f"{change}T00:00") + timedelta(days=2):
            names.add(latest_due(settings, now).name)
            now += timedelta(minutes=10)
        assert len(names) == (4 if cadence == "day" else 2)


def test_two_slots_in_one_week_make_one_period() -> None:
    settings = ScheduleSettings(cron="0 7 * * MON,THU")
    thursday = latest_due(settings, utc("2026-06-11T12:00"))
    assert thursday.name == "2026-W24"
    assert thursday.due_at == utc("2026-06-08T05:00")
    assert next_due(settings, utc("2026-06-08T12:00")).name == "2026-W25"


def test_a_month_opens_where_the_one_before_closed() -> None:
    settings = ScheduleSettings(cron="0 7 1 * *", cadence="month")
    period = latest_due(settings, utc("2026-03-01T12:00"))
    assert period.name == "2026-03"
    assert (period.first_day, period.end_day) == (date(2026, 2, 1), date(2026, 3, 1))


def test_a_period_is_found_by_its_name() -> None:
    found = named(WEEKLY, "2026-W24", near=utc("2026-11-21T00:00"))
    assert found == latest_due(WEEKLY, utc("2026-06-12T05:00"))
    assert named(WEEKLY, "2019-W01", near=utc("2026-11-21T00:00")) is None


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_windows_follow_each_other_without_gap_or_overlap(now: datetime) -> None:
    period = latest_due(WEEKLY, now)
    following = next_due(WEEKLY, now)
    assert period.due_at <= now < following.due_at
    assert period.closes_at == following.opens_at
    assert period.opens_at < period.closes_at <= period.due_at


def test_every_week_of_ten_years_has_a_name_of_its_own() -> None:
    now = utc("2020-01-03T12:00")
    periods = [latest_due(WEEKLY, now + timedelta(weeks=n)) for n in range(520)]
    assert len({period.name for period in periods}) == 520
    assert all(a.closes_at == b.opens_at for a, b in pairwise(periods))


def test_a_day_is_compared_as_a_day_and_not_shifted_through_utc() -> None:
    period = latest_due(WEEKLY, utc("2026-06-12T05:00"))
    assert period.holds(at=None, on=date(2026, 6, 5))
    assert not period.holds(at=None, on=date(2026, 6, 12))
    assert period.holds(at=utc("2026-06-04T22:00"), on=None)
    assert not period.holds(at=utc("2026-06-11T22:00"), on=None)
    assert not period.holds(at=None, on=None)


@pytest.mark.parametrize(
    ("field", "value"), [("zone", "Europe/Berlim"), ("cron", "0 25 * * *"), ("cron", "weekly")]
)
def test_a_wrong_setting_is_named_with_a_right_one(field: str, value: str) -> None:
    wrong: dict[str, Any] = {field: value}
    with pytest.raises(ConfigurationError, match=rf"{field} = '.*' is no .*; try "):
        ScheduleSettings(**wrong)
