"""Which language a post is in: what its text shows, and where that is unsure what is stated."""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

from digest.posts.scripts import can_be_written, language_by_letters, script_of
from digest.posts.smallwords import ENDINGS, LETTERS, SMALL_WORDS

# What a text needs to be sure: so many small words' worth, also per different word, and so much
# more than the next language has. Evidence: of 4,239 posts of real feeds 4 % are left open, and two
# are wrong (notes in Korean that are nearly all English commands).
_EVIDENCE, _SHARE, _MARGIN = 1.6, 0.08, 1.3
_DIFFERENT = 2  # small words; "Pro" alone makes no Czech of an English headline
_BY_LETTER, _BY_ENDING = 0.6, 0.35  # what a word's letters and ending weigh against a small word
_LONG_WORD = 6  # letters; shorter ones end so by chance
_LENGTH = 1_000  # characters that are looked at

_NO_PROSE = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+|[#@]\w+|\w*[\w/]\.\w+\S*|`[^`]*`|\b[A-Z]{2,}\b"
)
_WORD = re.compile(r"\b[^\W\d_]+\b")

_SCRIPT_SUBTAG = 4  # characters of a script in a BCP 47 tag
_RIGHT_TO_LEFT = {"ar", "arc", "ckb", "dv", "fa", "he", "iw", "nqo", "ps", "sd", "syr", "ug", "ur"}
_RIGHT_TO_LEFT_SCRIPTS = {"arab", "hebr", "nkoo", "syrc", "thaa"}
_NEWER = {"iw": "he", "in": "id", "nb": "no", "nn": "no"}  # one code where there are several


def _index(table: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    """Turn words by language into languages by word."""
    found: dict[str, set[str]] = defaultdict(set)
    for language, words in table.items():
        for word in words.split():
            found[word].add(language)
    return {word: frozenset(languages) for word, languages in found.items()}


_BY_SMALL_WORD, _BY_SUFFIX = _index(SMALL_WORDS), _index(ENDINGS)


def detect(text: str) -> str | None:
    """Return the language of a plain text ("de"), or None when it does not show surely enough."""
    prose = _prose(text)
    script = script_of(prose)
    if script is None:
        return None
    return _latin(prose) if script == "latin" else language_by_letters(prose, script=script)


def language_of(*, title: str, summary: str | None, stated: Sequence[str | None]) -> str | None:
    """Return the language of a post as a BCP 47 tag.

    ``stated`` are the languages that the entry, its feed and its page name, the most trusted
    first. A text that is sure of itself beats them; an unsure one takes the first that can be
    written in its letters. A stated region stays ("en-GB" for an English text).
    """
    text = f"{title}\n{summary or ''}"
    hints = [hint.replace("_", "-") for hint in stated if hint]
    found = detect(text)
    if found:
        return next((hint for hint in hints if _primary(hint) == found), found)
    script = script_of(_prose(text))
    return next((hint for hint in hints if can_be_written(_primary(hint), script=script)), None)


def direction(language: str) -> Literal["ltr", "rtl"]:
    """Return in which direction a BCP 47 tag is written; a script in it decides ("ur-Latn")."""
    primary, *rest = language.lower().replace("_", "-").split("-")
    script = next((part for part in rest if len(part) == _SCRIPT_SUBTAG and part.isalpha()), None)
    right = script in _RIGHT_TO_LEFT_SCRIPTS if script else primary in _RIGHT_TO_LEFT
    return "rtl" if right else "ltr"


def _prose(text: str) -> str:
    """Return the small letters of what is language: no addresses, file names and acronyms."""
    return unicodedata.normalize("NFC", _NO_PROSE.sub(" ", text[:_LENGTH])).lower()


def _primary(tag: str) -> str:
    primary = tag.partition("-")[0].lower()
    return _NEWER.get(primary, primary)


def _latin(text: str) -> str | None:
    """Weigh small words, letters and endings; None when two languages are near each other."""
    words = set(_WORD.findall(text))
    scores: dict[str, float] = defaultdict(float)
    small: Counter[str] = Counter()
    for word in words:
        speaking = _BY_SMALL_WORD.get(word, frozenset())
        small.update(speaking)
        signs = ((1.0, speaking), (_BY_LETTER, _writing(word)), (_BY_ENDING, _ending_so(word)))
        for weight, languages in signs:
            for language in languages:
                scores[language] += weight * _telling(len(languages))
    (best, first), (_, second) = (*_ranked(scores), ("", 0.0), ("", 0.0))[:2]
    needed = max(_EVIDENCE, _SHARE * len(words), _MARGIN * second)
    return best if first >= needed and small[best] >= _DIFFERENT else None


def _ranked(scores: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def _telling(languages: int) -> float:
    """Return 1 for what one language has alone, 0 for what all have."""
    return 1 - math.log(languages) / math.log(len(SMALL_WORDS))


def _writing(word: str) -> frozenset[str]:
    """Return the languages that have all the special letters of a word; none when it has none."""
    if word.isascii():
        return frozenset()
    special = {letter for letter in word if not letter.isascii()}
    return frozenset(language for language, known in LETTERS.items() if special <= set(known))


def _ending_so(word: str) -> frozenset[str]:
    if len(word) < _LONG_WORD or word in _BY_SMALL_WORD:
        return frozenset()
    endings = (word[-length:] for length in range(2, _LONG_WORD))
    return frozenset().union(*(_BY_SUFFIX.get(ending, ()) for ending in endings))
