"""Which weeks have a best-of, and which posts are in it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from press import issue, post

from digest.calendar import ScheduleSettings, best_of, is_best_of, latest_due, named, weeks_of
from digest.editions.best import choose, pace_of, series
from digest.editions.issue import Also, Issue

WEEKLY = ScheduleSettings()
JUNE = datetime(2026, 6, 12, 5, 0, tzinfo=UTC)


def test_a_best_of_goes_with_the_last_of_its_four_weeks() -> None:
    week = latest_due(WEEKLY, JUNE)
    best = best_of(WEEKLY, week)
    assert best is not None
    assert best.name == "2026-W24-best"
    assert (best.due_at, best.closes_at) == (week.due_at, week.closes_at)
    assert (best.end_day - best.first_day).days == 28
    assert weeks_of(best.name) == ("2026-W24", "2026-W23", "2026-W22", "2026-W21")
    assert named(WEEKLY, best.name, near=JUNE) == best


def test_over_the_years_every_week_stands_in_exactly_one_best_of() -> None:
    covered: list[str] = []
    weeks: list[str] = []
    for number in range(4 * 53):
        week = latest_due(WEEKLY, JUNE + timedelta(weeks=number + 1, hours=2))
        weeks.append(week.name)
        best = best_of(WEEKLY, week)
        covered += reversed(weeks_of(best.name)) if best else ()
    assert "2026-W53" in weeks
    assert covered == weeks


@pytest.mark.parametrize("name", ["2026-W23-best", "2026-W99-best", "soon-best"])
def test_no_other_week_has_one(name: str) -> None:
    assert named(WEEKLY, name, near=JUNE) is None


@pytest.mark.parametrize("cadence", ["day", "month"])
def test_a_newsletter_that_is_not_weekly_has_none(cadence: str) -> None:
    settings = ScheduleSettings(cadence=cadence)  # type: ignore[arg-type] # parametrised
    days = (latest_due(settings, JUNE + timedelta(days=n)) for n in range(60))
    assert [best_of(settings, day) for day in days if best_of(settings, day)] == []


def test_its_name_tells_whose_it_is_and_where_it_is_kept() -> None:
    assert not is_best_of("2026-W24")
    assert (series("dive", period="2026-W24"), pace_of("2026-W24")) == ("dive", "weekly")
    assert (series("dive", period="2026-W24-best"), pace_of("2026-W24-best")) == (
        "dive/monthly",
        "monthly",
    )


def week(*numbers: int) -> Issue:
    return issue([post(number) for number in numbers])


@pytest.mark.parametrize(
    ("weeks", "most", "chosen"),
    [
        ([week(1, 2, 3), week(4, 5), week(6), week(7, 8, 9)], 12, [1, 4, 6, 7, 2, 5, 8, 3, 9]),
        ([week(1, 2, 3), week(4, 5)], 3, [1, 4, 2]),
        ([week(1, 2), week(3)], 1, [1]),
        ([], 12, []),
    ],
)
def test_the_leads_come_first_and_then_each_issue_in_turn(
    weeks: list[Issue], most: int, chosen: list[int]
) -> None:
    assert [one.post_id for one in choose(weeks, most=most)] == chosen


def test_a_post_comes_alone_whatever_shared_its_card() -> None:
    beside = Also(post_id=2, url="https://x.example/2", title="Beside", source="X")
    card = replace(post(1), also=(beside,))
    assert choose([issue([card])], most=12) == (post(1),)


def test_an_issue_of_a_week_keeps_its_seal_and_a_best_of_comes_back_as_one() -> None:
    assert "is_best_of" not in issue().to_json()
    best = replace(issue(), is_best_of=True)
    assert Issue.from_json(best.to_json()) == best
    assert best.seal != issue().seal
