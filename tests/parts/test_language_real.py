"""The language of real posts: 137 feeds, and the lists of five engineering blogs."""

import json
from collections import Counter
from pathlib import Path

import pytest

from digest.posts.language import detect, language_of
from digest.posts.post import FetchedPost
from digest.sources.adapter import Page, UnreadableError
from digest.sources.guard import Parser
from digest.sources.settings import ParserSettings

# The languages that occur in feeds which are not in English alone, read by eye.
SPOKEN = {
    "10sr-hugo-ja.xml": "ja en",
    "1ambda-ghost-ko.xml": "ko",
    "1ambda-hugo-ko.xml": "ko en",
    "2i2c-hugo-huge.xml": "en es",
    "330k-wordpress-ja.xml": "ja",
    "330k-wordpress-ja-emptycomments.xml": "ja",
    "0cean-octopress-zh.atom": "zh",
    "5minlab-ko.xml": "ko",
    "80xer-ghost-ko.xml": "ko en",
    "ab180-eng-ko.xml": "ko en",
    "abotyim-ar-tags.xml": "ar",
    "abotyim-ar.xml": "ar",
    "aktuality-sk.xml": "sk",
    "alexdaciuk-ghost.xml": "es",
    "alswl-zh-atom.atom": "zh",
    "alswl-zh-rss.xml": "zh",
    "bellbind-hugo.xml": "en ja",
    "bytemag-fa-atom.atom": "fa",
    "bytemag-fa-rss.xml": "fa",
    "captainvincent-ghost-zh.xml": "zh",
    "ccqstark-hugo-zh-huge.xml": "zh",
    "cdecl-hugo-ko-huge.xml": "ko",
    "cyb10101-de.xml": "de",
    "dztech-ar.xml": "ar",
    "enc-none-iso8859-1.xml": "fr",
    "encoding-latin1.xml": "pt",
    "feed3960-json.json": "de",
    "innersource-de.xml": "de",
    "innersource-en.xml": "en fr",
    "innersource-ja.xml": "ja en fr",
    "mix3-rdfname-ja.xml": "ja",
    "pappacoda.atom": "it",
    "phpxml.xml": "nl",
    "pirogov-ghost-ru.xml": "ru uk",
    "r2e-bbc-chinese.atom": "zh",
    "rdf-utf8.rdf": "de",
    "uol-pt.xml": "pt",
    "urdu-rtl.xml": "ur",
}
MADE_FOR_TESTS = {"flashreads-unrendered.xml"}
Posts = list[tuple[str, FetchedPost]]


@pytest.fixture(scope="module")
def posts(shared_data: Path) -> Posts:
    """Read every feed as if its blog served it; name the file of each post."""
    found: Posts = []
    with Parser(ParserSettings(seconds=60.0)) as parser:  # a busy machine loses no feed
        for path in sorted((shared_data / "feeds").iterdir()):
            page = Page(url="https://feeds.example/blog/feed.xml", content=path.read_bytes())
            try:
                found += [(path.name, post) for post in parser.parse("feed", page).posts]
            except UnreadableError:
                continue
    return found


def test_no_post_is_taken_for_a_language_that_its_feed_does_not_speak(posts: Posts) -> None:
    assert len(posts) > 4_000
    wrong = []
    for name, post in posts:
        found = detect(f"{post.title}\n{post.summary or ''}")
        if found and found not in SPOKEN.get(name, "en").split():
            wrong.append((name, found, post.title))
    # Notes in Korean that are nearly all commands and names:
    assert {name for name, _, _ in wrong} <= {"cdecl-hugo-ko-huge.xml"}, wrong
    assert len(wrong) <= 2, wrong


def test_posts_of_a_feed_in_one_language_have_it_when_the_feed_says_so(posts: Posts) -> None:
    spoken = [
        (language, post)
        for name, post in posts
        if " " not in (language := SPOKEN.get(name, "en")) and name not in MADE_FOR_TESTS
    ]
    right = Counter(
        language_of(title=post.title, summary=post.summary, stated=[language]) == language
        for language, post in spoken
    )
    assert right[True] / right.total() > 0.999


def test_few_posts_are_left_open(posts: Posts) -> None:
    found = Counter(bool(detect(f"{post.title}\n{post.summary or ''}")) for _, post in posts)
    assert found[True] / found.total() > 0.94


def test_a_bare_headline_is_hardly_ever_taken_for_another_language(posts: Posts) -> None:
    wrong = [
        (name, found, post.title)
        for name, post in posts
        if (found := detect(post.title)) and found not in SPOKEN.get(name, "en").split()
    ]
    assert len(wrong) <= 2, wrong


@pytest.mark.parametrize("seed", ["000", "001", "002", "003", "004"])
def test_english_posts_stay_english_on_a_page_in_german(shared_data: Path, seed: str) -> None:
    path = next((shared_data / "seeds").glob(f"{seed}_*.json"))
    listed = json.loads(path.read_text(encoding="utf-8"))["posts"]
    languages = [
        language_of(title=post["title"] or "", summary=post["excerpt"], stated=["de"])
        for post in listed
    ]
    assert set(languages) == {"en"}
