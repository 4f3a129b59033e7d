"""The gate that every title and summary passes: what it repairs, drops, holds and leaves alone."""

import html
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.posts.hygiene import (
    CUT_TITLE,
    NO_TITLE,
    NOT_A_TITLE,
    believed_minutes,
    complete,
    examine,
)
from digest.posts.post import Examined, FetchedPost, Fitness

TITLE = "Cold reads after a cache flush"
CUT = "Postgres at the edge: what we learned from moving nine replicas to another contine…"
WHOLE = "Postgres at the edge: what we learned from moving nine replicas to another continent"
FIFTY = " ".join(["word"] * 39) + " finish. " + " ".join(["more"] * 10)


def page(*, title: str = WHOLE, summary: str | None = None) -> FetchedPost:
    return FetchedPost(url="https://blog.example/post", title=title, summary=summary)


@pytest.mark.parametrize(
    ("raw", "title", "rule"),
    [
        ("⪜ Cloud without regret", "Cloud without regret", "symbols"),
        ("🚀 🎉 We shipped", "We shipped", "symbols"),
        ("- How to run a review", "How to run a review", "list mark"),
        ("• How to run a review", "How to run a review", "list mark"),
        ("Microservices , and what", "Microservices, and what", "comma"),
        ("R&amp;amp;D at scale", "R&D at scale", "entities"),
        ("<b>Bold</b> moves", "Bold moves", "markup"),
        ("**Bold** moves", "Bold moves", "markup"),
        ("# Bold moves", "Bold moves", "markup"),
        ("Soft\u00adware \ue001 rot", "Software rot", "characters"),
        ("Sure! Here's a title: Caches lie", "Caches lie", "preamble"),
    ],
)
def test_a_title_loses_what_is_no_word_of_it(raw: str, title: str, rule: str) -> None:
    assert examine(title=raw, summary=None) == Examined(
        title=title, summary=None, fitness=Fitness.REPAIRED, rules=(rule,)
    )


@pytest.mark.parametrize(
    "title",
    [
        "⌘K is everywhere",
        "∞ is not a number",
        "+1 for boring code",
        "<3 Rust",
        "What do <i> and <b> mean?",
        "List<String> considered harmful",
        "Do you know __init__ and **kwargs?",
        "AT&T, 2 ** 8 ** 2 and -1",
        "C# in 2026",
        "Two -- no, three -- ways to shard",
        "There's no way it's DNS...",
        "Wait…",
        "Skip lists, explained",
        "Search",
        "🎉",
    ],
)
def test_an_unusual_title_stays(title: str) -> None:
    assert examine(title=title, summary=None).title == title
    assert examine(title=title, summary=None).held is None


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("", NO_TITLE),
        (" \u200b ", NO_TITLE),
        ("I'm sorry, but I can't help with that.", NOT_A_TITLE),
        ("As an AI language model, I cannot write a title", NOT_A_TITLE),
        ("Write a 50-word summary of the following article:", NOT_A_TITLE),
        ("{{ post.title }}", NOT_A_TITLE),
        ("Skip to content", NOT_A_TITLE),
        ("Weiterlesen »", NOT_A_TITLE),
        (CUT, CUT_TITLE),
        ("Why we moved all our services to the...", CUT_TITLE),
    ],
)
def test_what_cannot_be_a_title_is_held(title: str, reason: str) -> None:
    examined = examine(title=title, summary="A whole sentence.")
    assert (examined.fitness, examined.held) == (Fitness.HELD, reason)
    assert examined.wants_page == (reason == CUT_TITLE)


def test_the_beginning_of_a_text_that_has_no_title_is_no_cut_title() -> None:
    text = "Today the trains stood still in the whole city, and nobody knew why until ten o'clock."
    examined = examine(title=text[:70].rpartition(" ")[0] + "…", summary=text)
    assert examined.fitness is Fitness.CLEAN


