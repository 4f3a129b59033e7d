"""What a source would bring, in figures that an operator can judge it by."""

from datetime import UTC, date, datetime, timedelta

import pytest

from digest.posts.post import FetchedPost
from digest.sources.adapter import Reading
from digest.sources.preview import pace, preview

NOW = datetime(2026, 6, 12, 7, tzinfo=UTC)


def post(number: int = 1, **told: object) -> FetchedPost:
    url = f"https://plain.example/{number}"
    return FetchedPost(**{"url": url, "title": f"Post number {number}", **told})  # type: ignore[arg-type]


def paced(*days_ago: float) -> str:
    posts = [
        post(number, published_at=NOW - timedelta(days=days))
        for number, days in enumerate(days_ago)
    ]
    return pace(preview(Reading(posts=tuple(posts))), now=NOW)


@pytest.mark.parametrize(
    ("days_ago", "words"),
    [
        ((), "too few dates to tell how often it has new posts"),
        ((1, 8), "too few dates to tell how often it has new posts"),
        ((1, 1, 1), "too few dates to tell how often it has new posts"),
        ((1, 8, 15), "about 1 post a week"),
        ((1, 4, 8, 12, 15), "about 2 posts a week"),
        ((0.1, 0.6, 1.1, 1.6, 2.1), "about 14 posts a week"),
        ((1, 15, 31, 45), "about 2 posts a month"),
        ((10, 100, 190), "about 4 posts a year"),
        ((1, 900, 1900), "about 1 post a year"),
        ((60, 67, 74), "about 1 post a week, but none since 13 Apr 2026"),
        ((-300, 1, 8, 15), "about 1 post a week"),
    ],
)
def test_the_pace_is_said_in_words(days_ago: tuple[float, ...], words: str) -> None:
    assert paced(*days_ago) == words


def test_days_count_as_dates() -> None:
    posts = tuple(post(n, published_on=date(2026, 6, n)) for n in (3, 6, 9))
    assert pace(preview(Reading(posts=posts)), now=NOW) == "about 2 posts a week"


def test_the_reading_time_is_our_own_or_one_that_may_be_believed() -> None:
    def minutes(*posts: FetchedPost) -> list[int | None]:
        return [one.reading_minutes for one in preview(Reading(posts=posts))]

    assert minutes(post(1, words=2300, minutes=1), post(2, minutes=7)) == [10, 7]
    assert minutes(*(post(n, minutes=1) for n in range(9))) == [None] * 9


def test_words_are_shown_as_they_would_be_mailed() -> None:
    (one,) = preview(Reading(posts=(post(summary="It was the queue. Read more"),), language="en"))
    assert (one.excerpt, one.language) == ("It was the queue.", "en")
    assert one.examined.rules == ("read more",)
