"""Which posts make the issue, and why not the others."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.calendar import ScheduleSettings, latest_due
from digest.posts.post import Decision, Post
from digest.posts.topics import TopicSettings
from digest.selection import Reason, Selection, SelectionRules, effective, select

DUE = datetime(2026, 6, 12, 5, 0, tzinfo=UTC)
WEEK = latest_due(ScheduleSettings(), DUE)
TUESDAY = datetime(2026, 6, 9, 12, 0, tzinfo=UTC)
LAST_FREEZE = datetime(2026, 6, 5, 5, 0, tzinfo=UTC)


def post(post_id: int = 1, **facts: object) -> Post:
    base = Post(
        id=post_id,
        source_id=1,
        source="Plain Systems",
        url=f"https://plain.example/{post_id}",
        title=f"Post {post_id}",
        first_seen_at=TUESDAY + timedelta(minutes=5),
        published_at=TUESDAY,
    )
    return replace(base, **facts)  # type: ignore[arg-type] # facts are fields of Post


def choose(*posts: Post, topics: TopicSettings | None = None, **rules: object) -> Selection:
    return select(
        posts,
        rules=SelectionRules(**rules),  # type: ignore[arg-type] # rules are its fields
        period=WEEK,
        seen_since=LAST_FREEZE,
        topics=topics,
    )


def why(candidate: Post, **rules: Any) -> Reason | None:
    selection = choose(candidate, **rules)
    return selection.refused[0].reason if selection.refused else None


def test_a_post_of_the_week_is_chosen() -> None:
    assert choose(post()).chosen == (post(),)


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (datetime(2026, 6, 4, 22, 0, tzinfo=UTC), None),
        (datetime(2026, 6, 11, 21, 59, tzinfo=UTC), None),
        (datetime(2026, 6, 11, 22, 0, tzinfo=UTC), Reason.AFTER),
    ],
)
def test_the_window_is_half_open_in_the_newsletters_zone(
    at: datetime, reason: Reason | None
) -> None:
    assert why(post(published_at=at, first_seen_at=at)) is reason


def test_a_bare_day_counts_as_that_day_in_the_zone() -> None:
    for day, reason in ((5, None), (11, None), (12, Reason.AFTER)):
        dated = post(published_at=None, published_on=date(2026, 6, day), first_seen_at=DUE)
        assert why(dated) is reason


def test_a_post_seen_too_late_for_its_own_issue_goes_into_this_one() -> None:
    late = post(published_at=TUESDAY - timedelta(days=8))
    assert why(late) is None
    assert why(replace(late, first_seen_at=LAST_FREEZE)) is Reason.BEFORE


def test_a_late_post_has_a_limit() -> None:
    assert why(post(published_at=TUESDAY - timedelta(days=90))) is Reason.TOO_OLD


def test_an_undated_post_counts_from_when_it_was_first_seen() -> None:
    undated = post(published_at=None)
    assert effective(undated) == undated.first_seen_at
    assert why(undated) is None


@pytest.mark.parametrize("year", [1, 1970, 2042, 9999])
def test_an_absurd_or_future_date_gives_way_to_the_first_sight(year: int) -> None:
    absurd = post(published_at=datetime(year, 1, 1, tzinfo=UTC))
    assert effective(absurd) == absurd.first_seen_at
    assert why(absurd) is None


def test_the_first_reading_of_a_blog_mails_nothing_older_than_the_window() -> None:
    assert why(post(baseline=True)) is None
    old = TUESDAY - timedelta(days=8)
    assert why(post(baseline=True, published_at=old)) is Reason.BASELINE
    assert why(post(baseline=True, published_at=None)) is Reason.BASELINE


def test_a_held_post_waits_and_says_why() -> None:
    selection = choose(post(held="its title is cut"))
    assert [(r.reason, r.detail) for r in selection.refused] == [(Reason.HELD, "its title is cut")]
    assert [p.id for p in selection.awaited] == [1]


def test_only_held_posts_that_would_be_in_the_issue_are_awaited() -> None:
    newer = [post(n, published_at=TUESDAY - timedelta(hours=n)) for n in (1, 2)]
    over_the_cap = post(3, held="its title is cut", published_at=TUESDAY - timedelta(hours=3))
    without_words = post(4, held="it has no title", title="", published_at=TUESDAY)
    old = post(5, held="its title is cut", published_at=TUESDAY - timedelta(days=90))
    selection = choose(*newer, over_the_cap, without_words, old, per_source=3)
    assert {p.id for p in selection.chosen} == {1, 2}
    assert selection.awaited == ()


def test_a_held_post_takes_no_place_from_a_good_one() -> None:
    held = post(1, held="its title is cut", published_at=TUESDAY)
    good = [post(n, published_at=TUESDAY - timedelta(hours=n)) for n in (2, 3)]
    selection = choose(held, *good, per_source=2)
    assert {p.id for p in selection.chosen} == {2, 3}
    assert [p.id for p in selection.awaited] == [1]


def test_quarantine_and_a_persons_word_come_before_every_rule() -> None:
    assert why(post(alarm="flood", held="its title is cut")) is Reason.QUARANTINED
    assert why(post(alarm="flood", decision=Decision.DROPPED)) is Reason.DROPPED


def test_a_post_that_was_kept_back_counts_as_seen_when_it_was_freed() -> None:
    kept = post(published_at=TUESDAY - timedelta(days=8), first_seen_at=LAST_FREEZE)
    assert why(kept) is Reason.BEFORE
    assert why(replace(kept, freed_at=TUESDAY)) is None
    assert why(replace(kept, freed_at=TUESDAY, baseline=True)) is None
    assert why(replace(kept, freed_at=LAST_FREEZE)) is Reason.BEFORE


def test_tags_are_known_in_every_spelling() -> None:
    topics = TopicSettings(aliases={"databases": ("datastores",)})
    tagged = post(tags=("Golang", "Datastores"))
    for rule in ({"exclude_tags": ("go",)}, {"exclude_tags": ("Database",)}):
        (refusal,) = choose(tagged, topics=topics, **rule).refused
        assert refusal.reason is Reason.TAG
    assert choose(tagged, topics=topics, include_tags=("databases",)).chosen


def test_tags_authors_and_words_keep_posts_out_and_say_which() -> None:
    tagged = post(tags=("Release", "Go"), author="Kim Doe", title="Why we stopped using Rust")
    assert why(tagged, exclude_tags=("release",)) is Reason.TAG
    assert why(tagged, include_tags=("python",)) is Reason.NO_TAG
    assert why(tagged, include_tags=("go",)) is None
    assert why(tagged, exclude_authors=("kim doe",)) is Reason.AUTHOR
    assert why(tagged, exclude_words=("rust",)) is Reason.WORD
    assert why(tagged, exclude_words=("stop",)) is None  # a word, not a part of one


def test_the_newest_posts_of_a_source_fill_its_cap_and_the_rest_is_counted() -> None:
    posts = [post(n, published_at=TUESDAY - timedelta(hours=n)) for n in range(1, 6)]
    selection = choose(*posts, per_source=2)
    assert [p.id for p in selection.chosen] == [1, 2]
    assert selection.surplus() == {"Plain Systems": 3}
    assert {r.reason for r in selection.refused} == {Reason.SOURCE_CAP}


def test_the_issue_has_a_cap_too() -> None:
    posts = [post(n, source_id=n) for n in range(1, 6)]
    assert len(choose(*posts, per_issue=3).chosen) == 3


def test_the_lead_is_the_longest_read_that_has_a_summary() -> None:
    posts = [
        post(1, minutes=30),
        post(2, minutes=12, summary="One."),
        post(3, minutes=5, summary="Two."),
    ]
    assert choose(*posts).chosen[0].id == 2


def test_too_few_posts_are_not_enough() -> None:
    assert not choose().enough
    assert not choose(post(), minimum=2).enough
    assert choose(post(1), post(2), minimum=2).enough


@given(
    st.lists(
        st.builds(
            post,
            st.integers(1, 10_000),
            source_id=st.integers(1, 3),
            published_at=st.none()
            | st.datetimes(
                datetime(2026, 5, 1),  # noqa: DTZ001 - hypothesis adds the zone
                datetime(2026, 7, 1),  # noqa: DTZ001
                timezones=st.just(UTC),
            ),
            baseline=st.booleans(),
            minutes=st.none() | st.integers(1, 60),
            summary=st.none() | st.just("Text."),
        ),
        max_size=30,
        unique_by=lambda p: p.id,
    ),
    st.integers(0, 5),
    st.integers(0, 10),
)
def test_every_candidate_is_chosen_or_refused_with_a_reason(
    posts: list[Post], per_source: int, per_issue: int
) -> None:
    selection = choose(*posts, per_source=per_source, per_issue=per_issue)
    seen = [p.id for p in selection.chosen] + [r.post.id for r in selection.refused]
    assert sorted(seen) == sorted(p.id for p in posts)
    backwards = choose(*reversed(posts), per_source=per_source, per_issue=per_issue)
    assert {p.id for p in selection.chosen} == {p.id for p in backwards.chosen}
