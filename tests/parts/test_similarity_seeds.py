"""Same-topic posts in the lists of real engineering blogs: what belongs together, what does not."""

import json
from itertools import combinations
from pathlib import Path

import pytest

from digest.posts.similarity import EARLIER, SAME_TOPIC, Corpus, Text, earlier, groups

# Posts by blog and place in its list. Repeats of one topic over the years:
REPEATS = {
    "API versioning": "002:25 002:37 002:57",
    "rate limiting": "002:22 002:47",
    "event sourcing": "002:27 002:52",
    "event-driven": "002:35 002:59",
    "serverless": "002:49 002:56 002:66",
    "zero trust": "002:29 002:53",
    "multi-region": "002:44 002:55",
    "technical debt": "002:28 002:54 002:67",
    "GraphQL": "002:34 002:60",
    "API gateways": "002:31 002:33",
    "the monolith": "002:43 002:68",
    "sharding": "002:50 002:62",
    "landing zones": "000:1 000:2",
    "workload identity": "000:10 000:15",
    "cloud dependency": "003:5 003:7",
    "FinOps, at two blogs": "001:2 002:39",
    "MCP, at two blogs": "001:4 002:8",
}
# Less surely one topic, so that more pairs count as true than have to be found:
RELATED = [
    "002:36 002:49 002:56 002:66",
    "002:7 002:10 002:16",
    "002:43 002:51 002:68",
    "002:30 002:65",
    "000:19 000:20",
]
FORMULAS = {
    "... Patterns That Actually Work": "002:16 002:17 002:31 002:56",
    "You Probably Don't Need ...": "002:24 002:44 002:50",
    "FAQ: Everything ... Getting Wrong": "001:2 001:3 001:4 001:8",
    "... Should ... Standardize": "001:6 001:7 001:9",
}
Posts = dict[str, Text]


@pytest.fixture(scope="module")
def posts(shared_data: Path) -> Posts:
    """Give every post by blog and place, as "002:25"."""
    found: Posts = {}
    for source, seed in enumerate(("000", "001", "002", "003")):
        path = next((shared_data / "seeds").glob(f"{seed}_*.json"))
        for post in json.loads(path.read_text(encoding="utf-8"))["posts"]:
            found[f"{seed}:{post['position']}"] = Text(
                id=len(found),
                title=post["title"],
                summary=post["excerpt"],
                tags=tuple(post["tags"]),
                source_id=source,
            )
    return found


@pytest.fixture(scope="module")
def corpus(posts: Posts) -> Corpus:
    """Give what all these posts tell about words."""
    return Corpus(posts.values())


def pairs(places: str) -> set[frozenset[str]]:
    return set(map(frozenset, combinations(places.split(), 2)))


@pytest.mark.parametrize("topic", REPEATS)
def test_repeats_of_a_topic_are_like_each_other(topic: str, posts: Posts, corpus: Corpus) -> None:
    for pair in pairs(REPEATS[topic]):
        one, other = (posts[place] for place in sorted(pair))
        assert corpus.similarity(one, other) >= SAME_TOPIC


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_shared_headline_formula_is_no_topic(formula: str, posts: Posts, corpus: Corpus) -> None:
    for pair in pairs(FORMULAS[formula]):
        one, other = (posts[place] for place in sorted(pair))
        assert corpus.similarity(one, other) < min(SAME_TOPIC, EARLIER) / 1.5


def test_the_most_similar_pairs_of_one_blog_are_all_true_repeats(
    posts: Posts, corpus: Corpus
) -> None:
    true = set[frozenset[str]]().union(*map(pairs, [*REPEATS.values(), *RELATED]))
    hub = {place: text for place, text in posts.items() if place.startswith("002:")}
    ranked = sorted(
        combinations(hub, 2), key=lambda pair: -corpus.similarity(hub[pair[0]], hub[pair[1]])
    )
    assert [pair for pair in ranked[:20] if frozenset(pair) not in true] == []


def test_posts_with_all_tags_in_common_are_true_repeats(posts: Posts, corpus: Corpus) -> None:
    hub = [text for place, text in posts.items() if place.startswith("002:")]
    same = [(a, b) for a, b in combinations(hub, 2) if set(a.tags) == set(b.tags)]
    assert len(same) == 9
    assert min(corpus.similarity(a, b) for a, b in same) >= EARLIER


def test_the_groups_are_the_topics(posts: Posts, corpus: Corpus) -> None:
    place_of = {text.id: place for place, text in posts.items()}
    found = {
        " ".join(place_of[id_] for id_ in group)
        for group in groups(list(posts.values()), corpus=corpus)
    }
    assert found == {*REPEATS.values(), "002:30 002:65"}


def test_the_week_of_one_blog_is_grouped_without_any_other_post(posts: Posts) -> None:
    week = [text for place, text in posts.items() if place.startswith("003:")]
    assert groups(week, corpus=Corpus(week)) == [(posts["003:5"].id, posts["003:7"].id)]


@pytest.mark.parametrize(
    ("new", "old"), [("002:22", "002:47"), ("002:29", "002:53"), ("002:27", "002:52")]
)
def test_the_earlier_post_on_a_topic_is_found(
    new: str, old: str, posts: Posts, corpus: Corpus
) -> None:
    older = [text for place, text in posts.items() if place.startswith("002:") and place > new]
    assert earlier(posts[new], among=older, corpus=corpus) == [posts[old].id]