@pytest.mark.parametrize(
    ("text", "left", "rule"),
    [
        ("Reads doubled. Then we looked at the… Read more", "Reads doubled.", "cut"),
        ("Reads doubled. Then we looked at the [...]", "Reads doubled.", "cut"),
        ("Reads doubled. Then we looked at the", "Reads doubled.", "cut"),
        (FIFTY, FIFTY.partition(". ")[0] + ".", "cut"),
        ('Reads doubled. "Never again. And then the', "Reads doubled.", "cut"),
        ('"Never again, and then the… Read more', None, "cut"),
        ("Reads doubled. Read more", "Reads doubled.", "read more"),
        ("Reads doubled. Weiterlesen »", "Reads doubled.", "read more"),
        ("読み取りが倍になった。続きを読む", "読み取りが倍になった。", "read more"),
        ("La latence a doublé. Lire la suite →", "La latence a doublé.", "read more"),
        ("Reads doubled. [read more]", "Reads doubled.", "read more"),
        (
            "Reads doubled. The post Cold reads appeared first on Blog.",
            "Reads doubled.",
            "read more",
        ),
        ("Reads doubled. Permalink | Leave a comment »", "Reads doubled.", "read more"),
        ("5 min read Reads doubled.", "Reads doubled.", "controls"),
        ("Controls: ← → to move, ↑ to rotate, ↓ to drop.", None, "controls"),
        ("- Reads doubled.", "Reads doubled.", "list mark"),
        ("Reads &amp;gt; writes.", "Reads > writes.", "entities"),
        ("<p>Reads doubled.</p>", "Reads doubled.", "markup"),
        ("{{ page.excerpt }}", None, "template"),
        ("undefined", None, "template"),
        ("[Insert summary here]", None, "template"),
        ("Cold Reads after a cache flush!", None, "repeats title"),
    ],
)
def test_a_summary_is_repaired_and_the_rule_is_named(
    text: str, left: str | None, rule: str
) -> None:
    examined = examine(title=TITLE, summary=text)
    assert (examined.summary, examined.fitness) == (left, Fitness.REPAIRED)
    assert rule in examined.rules


@pytest.mark.parametrize(
    "text",
    [
        "People should read more.",
        "We sell books and many more.",
        "Speed matters, and so does 5 min read time.",
        "A guide to caching",
        "Fast. Cheap. Pick two",
        "We wrote it in Go -- then in Rust -- and kept both.",
        "In Jinja2 you write {{ name }} and it is filled in.",
        "Use --- to divide two slides.",
        "Well, that was fun...",
        "Alles neu: Version 2.0 (mit z. B. schnelleren Abfragen) ist da",
        "He said “no” (twice).",
        "新しいストレージエンジンについて書きました。",
        "قرأنا كثيرا عن قواعد البيانات.",
    ],
)
def test_a_sound_summary_is_left_alone(text: str) -> None:
    assert examine(title=TITLE, summary=text) == Examined(
        title=TITLE, summary=text, fitness=Fitness.CLEAN
    )


def test_the_page_is_wanted_where_little_is_left_and_not_where_enough_is() -> None:
    little = "Reads doubled. Then we looked at the… Read more"
    assert examine(title=TITLE, summary=little).wants_page
    enough = "We flushed the cache on a Monday, and for nine minutes all reads went to disk. " * 3
    assert not examine(title=TITLE, summary=f"{enough}Then we looked at the…").wants_page
    assert not examine(title=TITLE, summary=None).wants_page


def test_the_page_gives_the_whole_title_and_the_post_is_no_longer_held() -> None:
    done = complete(examine(title=CUT, summary="A whole sentence."), page=page(summary="Another."))
    assert done == Examined(title=WHOLE, summary="A whole sentence.", fitness=Fitness.REPLACED)


def test_a_garbled_last_word_does_not_hide_the_whole_title() -> None:
    garbled = CUT.replace("contine…", "contain…")
    assert complete(examine(title=garbled, summary=None), page=page()).title == WHOLE


