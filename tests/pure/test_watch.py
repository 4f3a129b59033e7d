"""Which batches of new posts wait for a person, and which odd ones are ordinary."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from digest.posts.post import FetchedPost
from digest.sources.watch import Alarm, Arrival, History, WatchSettings, cadence, judge, site

NOW = datetime(2026, 6, 12, 7, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECONDS = timedelta(seconds=17)


def post(number: int = 0, **changes: Any) -> FetchedPost:
    url = f"https://quay.example/{number}"
    usual = FetchedPost(url=url, title=f"Post {number}", published_at=NOW - (number + 1) * HOUR)
    return replace(usual, **changes)


def posts(count: int, **changes: Any) -> list[FetchedPost]:
    return [post(number, **changes) for number in range(count)]


def dated(*dates: datetime) -> list[FetchedPost]:
    return [post(number, published_at=one) for number, one in enumerate(dates)]


def history(**changes: Any) -> History:
    """Know a blog with a post a week for 40 weeks, all in English and at home, read an hour ago."""
    usual = History(
        posts=40,
        first_read_at=NOW - 400 * DAY,
        last_success_at=NOW - HOUR,
        dates=tuple(NOW - (7 * week + 2) * DAY for week in range(40)),
        hosts={"quay.example": 40},
        languages={"en": 40},
        entries=20,
    )
    return replace(usual, **changes)


def verdict(
    new: Sequence[FetchedPost],
    *,
    known: int = 19,
    shape: str | None = None,
    language: str | None = None,
    **changes: Any,
) -> tuple[Alarm, str] | None:
    """Judge new posts beside 19 known ones; ``changes`` are the history's."""
    arrival = Arrival(new=new, known=known, total=known + len(new), shape=shape, language=language)
    return judge(arrival, history=history(**changes), now=NOW, settings=WatchSettings())


def days_back(*days: float) -> tuple[datetime, ...]:
    return tuple(NOW - day * DAY for day in days)


def test_a_first_reading_is_never_an_alarm() -> None:
    many = posts(300, published_at=NOW + 9 * DAY, url="https://casino.example/")
    assert verdict(many, first_read_at=None, last_success_at=None) is None


