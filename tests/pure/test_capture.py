"""What a source answered, as text that does nothing."""

import zlib

import pytest

from digest.http import Response
from digest.sources.capture import Answer, as_text, unfolded


def test_only_the_beginning_of_a_long_answer_is_kept() -> None:
    response = Response(
        status=200,
        url="https://a.example",
        headers={"content-type": "text/html"},
        content=b"abcdef",
    )
    kept = Answer.of(response, most=4)
    assert (unfolded(kept.content), kept.size, kept.media) == (b"abcd", 6, "text/html")
    nothing = Answer.of(response, most=0)
    assert (nothing.content, nothing.size, unfolded(nothing.content)) == (b"", 6, b"")


@pytest.mark.parametrize(
    ("body", "media", "text"),
    [
        (b"<p>one\r\ntwo\t3</p>", "text/html", "<p>one\ntwo\t3</p>"),
        ("Größe".encode("latin-1"), "text/html; charset=iso-8859-1", "Größe"),
        ("Größe".encode(), "text/html; charset=no-such", "Größe"),
        ("Größe".encode("latin-1"), "", "Gr��e"),
        (b"\x1b[2J\x07\0bell", "text/plain", "�[2J��bell"),
        ("\u202egnp.exe".encode(), "text/plain", "�gnp.exe"),
        (b"x", "text/html\r\nX: y; charset=utf-8", "x"),
        (b"\x85\x9b", "text/plain; charset=latin-1", "��"),
    ],
)
def test_an_answer_is_shown_without_what_a_terminal_or_a_page_would_obey(
    body: bytes, media: str, text: str
) -> None:
    assert as_text(body, media=media) == text


def test_a_cut_letter_at_the_end_does_no_harm() -> None:
    half = zlib.compress("Grö".encode()[:-1])
    assert as_text(unfolded(half), media="") == "Gr�"
