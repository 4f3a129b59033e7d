"""Which posts are about the same thing: tf-idf over titles, texts and tags, without a model."""

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from digest.posts.smallwords import SMALL_WORDS
from digest.posts.topics import canonical_tag
from digest.posts.wordforms import folded, words

# Evidence: of 51 pairs of posts that a person calls one topic 25 reach SAME_TOPIC, most of the rest
# at different blogs; of 18 pairs that share only the formula of a headline none passes 0.19.
SAME_TOPIC = 0.28
EARLIER = 0.25  # of 60 posts of 137 real feeds 17 find an earlier one, two of them far-fetched
_SUMMARY_LENGTH = 400  # characters; what stands further down is no longer the topic
_ENOUGH = 10  # different terms; a bare title of fewer is never surely like another
_TITLE = 1.5  # what a word of the title counts, against one of the text
_ROUNDING = 1e-9
_DIGITS = 6  # beyond them two similarities are the same, whatever the order of the sum
_REPEATS = 2  # posts of one blog on one thing, before its words are taken for a formula

# Words of grammar, and of the formulas in which headlines and teasers are written: they tell what
# kind of article it is, never what it is about.
_GRAMMAR = (
    "a about above after again all also always am an and another any are around as ask at"
    " away back be became because become been before being below best better between big both"
    " but by came can cannot come could did do doe doesn done down during each either else"
    " even ever every few find first for found from full further gave get getting give go goe"
    " going gone good got had has hasn have haven having he her here hers him his how i if in"
    " into is isn it its itself just keep kept know last later least less let like ll long"
    " look lot made make making many may me might mine more most much must my never new next"
    " no nobody non none nor not nothing now of off often old on once one only onto or other"
    " our out over own per probably put quite rather re really s said same saw say see seem"
    " seen set shall she should since so some something soon stand still stop such sure t"
    " take taken tell than that the their them then there these they thing think this those"
    " three through thu till time to together told too took toward try two under until up"
    " upon us use used using usual ve very via vs want was wasn way we well went were weren"
    " what when where whether which while who whom whose why will with within without won"
    " would yet you your yourself"
)
_HEADLINES = (
    "actual actually beginner behind blog build building built case check complete"
    " comprehensive deep dive don edition episode essential everything explain explained faq"
    " fix guide happen happened honest inside intro introducing introduction introductory"
    " know learn learned learning learnt lesson matter mean need nobody note part pattern"
    " patterns pick playbook post practical practice problem production promise real reality"
    " right story survive survived tell tip truth tutorial ultimate understand understanding"
    " update week welcome wish work worked working works wrong year"
)
_TEASERS = "apparent article become critical manifest read result search today topic"
_TERMS = {"care", "mod", "pod", "proto"}  # grammar abroad, but here also names of things
_FORMULA = frozenset(
    folded(word)
    for text in (_GRAMMAR, _HEADLINES, _TEASERS, *SMALL_WORDS.values())
    for word in text.split()
    if word not in _TERMS
)


@dataclass(frozen=True, kw_only=True)
class Text:
    """What is compared of a post; ``summary`` is plain text."""

    id: int
    title: str
    summary: str | None
    tags: tuple[str, ...]
    source_id: int


_Vector = Mapping[str, float]