@pytest.mark.parametrize(
    ("new", "changes"),
    [
        ([], {}),
        (posts(1), {}),
        (posts(3), {"last_success_at": NOW - 30 * DAY}),
        (posts(3), {"dates": days_back(*range(60, 400, 7))}),
        (posts(13), {"dates": tuple(NOW - (8 + day / 2) * DAY for day in range(26))}),
        ([post(n, published_at=NOW - (n / 2) * DAY) for n in range(60)],
         {"dates": tuple(NOW - (30 + n / 2) * DAY for n in range(50)),
          "last_success_at": NOW - 30 * DAY}),
        ([post(n, published_at=None) for n in range(5)], {"dates": ()}),
        (posts(4, published_at=NOW - 300 * DAY), {}),
        (posts(4, published_at=NOW + 30 * DAY), {}),
        (posts(6, published_at=None, published_on=date(2026, 6, 11)),
         {"dates": tuple(NOW - 7 * (n // 2 + 1) * DAY for n in range(40))}),
        (posts(1, url="https://www.quay.example/1"), {}),
        (posts(1, url="https://blog.quay.example/1"), {}),
        (posts(3, url="https://other.example/1"), {"hosts": {"quay.example": 9}}),
        (posts(3, url="https://other.example/1"),
         {"hosts": {f"site{n}.example": 1 for n in range(9)} | {"quay.example": 30}}),
        ([post(0, url="https://other.example/1"), post(1)], {}),
        (posts(8), {"language": "en-GB"}),
        (posts(8), {"language": None}),
        (posts(8), {"language": "de", "languages": {"en": 30, "de-AT": 1}}),
        (posts(8), {"language": "de", "languages": {"en": 9}}),
        (posts(4), {"language": "de"}),
        (posts(2), {"shape": "b", "known": 3}),
    ],
    ids=["nothing", "one post", "back after our month away", "back from holidays",
         "thirteen a week, as ever", "all new after a month of ours", "undated",
         "four old ones", "four ahead of time", "pairs on a day, as ever", "www", "subdomain",
         "few links known", "link blog", "a guest", "dialect", "no language",
         "bilingual", "few languages known", "few in German", "no layout before"],
)  # fmt: skip
def test_ordinary_weeks_raise_no_alarm(new: list[FetchedPost], changes: dict[str, Any]) -> None:
    assert verdict(new, **changes) is None


@pytest.mark.parametrize(
    ("new", "changes", "expected"),
    [
        (posts(13), {}, Alarm.FLOOD),
        (posts(13, published_at=None), {}, Alarm.FLOOD),
        (posts(3), {"dates": days_back(*(n / 2 for n in range(10)), *range(9, 300, 7))},
         Alarm.FLOOD),
        ([post(n, published_at=NOW - (100 + n) * DAY) for n in range(132)], {}, Alarm.REPLAY),
        ([post(n, published_at=NOW - (3 + n) * DAY) for n in range(5)], {}, Alarm.REPLAY),
        (posts(10, published_at=None), {"known": 0}, Alarm.REPLAY),
        (posts(10), {"known": 0}, Alarm.REPLAY),
        (posts(5, published_at=NOW + 2 * DAY), {}, Alarm.FUTURE),
        (posts(5, published_at=NOW - HOUR), {}, Alarm.SAME_DATE),
        (dated(*(NOW - HOUR - number * SECONDS for number in range(5))), {}, Alarm.SAME_DATE),
        (posts(5, published_at=None, published_on=date(2026, 6, 11)), {}, Alarm.SAME_DATE),
        (posts(1, url="https://casino.example/1"), {}, Alarm.DOMAIN),
        (posts(1, url="https://mallory.github.io/1"), {"hosts": {"quay.github.io": 40}},
         Alarm.DOMAIN),
        (posts(5), {"language": "id"}, Alarm.LANGUAGE),
    ],
    ids=["many", "many without dates", "many in small steps", "rebuilt", "a few old ones",
         "nothing left, undated", "nothing left", "future", "one instant", "one minute", "one day",
         "domain", "neighbour on a platform", "language"],
)  # fmt: skip
def test_a_batch_that_is_not_the_sources_own_waits(
    new: list[FetchedPost], changes: dict[str, Any], expected: Alarm
) -> None:
    found = verdict(new, **changes)
    assert found
    assert found[0] is expected


def test_the_reason_gives_the_figures() -> None:
    arrival = Arrival(new=posts(2, url="https://casino.example/1"), known=0, total=2)
    found = judge(arrival, history=history(), now=NOW, settings=WatchSettings())
    assert found == (
        Alarm.DOMAIN,
        "2 of 2 new links lead to casino.example, and all 40 before led to quay.example",
    )


def test_a_flood_that_a_person_let_pass_is_no_part_of_the_next() -> None:
    flooded = days_back(*(n / 10 for n in range(30)), *range(9, 149, 7))
    released = NOW - timedelta(minutes=1)
    assert verdict([], dates=flooded) is None
    assert verdict(posts(1), dates=flooded)
    assert verdict(posts(1), dates=flooded, released_at=released) is None
    assert verdict(posts(13), dates=flooded, released_at=released)


@pytest.mark.parametrize(
    ("new", "known", "expected"), [(6, 2, True), (0, 4, True), (2, 18, False), (0, 19, False)]
)
def test_another_layout_is_an_alarm_when_it_shows_other_things(
    new: int, known: int, *, expected: bool
) -> None:
    arrival = Arrival(new=posts(new), known=known, total=new + known, shape="div.ad")
    before = history(shape="article.post")
    found = judge(arrival, history=before, now=NOW, settings=WatchSettings())
    assert (found is not None and found[0] is Alarm.DRIFT) is expected


def test_every_alarm_has_its_own_sentence() -> None:
    sentences = {alarm.sentence for alarm in Alarm}
    assert len(sentences) == len(Alarm)
    assert all(sentence.endswith(".") for sentence in sentences)


def test_a_source_that_may_do_more_is_left_alone() -> None:
    arrival = Arrival(new=posts(30), known=19, total=49)
    generous = WatchSettings(flood=40)
    assert judge(arrival, history=history(), now=NOW, settings=generous) is None


def test_the_cadence_is_the_usual_pause_between_days_with_posts() -> None:
    weekly = days_back(0, 7, 14, 21)
    assert cadence(weekly) == 7 * DAY
    assert cadence((*weekly, *weekly)) == 7 * DAY  # two posts on each of these days
    assert cadence(days_back(0, 7, 14, 21, 400)) == 7 * DAY  # one long pause is not usual
    assert cadence(days_back(400, 0, 7)) == cadence(days_back(0, 7, 400))
    assert cadence(days_back(0, 7)) is None
    assert cadence(days_back(0, 0, 0, 0)) is None


@pytest.mark.parametrize(
    ("host", "owner"),
    [
        ("www.quay.example", "quay.example"),
        ("Engineering.Quay.Example", "quay.example"),
        ("blog.quay.co.uk", "quay.co.uk"),
        ("quay.github.io", "quay.github.io"),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_an_owner_holds_the_end_of_a_host_name(host: str, owner: str) -> None:
    assert site(host) == owner
