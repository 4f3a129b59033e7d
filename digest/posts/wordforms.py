"""The words of a text in the form in which texts are compared; never shown to anybody."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+[+#]*")
_ENDING = re.compile(r"['\u2019](?:s|t|re|ve|ll|d|m)\b")
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")  # Thai, Kana, Han
_SHORTEST_TO_FOLD = 4  # letters; "aws" and "bus" are no plurals

# One spelling for both sides of the Atlantic. Folding too much does no harm to a key that both
# texts go through ("enterprize"), so the rules need no list of exceptions.
_SPELLINGS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?<=\w\w\w)is(e[drs]?|ers|ing|ations?)$", r"iz\1"),
        (r"(?<=\w\w)ys(e[drs]?|ers|ing)$", r"yz\1"),
        (r"(?<=\w\w\w)our(s|ed|ing|al|ite|ites)?$", r"or\1"),
        (r"^(cent|fib|met|theat|calib)re(s?)$", r"\1er\2"),
        (r"^(def|off|lic|pret)enc(e|es|ed)$", r"\1ens\2"),
        (r"(?<=\w\w)logue(s?)$", r"log\1"),
        (r"(?<=\w\w\w)ll(ed|ing|ers?)$", r"l\1"),
        (r"^programme(s?)$", r"program\1"),
        (r"^artefact(s?)$", r"artifact\1"),
        (r"^grey(s?)$", r"gray\1"),
    )
)
# Whether any of them may apply: most words are done with after one look.
_BRITISH = re.compile(
    r"is(?:e|in|at)|ys(?:e|in)|our|re|enc|logue|ll(?:e|i)|programme|artefact|grey"
)


def words(text: str) -> Iterator[str]:
    """Yield the words, folded; a compound gives its parts ("multi-region": multi, region).

    Writing without spaces between words (Chinese, Japanese, Thai) gives its pairs of characters.
    """
    if text.isascii():
        yield from map(folded, _WORD.findall(_ENDING.sub("", text.lower())))
        return
    plain = _ENDING.sub("", unicodedata.normalize("NFKC", text).casefold())
    for word in _WORD.findall(plain):
        if _UNSPACED.search(word):
            yield from (word[i : i + 2] for i in range(max(1, len(word) - 1)))
        else:
            yield folded(word)


@lru_cache(maxsize=65_536)
def folded(word: str) -> str:
    """Return the key of a lower-case word: one spelling, no plural ending."""
    if len(word) < _SHORTEST_TO_FOLD or not word.isascii():
        return word
    if _BRITISH.search(word):
        for pattern, replacement in _SPELLINGS:
            word = pattern.sub(replacement, word)
    return _singular(word)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > _SHORTEST_TO_FOLD:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "ops")):
        return word[:-1]
    return word
