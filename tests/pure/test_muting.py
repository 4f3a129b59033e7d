"""Muted words: which titles they keep out, and what can be muted at all."""

import pytest

from digest.posts.muting import LONGEST_WORD, Muted, is_word


@pytest.mark.parametrize(
    ("word", "title", "is_muted"),
    [
        ("hiring", "We are HIRING!", True),
        ("hiring", "Rehiring an old friend", False),
        ("series a", "Our “Series-A” is closed", True),
        ("series a", "A series of faults", False),
        ("Größe", "Auf die grösse kommt es an: GRÖSSE", True),
        ("C++", "What C++ got right", True),
        ("webinar", "", False),
    ],
)
def test_a_word_stands_for_itself_whatever_its_case_and_its_neighbours(
    word: str, title: str, *, is_muted: bool
) -> None:
    found = Muted(everywhere=(word,)).word_in(title, source_id=1)
    assert found == (word if is_muted else None)


def test_a_word_of_one_source_leaves_the_others_alone() -> None:
    muted = Muted(everywhere=("webinar",), by_source={7: ("release", "webinar")})
    assert muted.word_in("Release notes", source_id=7) == "release"
    assert muted.word_in("Release notes", source_id=8) is None
    assert muted.word_in("A webinar on release notes", source_id=7) == "webinar"
    assert Muted().word_in("anything", source_id=7) is None


def test_what_holds_no_letter_cannot_be_muted() -> None:
    assert is_word("C++")
    assert not any(map(is_word, ("", " ", "++", "!", "x" * (LONGEST_WORD + 1), "ﷺ" * LONGEST_WORD)))
