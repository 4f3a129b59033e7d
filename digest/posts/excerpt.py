"""The one or two sentences that stand under a title, and how long the post takes to read; pure."""

from collections.abc import Mapping
from types import MappingProxyType

from digest.posts import sentences, tails
from digest.posts.identity import title_key

SENTENCES = 2
LENGTH = 240  # characters

WORDS_PER_MINUTE = 230
# Ratios to English as measured with the same ten texts in 17 languages (Trauzettel-Klosinski and
# Dietz 2012, doi:10.1167/iovs.11-8284). In Chinese, Japanese and Korean a pair of characters is
# counted as a word, and so the figures are half of the characters.
_WORDS_PER_MINUTE: Mapping[str, int] = MappingProxyType(
    {
        "ar": 140, "de": 180, "es": 220, "fi": 160, "fr": 195, "he": 190, "it": 190, "ja": 180,
        "ko": 200, "nl": 200, "pl": 165, "pt": 180, "ru": 185, "sl": 180, "sv": 200, "tr": 165,
        "zh": 150,
    }
)  # fmt: skip


def excerpt(text: str | None, *, title: str) -> str | None:
    """Return at most two whole sentences and 240 characters; None when they say nothing.

    A text that is cut in mid-sentence ends at its last whole sentence; one without any is cut at
    a word and gets an ellipsis. No quotation or bracket stays open. A text that only repeats the
    title is left out.
    """
    if not text:
        return None
    text = tails.without_tail(" ".join(text[: 20 * LENGTH].split())).replace(" -- ", " — ")
    shaped = _shaped(tails.without_cut_mark(text))
    return None if title_key(shaped) in {"", title_key(title)} else shaped


def minutes(words: int | None, *, language: str | None = None) -> int | None:
    """Return the reading time in whole minutes, at least one; None when the length is unknown.

    ``words`` counts two characters of Chinese, Japanese or Korean as a word. ``language`` is a tag
    such as "de" or "pt-BR"; without it, or in one that was not measured, the pace is English.
    """
    if not words or words < 0:
        return None
    spoken = (language or "").partition("-")[0].lower()
    return max(1, round(words / _WORDS_PER_MINUTE.get(spoken, WORDS_PER_MINUTE)))


def _shaped(text: str) -> str:
    found = [end for end in sentences.ends(text[: LENGTH + 20]) if end <= LENGTH][:SENTENCES]
    whole = sentences.whole(text, found=found)
    if whole:
        return whole
    if len(text) <= LENGTH:
        return sentences.without_open_marks(text)
    start = text[: LENGTH - 1]
    start = start.rpartition(" ")[0] or start
    return sentences.without_open_marks(start).rstrip(",;:-– ") + "…"  # noqa: RUF001 - a dash
