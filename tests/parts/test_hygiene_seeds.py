"""The hygiene gate on real blogs: five listings read by eye, and the entries of 137 feeds."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from digest.posts.excerpt import LENGTH, excerpt
from digest.posts.hygiene import CUT_TITLE, believed_minutes, examine
from digest.posts.post import Examined, FetchedPost, Fitness
from digest.sources.adapter import Page, UnreadableError
from digest.sources.guard import Parser

CHATTER = {"preamble", "refusal", "prompt", "offer"}
MORE = " … Read more"  # what the WordPress listing shows behind each excerpt
Seeds = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def seeds(shared_data: Path) -> Seeds:
    """Return the posts of each listing, by its number."""
    files = sorted((shared_data / "seeds").glob("*.json"))
    return {f.name[:3]: json.loads(f.read_text(encoding="utf-8"))["posts"] for f in files}


@pytest.fixture(scope="module")
def entries(shared_data: Path) -> list[FetchedPost]:
    """Return the posts of every feed that can be read."""
    found: list[FetchedPost] = []
    with Parser() as parser:
        for path in sorted((shared_data / "feeds").iterdir()):
            page = Page(url="https://feeds.example/feed.xml", content=path.read_bytes())
            try:
                found += parser.parse("feed", page).posts
            except UnreadableError:
                continue
    return found


def examined(posts: Sequence[dict[str, Any]], *, tail: str = "") -> list[Examined]:
    return [
        examine(title=post["title"] or "Untitled", summary=post["excerpt"] + tail) for post in posts
    ]


def test_all_eight_leaks_are_caught_and_the_text_behind_them_is_whole(seeds: Seeds) -> None:
    found = examined(seeds["001"])
    caught = [at for at, one in enumerate(found, 1) if CHATTER & {*one.rules}]
    assert caught == [1, 2, 3, 4, 6, 7, 8, 10]  # 5 and 9 begin with prose
    for post, one in zip(seeds["001"], found, strict=True):
        assert one.fitness is Fitness.REPAIRED
        assert one.summary is not None
        assert one.summary in post["excerpt"]
        assert one.summary.endswith(".")
        assert not {"expertise", "article"} & {*one.summary.split()}
    assert found[9].title.startswith("The Agentic Web Is Here")
    assert " Microservices, and What" in found[9].title


def test_an_open_quotation_is_cut_off(seeds: Seeds) -> None:
    assert (examined(seeds["001"])[4].summary or "").endswith("You know the feeling.")


def test_cut_excerpts_end_at_their_last_whole_sentence(seeds: Seeds) -> None:
    found = examined(seeds["003"], tail=MORE)
    for post, one in zip(seeds["003"], found, strict=True):
        assert one.summary is not None
        assert post["excerpt"].startswith(one.summary)
        assert one.summary.endswith(".")
        assert one.rules[-2:] == ("read more", "cut")
    assert [at for at, one in enumerate(found, 1) if one.held == CUT_TITLE] == [1, 2]
    assert found[4].title.startswith("Cloud Dependency")


def test_every_sound_excerpt_stays_as_it_is(seeds: Seeds) -> None:
    sound = {
        (post["title"] or "Untitled", post["excerpt"])
        for name in ("000", "002", "004")
        for post in seeds[name]
    }
    assert len({text for _, text in sound}) == 89
    touched = [text for title, text in sound if examine(title=title, summary=text).rules]
    assert touched == []


def test_no_excerpt_of_the_mail_is_cut_or_chatter(seeds: Seeds) -> None:
    for posts in seeds.values():
        for one in examined(posts):
            shaped = excerpt(one.summary, title=one.title)
            assert shaped is not None
            assert len(shaped) <= LENGTH
            assert shaped[-1] in ".?!)…"


def test_reading_times_that_are_all_one_minute_are_not_believed(seeds: Seeds) -> None:
    stated = {name: [post["reading_minutes"] for post in posts] for name, posts in seeds.items()}
    assert {name for name, minutes in stated.items() if believed_minutes(minutes)} == {"001", "002"}


def test_feeds_written_by_people_hold_no_chatter_and_repairs_only_take_away(
    entries: list[FetchedPost],
) -> None:
    assert len(entries) > 4_000
    found = [examine(title=post.title, summary=post.summary) for post in entries]
    rules = Counter(rule for one in found for rule in one.rules)
    assert not CHATTER & {*rules}
    assert rules["template"] == 1  # a feed whose template was never filled in
    assert len([one for one in found if one.held]) == 1
    for post, one in zip(entries, found, strict=True):
        assert len(one.summary or "") <= len(post.summary or "")
        assert len(one.title) <= len(post.title)
