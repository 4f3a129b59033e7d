"""Hostile words in every place of a letter: it is built, stays small, and reads back as it was."""

from collections.abc import Sequence
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from functools import cache
from html import escape, unescape

import pytest
from press import HOSTILE, PUBLIC_URL, composer, issue, personaliser, post, reader

from digest.editions.issue import Issue, NewsletterSettings
from digest.mail.headers import clean
from digest.mail.quoted import encode
from digest.render.compose import Composer
from digest.render.composed import ComposedIssue
from digest.render.slots import markers, without_edges
from digest.render.theme import load_theme
from digest.render.titles import display_title

THEMES = ("weekly", "compact")
BUDGET = 90_000
_MANY = 24
_SHORT = tuple(word for word in HOSTILE if len(word) < 300)
_LONG = tuple(word for word in HOSTILE if len(word) >= 300)
_GROUPS = (*(_SHORT[at : at + _MANY] for at in range(0, len(_SHORT), _MANY)), _LONG)


@cache
def press(theme: str) -> Composer:
    return replace(composer(full_posts=1_000), theme=load_theme(theme))


def everywhere(words: Sequence[str]) -> Issue:
    """Put each word in every place that a blog, or the operator, fills."""
    posts = [
        post(number, title=word, summary=word, author=word, source=word, topic=word)
        for number, word in enumerate(words, start=2)
    ]
    name = next((word for word in words if clean(word) and len(word) < 300), "Digest")
    newsletter = NewsletterSettings(name=name, tagline=name)
    return issue([post(1, title="Lead"), *posts], newsletter=newsletter, introduction=name)


def filled(part: str, of: Issue, *, is_html: bool) -> str:
    """Write a part as the letter to `press.reader` should hold it."""
    values = {
        "EMAIL": "ada@example.org",
        "CONFIRMEDON": "3 May 2026",
        "UNSUBSCRIBEURL": f"{PUBLIC_URL}/u/1.AbCdEfGhIjKlMnOpQrStUv",
        "MANAGEURL": f"{PUBLIC_URL}/l/1.AbCdEfGhIjKlMnOpQrStUv",
        "PAUSEURL": f"{PUBLIC_URL}/p/1.AbCdEfGhIjKlMnOpQrStUv",
    }
    text = without_edges(part, seal=of.seal)
    for slot, marker in markers(seal=of.seal).items():
        text = text.replace(marker, escape(values[slot]) if is_html else values[slot])
    return text.removesuffix("\n") + "\n"


def read(message: bytes) -> EmailMessage:
    parsed = message_from_bytes(message, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


def contents(message: bytes) -> list[str]:
    """Return the text and the HTML of a letter."""
    parts = read(message).iter_parts()
    return [part.get_content().replace("\r\n", "\n") for part in parts]


def shown_name(message: bytes) -> str:
    """Read the name in To by RFC 2047 alone: the parser of some Pythons splits long ones."""
    head = message.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    said = message_from_bytes(head, policy=policy.compat32)["To"]
    name = str(make_header(decode_header(said.replace("\r\n", "")))).rpartition(" <")[0]
    is_quoted = name.startswith('"') and "=?" not in said
    return name[1:-1].replace('\\"', '"').replace("\\\\", "\\") if is_quoted else name


def test_b6_there_are_hundreds_of_hostile_words() -> None:
    assert len(set(HOSTILE)) >= 400


@pytest.mark.parametrize("group", range(len(_GROUPS)))
@pytest.mark.parametrize("theme", THEMES)
def test_b6_a_letter_full_of_hostile_words_reads_back_as_it_was(theme: str, group: int) -> None:
    words = _GROUPS[group]
    of = everywhere(words)
    composed = press(theme).compose(of, language="en")
    assert len(encode(composed.html)) <= BUDGET
    message = personaliser(composed, of=of).letter(reader(name=words[0]), key="k").message
    assert contents(message) == [
        filled(composed.text, of, is_html=False),
        filled(composed.html, of, is_html=True),
    ]
    assert_shown(words, composed)


def assert_shown(words: Sequence[str], composed: ComposedIssue) -> None:
    """Each word stands in both parts, but for controls, and for what long ones are cut to."""
    text, html = _packed(composed.text), _packed(unescape(composed.html))
    for word in words:
        whole, short = _packed(clean(word)), _packed(display_title(word).short.removesuffix("…"))
        assert whole in text
        assert short in html


def test_b6_a_hostile_name_of_a_reader_reads_back_as_it_was() -> None:
    of = issue()
    letters = personaliser(press("weekly").compose(of, language="en"), of=of)
    for word in HOSTILE:
        message = letters.letter(reader(name=word), key="k").message
        wanted = clean(word, most=400)
        assert shown_name(message) == wanted or not wanted
        assert (
            message.partition(b"\r\n\r\n")[0].count(b"\r\nTo: ") + message.startswith(b"To: ") == 1
        )


def _packed(text: str) -> str:
    return "".join(text.split())