@pytest.mark.parametrize("title", ["Another post", CUT, "I'm sorry, but I can't help with that."])
def test_a_page_with_another_title_helps_nothing_and_the_post_stays_held(title: str) -> None:
    done = complete(examine(title=CUT, summary=None), page=page(title=title))
    assert (done.title, done.held, done.fitness) == (CUT, CUT_TITLE, Fitness.HELD)
    assert not done.wants_page


def test_the_page_gives_a_summary_that_is_examined_itself() -> None:
    examined = examine(title=TITLE, summary="I'm sorry, but I can't access the article.")
    assert (examined.summary, examined.wants_page) == (None, True)
    story = "We flushed the cache on a Monday. Read more"
    done = complete(examined, page=page(title=TITLE, summary=story))
    assert (done.summary, done.fitness) == ("We flushed the cache on a Monday.", Fitness.REPLACED)
    refused = complete(examined, page=page(title=TITLE, summary="I can't help with that."))
    assert (refused.summary, refused.fitness) == (None, Fitness.REPAIRED)


def test_a_post_that_wants_no_page_takes_nothing_from_it() -> None:
    examined = examine(title=TITLE, summary="A whole sentence.")
    assert complete(examined, page=page(summary="A much longer sentence.")) == examined


@pytest.mark.parametrize(
    ("stated", "believed"),
    [
        ([1] * 20, False),
        ([5] * 12, False),
        ([1] * 19 + [2], False),
        ([12, 11, 11, 8, 7, 8, 9, 12, 8, None], True),
        ([2, 12, 3, 3, 6], True),
        ([1, 1, 2, 1, 2, 1], True),
        ([7], True),
        ([1], False),
        ([1, 1, 1], False),
        ([], False),
        ([None, None], False),
        ([0, 3, 5], False),
        ([3, 9_000], False),
    ],
)
def test_reading_times_are_believed_when_they_vary(
    stated: list[int | None], *, believed: bool
) -> None:
    assert believed_minutes(stated) is believed


PIECES = st.sampled_from(
    [
        "Sure!", "Here's the article:", "---", "I have been writing Go for years.", "Read more",
        "…", "...", "“", "”", '"', "(", "- ", "** x **", "<b>", "</b>", "&amp;lt;", "{{ x }}",
        "As an AI language model, I cannot browse the web.", "no end", "and", "⪜", " ,", "\u200b",
        "Would you like me to shorten it?", "。", "続きを読む", "5 min read", "Permalink", "[INST]",
        "The post X appeared first on Y.", "z. B.", "„", "«", "»", "# ", "undefined", "Ok", ":",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=14).map(" ".join))


@given(title=TEXTS, summary=st.one_of(st.none(), TEXTS))
def test_examining_the_result_again_changes_nothing(title: str, summary: str | None) -> None:
    once = examine(title=title, summary=summary)
    twice = examine(title=once.title, summary=once.summary)
    assert (twice.title, twice.summary, twice.held) == (once.title, once.summary, once.held)


def words(text: str | None) -> list[str]:
    decoded = text or ""
    while (more := html.unescape(decoded)) != decoded:
        decoded = more
    return re.findall(r"\w", decoded)


@given(title=TEXTS, summary=TEXTS)
def test_nothing_is_invented(title: str, summary: str) -> None:
    examined = examine(title=title, summary=summary)
    for before, after in ((title, examined.title), (summary, examined.summary)):
        source = iter(words(before))
        assert all(letter in source for letter in words(after))  # in the same order


@pytest.mark.parametrize(
    "piece",
    [
        "Here is the article: ", "Sure! ", "a", ".", "… ", '"', "(", "&amp;amp;", "- ", "**a",
        "<b>", "{{",
        "I have enough ", "--- ", "the post ", "[Insert ", "Read more ", "z. B. ", "⪜ ", "1. ",
        "search results were ", "based on my ", "complete, thorough, ",
    ],
)  # fmt: skip
def test_a_megabyte_of_anything_is_examined_at_once(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    started = time.perf_counter()
    examined = examine(title=text[:4_000], summary=text)
    assert time.perf_counter() - started < 5  # seconds; a runaway pattern takes minutes
    assert len(examined.summary or "") <= 5_000