class Corpus:
    """The posts that tell which words are rare, which are a blog's formula, and who holds them."""

    def __init__(self, texts: Iterable[Text]) -> None:
        self._texts = {text.id: text for text in texts}
        self._counts = {id_: _counts(text) for id_, text in self._texts.items()}
        self._vectors: dict[int, _Vector] = {}
        self._holders: dict[str, list[int]] = defaultdict(list)
        self._of_source: Counter[tuple[int, str]] = Counter()
        self._sizes = Counter(text.source_id for text in self._texts.values())
        for id_, text in self._texts.items():
            source = text.source_id
            for term in self._counts[id_]:
                self._holders[term].append(id_)
                self._of_source[source, term] += 1

    def similarity(self, a: Text, b: Text) -> float:
        """Return 0.0 (nothing in common) to 1.0 (the same words)."""
        ours, theirs = sorted((self._vector(a), self._vector(b)), key=len)
        return sum(weight * theirs[term] for term, weight in ours.items() if term in theirs)

    def near(self, text: Text, *, threshold: float) -> dict[int, float]:
        """Return the other posts of the corpus that are at least so similar, by id.

        The index is asked for the heaviest words first, until posts that share only the rest
        cannot reach the threshold.
        """
        vector = self._vector(text)
        rest = sum(weight * weight for weight in vector.values())
        sharing: set[int] = set()
        for term in sorted(vector, key=lambda term: -vector[term]):
            if rest < threshold * threshold - _ROUNDING:
                break
            sharing.update(self._holders.get(term, ()))
            rest -= vector[term] ** 2
        sharing.discard(text.id)
        likeness = {id_: self.similarity(text, self._texts[id_]) for id_ in sharing}
        return {id_: value for id_, value in likeness.items() if value >= threshold}

    def _vector(self, text: Text) -> _Vector:
        """Return the text's terms with their weights, of length 1, or less for a thin text."""
        if text.id not in self._vectors:
            counts = self._counts[text.id] if text.id in self._counts else _counts(text)
            self._vectors[text.id] = self._weighed(counts, text.source_id)
        return self._vectors[text.id]

    def _weighed(self, counts: Mapping[str, float], source: int) -> _Vector:
        raw = {
            term: (1 + math.log(count)) * self._rarity(term) * self._unlike_formula(term, source)
            for term, count in counts.items()
        }
        length = math.hypot(*raw.values())
        sure = min(1.0, math.sqrt(len(raw) / _ENOUGH))
        return {term: sure * weight / length for term, weight in raw.items() if weight}

    def _rarity(self, term: str) -> float:
        holders = len(self._holders.get(term, ()))
        return 1 + math.log((1 + len(self._texts)) / (1 + holders))

    def _unlike_formula(self, term: str, source: int) -> float:
        """Return 1 for a word that a blog uses now and then, towards 0 for one in every post."""
        beyond = self._of_source[source, term] - _REPEATS
        return 1.0 if beyond <= 0 else (1 - beyond / self._sizes[source]) ** 2


def groups(
    texts: Sequence[Text], *, corpus: Corpus, threshold: float = SAME_TOPIC
) -> list[tuple[int, ...]]:
    """Return the ids of posts on one topic, two or more each, all in the order of the input.

    Two groups become one while their posts are, on the average, similar enough: a chain of posts
    of which each is a little like the next stays apart.
    """
    similar = {
        (a, b): corpus.similarity(texts[a], texts[b]) for a, b in combinations(range(len(texts)), 2)
    }
    nearest_first = sorted(
        (pair for pair, likeness in similar.items() if likeness >= threshold),
        key=lambda pair: (-round(similar[pair], _DIGITS), pair),
    )
    group: dict[int, tuple[int, ...]] = {place: (place,) for place in range(len(texts))}
    for a, b in nearest_first:
        ours, theirs = group[a], group[b]
        between = [similar[min(x, y), max(x, y)] for x in ours for y in theirs if x != y]
        if ours != theirs and sum(between) / len(between) >= threshold:
            merged = tuple(sorted(ours + theirs))
            group.update(dict.fromkeys(merged, merged))
    found = sorted({members for members in group.values() if len(members) > 1})
    return [tuple(texts[place].id for place in members) for members in found]


def earlier(
    text: Text,
    *,
    among: Sequence[Text],
    corpus: Corpus,
    most: int = 1,
    threshold: float = EARLIER,
) -> list[int]:
    """Return the ids of the posts nearest to this one, the nearest first, at most so many.

    ``among`` are posts of the corpus; between equals their order decides.
    """
    near = corpus.near(text, threshold=threshold)
    best = sorted(
        (-round(near[other.id], _DIGITS), place)
        for place, other in enumerate(among)
        if other.id in near
    )
    return [among[place].id for _, place in best[:most]]


@lru_cache(maxsize=6_000)  # a post is compared again with each look at the coming issue
def _counts(text: Text) -> Mapping[str, float]:
    """Weigh each word by where it stands, and each tag as a word of its own beside its words."""
    counts: dict[str, float] = defaultdict(float)
    for word in words(text.title):
        counts[word] += _TITLE
    for word in words((text.summary or "")[:_SUMMARY_LENGTH]):
        counts[word] += 1
    for slug in map(canonical_tag, text.tags):
        counts[f"#{slug}"] += 1
        for word in words(slug):
            counts[word] += 1
    return {
        sys.intern(term): count
        for term, count in counts.items()
        if term not in _FORMULA and not term.isdecimal()
    }
