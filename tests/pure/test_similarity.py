"""Which posts are told to be about the same thing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.posts.similarity import SAME_TOPIC, Corpus, Text, earlier, groups
from digest.posts.wordforms import folded, words

LIMITS = (
    "Rate Limiting at the Edge",
    "Token buckets and sliding windows for limiting requests to a public API.",
    ("rate-limiting", "api"),
)
LIMITS_AGAIN = (
    "How We Do API Rate Limits Now",
    "Two algorithms for limiting requests, and why token buckets won.",
    ("rate-limits", "apis"),
)
REGIONS = (
    "You Probably Don't Need Multi-Region",
    "Replicating data between regions costs latency that few products can pay for.",
    ("multi-region", "cloud"),
)
MESH = (
    "You Probably Don't Need a Service Mesh",
    "Sidecars encrypt and retry, at the price of another proxy in every pod.",
    ("service-mesh", "istio"),
)
SCHEMA = (
    "Schema Migrations Without Downtime",
    "Expand, backfill and contract a table in PostgreSQL while it takes writes.",
    ("postgresql",),
)
Words = tuple[str, str | None, tuple[str, ...]]


def texts(*posts: Words, source: int | None = None) -> list[Text]:
    """Make posts with numbers from 1, each of a source of its own unless one is named."""
    return [
        Text(id=i, title=title, summary=summary, tags=tags, source_id=source or i)
        for i, (title, summary, tags) in enumerate(posts, start=1)
    ]


def test_posts_on_one_topic_are_grouped_and_the_others_stand_alone() -> None:
    week = texts(MESH, LIMITS, REGIONS, SCHEMA, LIMITS_AGAIN)
    assert groups(week, corpus=Corpus(week)) == [(2, 5)]


def test_a_shared_formula_of_headlines_is_no_topic() -> None:
    mesh, regions, *_ = week = texts(MESH, REGIONS, SCHEMA, LIMITS)
    assert Corpus(week).similarity(mesh, regions) == 0.0


def test_equal_titles_alone_are_no_topic() -> None:
    bare = ("Community Update", None, ())
    week = texts(bare, bare, LIMITS, SCHEMA)
    assert groups(week, corpus=Corpus(week)) == []


def test_what_a_blog_writes_in_every_post_is_its_formula() -> None:
    slogan = "Quokka Cloud Weekly brings observability news from the Quokka team."
    about = ["billing exports", "tape archives", "login screens", "font rendering", "map tiles"]
    posts: list[Words] = [(f"On {thing}", f"{slogan} All on {thing}.", ()) for thing in about]
    ours, theirs = texts(*posts, source=9), texts(*posts)
    assert groups(ours, corpus=Corpus(ours)) == []
    assert Corpus(ours).similarity(*ours[:2]) < Corpus(theirs).similarity(*theirs[:2]) / 4


def test_a_chain_of_neighbours_is_not_one_topic() -> None:
    herds = [
        "alpaca bison camel dingo eland ferret",
        "gecko heron ibex jackal koala lemur",
        "marten newt ocelot panda quail raccoon",
        "stork tapir urial viper weasel xerus",
    ]
    week = texts(*((one, other, ()) for one, other in pairwise(herds)))
    corpus = Corpus(week)
    assert corpus.similarity(week[0], week[1]) >= SAME_TOPIC
    assert corpus.similarity(week[1], week[2]) >= SAME_TOPIC
    assert groups(week, corpus=corpus) == [(2, 3)]  # the nearer two


def test_spellings_of_tags_and_of_both_englishes_are_one() -> None:
    british = ("Optimising Defence Behaviour", "Catalogues of modelled licences.", ("golang",))
    american = ("Optimizing Defense Behavior", "Catalogs of modeled licenses.", ("go",))
    one, other = week = texts(british, american)
    assert Corpus(week).similarity(one, other) == pytest.approx(0.7)  # equal, but thin


def test_the_nearest_older_post_is_found_first() -> None:
    new, *old = everything = texts(LIMITS, SCHEMA, MESH, LIMITS_AGAIN, REGIONS, LIMITS)
    corpus = Corpus(everything)
    assert earlier(new, among=old, corpus=corpus) == [6]
    assert earlier(new, among=old, corpus=corpus, most=5) == [6, 4]
    assert earlier(new, among=old[:3], corpus=corpus, most=5) == [4]
    assert earlier(new, among=[], corpus=corpus) == []
    assert earlier(new, among=everything, corpus=corpus, most=9) == [6, 4]  # itself never


def test_a_post_that_the_corpus_does_not_hold_is_compared_too() -> None:
    old = texts(LIMITS, SCHEMA, MESH, REGIONS)
    title, summary, tags = LIMITS_AGAIN
    new = Text(id=99, title=title, summary=summary, tags=tags, source_id=7)
    assert earlier(new, among=old, corpus=Corpus(old)) == [1]


def test_empty_posts_and_an_empty_corpus_are_like_nothing() -> None:
    empty, other = texts(("", None, ()), ("2026!", "The and of.", ("",)))
    assert Corpus([]).similarity(empty, other) == 0.0
    assert groups([empty, other], corpus=Corpus([empty, other])) == []


VOCABULARY = st.lists(
    st.sampled_from(["quokka", "bison", "cobra", "dingo", "egret", "gecko", "heron", "ibex"]),
    max_size=6,
)
POSTS = st.lists(
    st.builds(
        lambda title, summary, source: (" ".join(title), " ".join(summary), source),
        VOCABULARY,
        VOCABULARY,
        st.integers(min_value=1, max_value=3),
    ),
    min_size=1,
    max_size=12,
)


@given(POSTS, st.floats(min_value=0.05, max_value=0.9))
def test_the_index_finds_what_comparing_everything_finds(
    posts: list[tuple[str, str, int]], threshold: float
) -> None:
    everything = [
        Text(id=i, title=title, summary=summary, tags=(), source_id=source)
        for i, (title, summary, source) in enumerate(posts)
    ]
    corpus, new = Corpus(everything), everything[0]
    likeness = {text.id: corpus.similarity(new, text) for text in everything[1:]}
    assert all(0.0 <= value <= 1.0 + 1e-9 for value in likeness.values())
    wanted = {id_ for id_, value in likeness.items() if value >= threshold}
    assert set(corpus.near(new, threshold=threshold)) == wanted


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("databases", "database"),
        ("queries", "query"),
        ("boxes", "box"),
        ("batches", "batch"),
        ("class", "class"),
        ("status", "status"),
        ("analysis", "analysis"),
        ("devops", "devops"),
        ("aws", "aws"),
        ("defence", "defense"),
        ("centres", "center"),
        ("programmes", "program"),
        ("naïve", "naïve"),
    ],
)
def test_a_word_is_folded_into_its_key(written: str, key: str) -> None:
    assert folded(written) == key


def test_words_are_parted_as_their_script_parts_them() -> None:
    assert list(words("Multi-Region's C++ don't")) == ["multi", "region", "c++", "don"]
    assert list(words("分散合意 ABC")) == ["分散", "散合", "合意", "abc"]
