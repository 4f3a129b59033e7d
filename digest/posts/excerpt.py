"""The one or two sentences that stand under a title, and how long the post takes to read."""

import re

from digest.posts.identity import title_key

SENTENCES = 2
LENGTH = 240
WORDS_PER_MINUTE = 230

# Two capitals or one letter before the dot are initials and abbreviations, not sentence ends.
_SENTENCE_END = re.compile(r"(?<![A-Z]\.[A-Z])(?<!\b\w)[.!?…。]+[\"'”’)\]]*(?=\s|$)")  # noqa: RUF001
_TAIL = re.compile(
    r"\s*(\[?(…|\.\.\.)\]?\s*)?(continue reading|read more|read on|mehr lesen|weiterlesen|mehr)"
    r"\W{0,4}$|\s*\[(…|\.\.\.)\]$",
    re.IGNORECASE,
)


def excerpt(text: str | None, *, title: str) -> str | None:
    """Return at most two whole sentences and 240 characters; None when they say nothing.

    A text that is cut in mid-sentence ends at its last whole sentence; one without any is cut at
    a word and gets an ellipsis. A text that only repeats the title is left out.
    """
    if not text:
        return None
    text = _TAIL.sub("", " ".join(text.split())).replace(" -- ", " — ")
    ends = [m.end() for m in _SENTENCE_END.finditer(text) if m.end() <= LENGTH][:SENTENCES]
    if ends:
        shaped = text[: ends[-1]]
    elif len(text) <= LENGTH:
        shaped = text
    else:
        shaped = text[: LENGTH - 1].rsplit(" ", 1)[0].rstrip(",;:-– ") + "…"  # noqa: RUF001
    return None if title_key(shaped) in {"", title_key(title)} else shaped


def minutes(words: int | None) -> int | None:
    """Return the reading time in whole minutes, at least one; None when the length is unknown."""
    return max(1, round(words / WORDS_PER_MINUTE)) if words else None
