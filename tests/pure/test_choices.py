"""Choices: each distinct content once, never fewer posts than asked for, and sums that add up."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from press import issue, post

from digest.editions.choices import Assortment, Choice, Kind, assort, spoken
from digest.editions.issue import Issue
from digest.editions.narrowed import narrowed, topics_of

ISSUE = issue(
    [
        post(1, title="Cold reads", topic="Storage", minutes=9, summary="Half of them."),
        post(2, title="Snapshots", topic="Storage"),
        post(3, title="Pages", topic="Operations", minutes=2, summary="Most are noise."),
        post(4, title="Runbooks", topic="Operations", minutes=5, summary="They run."),
        post(5, title="QUIC", topic="Networking"),
        post(6, title="Nobody's"),
    ]
)
LANGUAGES = ("en", "de")
SLUGS = ("networking", "operations", "storage", "travel")


def assorted(readers: dict[Choice, int], *, most: int = 100, of: Issue = ISSUE) -> Assortment:
    return assort(of, readers, languages=LANGUAGES, default="en", most=most)


def titles(of: Issue | None) -> list[str]:
    return [post.title for post in of.posts] if of else []


@pytest.mark.parametrize(
    ("topics", "expected"),
    [
        (None, ["Cold reads", "Snapshots", "Pages", "Runbooks", "QUIC", "Nobody's"]),
        ({"storage"}, ["Cold reads", "Snapshots"]),
        ({"operations", "networking"}, ["Runbooks", "Pages", "QUIC"]),  # its own longest leads
        ({"networking", "travel"}, ["QUIC"]),
        ({"travel"}, []),
    ],
)
def test_an_issue_is_narrowed_to_the_chosen_topics(
    topics: set[str] | None, expected: list[str]
) -> None:
    part = narrowed(ISSUE, topics=topics)
    assert titles(part) == expected
    assert part is None or bool(part.surplus) == (topics is None)


def test_choices_with_the_same_content_are_rendered_once() -> None:
    readers = {
        Choice("en"): 5,
        Choice("en", "networking,travel"): 3,
        Choice("en", "networking", "text"): 2,
        Choice("en-GB", "networking"): 1,
        Choice("fr", "networking,sailing"): 1,
    }
    found = assorted(readers)
    assert found.kinds == (Kind("en", None), Kind("de", None), Kind("en", ("networking",)))
    assert {found.kind_for(choice) for choice in readers} == {found.kinds[0], found.kinds[2]}


def test_a_reader_whose_topics_have_no_post_is_counted_and_gets_none() -> None:
    readers = {Choice("de", "travel"): 4, Choice("de", "storage"): 1}
    found = assorted(readers)
    assert (found.kind_for(Choice("de", "travel")), found.unserved) == (None, 4)


def test_topics_that_cover_the_issue_are_the_whole_issue() -> None:
    covered = issue([one for one in ISSUE.posts if one.topic], surplus=())
    choice = Choice("en", "networking,operations,storage")
    assert assorted({choice: 1}, of=covered).kind_for(choice) == Kind("en", None)
    assert assorted({choice: 1}).kind_for(choice) != Kind("en", None)  # without "Nobody's"


def test_what_is_too_rare_is_folded_into_the_nearest_that_holds_all_of_it() -> None:
    readers = {
        Choice("en", "operations,storage"): 50,
        Choice("en", "storage"): 2,
        Choice("en", "networking"): 1,
        Choice("de", "storage"): 1,
    }
    found = assorted(readers, most=3)
    wide = Kind("en", ("operations", "storage"))
    assert found.kinds == (Kind("en", None), Kind("de", None), wide)
    assert found.kind_for(Choice("en", "storage")) == wide
    assert found.kind_for(Choice("en", "networking")) == Kind("en", None)
    assert found.kind_for(Choice("de", "storage")) == Kind("de", None)
    assert found.folded == 4


choices = st.builds(
    Choice,
    st.sampled_from(["en", "de", "de-AT", "fr"]),
    st.sets(st.sampled_from(SLUGS)).map(lambda topics: ",".join(sorted(topics))),
    st.sampled_from(["html", "text"]),
)


@settings(deadline=None)
@given(readers=st.dictionaries(choices, st.integers(1, 9)), most=st.integers(1, 12))
def test_nobody_gets_fewer_posts_than_asked_for_and_all_are_counted(
    readers: dict[Choice, int], most: int
) -> None:
    found = assorted(readers, most=most)
    assert len(found.kinds) <= max(most, len(LANGUAGES))
    fates: Counter[str] = Counter()
    for choice, count in readers.items():
        asked = narrowed(ISSUE, topics=choice.topics.split(",") if choice.topics else None)
        kind = found.kind_for(choice)
        got = narrowed(ISSUE, topics=kind.topics) if kind else None
        assert set(titles(asked)) <= set(titles(got))
        assert (got is None) == (asked is None)
        exact = titles(asked) == titles(got)
        fates["unserved" if got is None else "exact" if exact else "folded"] += count
    assert (fates["unserved"], fates["folded"]) == (found.unserved, found.folded)


def test_a_reader_is_written_to_in_their_language_or_a_wider_form_of_it() -> None:
    said = [spoken(tag, languages=LANGUAGES, default="en") for tag in ("de_CH", "DE", "fr", "")]
    assert said == ["de", "de", "en", "en"]
    assert spoken("fr", languages=("de",), default="en") == "de"


def test_topics_of_an_issue_are_slugs() -> None:
    assert topics_of(issue([post(1, topic="AI architecture")])) == ("ai-architecture",)
