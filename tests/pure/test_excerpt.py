"""The sentences under a title."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.posts.excerpt import excerpt, minutes


@pytest.mark.parametrize(
    ("text", "shaped"),
    [
        ("One. Two. Three.", "One. Two."),
        ("Only this", "Only this"),
        ("Fast -- and wrong.", "Fast \u2014 and wrong."),
        ("A whole sentence. Then it is cut in mid", "A whole sentence."),
        ("Latency doubles. … Read more", "Latency doubles."),
        ("Latency doubles for nine minutes, then [...]", "Latency doubles for nine minutes, then"),
        (
            "Version 2.1 of the U.S. guide is out. Read it.",
            "Version 2.1 of the U.S. guide is out. Read it.",
        ),
        (
            "Das gilt z. B. für Dr. Ada am 3. Mai. Und sonst? Nie.",
            "Das gilt z. B. für Dr. Ada am 3. Mai. Und sonst?",
        ),
        (
            "Use it, e.g. in v1.2 of the tool. It works. Done.",
            "Use it, e.g. in v1.2 of the tool. It works.",
        ),
        (
            "読み取りが倍になった。原因はキャッシュ。次回に続く。",
            "読み取りが倍になった。原因はキャッシュ。",
        ),
        ("It is slow. “We knew. Nobody asked.” We fixed it.", "It is slow."),
        ("“We knew. Nobody asked", "We knew."),
        ("It grew. llm-d took over. Then it fell", "It grew. llm-d took over."),
        ("", None),
        (None, None),
        ("Cold Reads!", None),  # only the title again
    ],
)
def test_a_summary_is_whole_sentences_and_says_more_than_the_title(
    text: str | None, shaped: str | None
) -> None:
    assert excerpt(text, title="Cold reads") == shaped


def test_a_long_text_without_a_sentence_end_is_cut_at_a_word() -> None:
    shaped = excerpt("word " * 100, title="x")
    assert shaped is not None
    assert shaped.endswith("word…")
    assert len(shaped) <= 240


@given(st.text(max_size=600))
def test_no_text_breaks_it_or_gets_longer_than_promised(text: str) -> None:
    shaped = excerpt(text, title="x")
    assert shaped is None or 0 < len(shaped) <= 240


def test_minutes_are_known_or_not() -> None:
    assert minutes(None) is None
    assert minutes(0) is None
    assert minutes(10) == 1
    assert minutes(2300) == 10


def test_minutes_follow_the_pace_of_the_language() -> None:
    assert minutes(1800, language="de") == 10
    assert minutes(1800, language="de-AT") == 10
    assert minutes(2300, language="xx") == minutes(2300, language=None) == 10
    assert minutes(1500, language="zh") == 10  # 3,000 characters
