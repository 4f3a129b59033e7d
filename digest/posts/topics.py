"""What tags mean: one slug for every spelling, a name to show, and the newsletter's topic."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from digest.posts.tagnames import NAMES, SPELLINGS, WORDS
from digest.posts.wordforms import folded

_TAGS = {other: tag for tag, others in SPELLINGS.items() for other in others.split()}
_WORDS = {word.lower(): word for word in WORDS.split()} | {"go": "Go"}

# Parts of a slug whose hyphen stays in writing: "event-driven", "multi-cloud".
_JOINED_BEFORE = {"multi", "non", "self", "anti", "cross", "pre", "co"}
_JOINED_AFTER = {"driven", "native", "based", "first", "time", "aware", "only"}

_PART = re.compile(r"[^\W_]+[+#]*")
_WORD = re.compile(r"[^\W_]+")
_SIGNS = {"+": " plus ", "#": " sharp ", "&": " and "}  # "C++" and "C#" are not "C"
_WHOLE, _WITHIN = 3, 1  # what a topic earns for its tag, and for its tag inside a longer one


@dataclass(frozen=True, kw_only=True)
class TopicSettings:
    """How the newsletter sorts posts.

    ``topics`` lists the tags of each topic by its name; a tag counts, for less, also where its
    words stand inside a longer one ("cloud" in "multi-cloud"). ``aliases`` lists further
    spellings of a tag, ``names`` what is shown for it.
    """

    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def canonical_tag(tag: str, *, settings: TopicSettings | None = None) -> str:
    """Return the one slug for every spelling of a tag: "Golang" gives "go"; "" for no tag."""
    slug = _slug(tag)
    for chosen, others in settings.aliases.items() if settings else ():
        if slug in map(_slug, (chosen, *others)):
            return _slug(chosen)
    return _TAGS.get(slug, slug)


def display_tag(tag: str, *, settings: TopicSettings | None = None) -> str:
    """Return a tag as people write it: "ai-architecture" gives "AI architecture".

    What a blog wrote in words or in capitals and small letters stays ("EU AI Act"), unless it is
    another spelling of a known name.
    """
    slug = canonical_tag(tag, settings=settings)
    for chosen, name in settings.names.items() if settings else ():
        if canonical_tag(chosen, settings=settings) == slug:
            return name
    known = NAMES.get(slug) or _WORDS.get(slug)
    if known:
        return known
    written = " ".join(tag.replace("_", " ").strip().lstrip("#").split())
    if " " not in written and (written.islower() or written.isupper()):
        written = _written(_slug(tag))
    return _capitalised(written)


def topic_of(tags: Sequence[str], *, settings: TopicSettings) -> str | None:
    """Return the topic that a post's tags speak for most, or None when they speak for none.

    Between equals the topic of the earlier tag wins (the first is the main one), then the order
    of the topics.
    """
    slugs = [_key(canonical_tag(tag, settings=settings)) for tag in tags]
    best, most = None, (0, 0)
    for topic, wanted in settings.topics.items():
        keys = {_key(canonical_tag(tag, settings=settings)) for tag in wanted}
        earned = [_earned(slug, keys) for slug in slugs]
        first = next((place for place, points in enumerate(earned) if points), 0)
        if sum(earned) and (sum(earned), -first) > most:
            best, most = topic, (sum(earned), -first)
    return best


def topic_slug(topic: str) -> str:
    """Return a topic's name as addresses and readers' choices keep it: "ai-architecture".

    Small letters, digits and hyphens of any script, and never a comma. A name without letters
    gives "other".
    """
    plain = unicodedata.normalize("NFKC", topic).casefold()
    for sign, word in _SIGNS.items():
        plain = plain.replace(sign, word)
    return "-".join(_WORD.findall(plain)) or "other"


def common_tags(
    posts: Iterable[Sequence[str]], *, settings: TopicSettings
) -> list[tuple[str, int]]:
    """Count the tags of posts under the names that people write, the most frequent first.

    All spellings of a tag are one, shown as `display_tag` writes the first.
    """
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for tags in posts:
        slugs = [canonical_tag(tag, settings=settings) for tag in tags]
        for slug, tag in zip(slugs, tags, strict=True):
            names.setdefault(slug, display_tag(tag, settings=settings))
        counts.update(filter(None, dict.fromkeys(slugs)))
    return [(names[slug], count) for slug, count in counts.most_common()]


def _slug(tag: str) -> str:
    plain = unicodedata.normalize("NFKC", tag).casefold().strip().lstrip("# ")
    return plain if plain in _TAGS else "-".join(_PART.findall(plain))


def _key(slug: str) -> tuple[str, ...]:
    return tuple(folded(part) for part in slug.split("-"))


def _earned(tag: tuple[str, ...], wanted: set[tuple[str, ...]]) -> int:
    if tag in wanted:
        return _WHOLE
    inside = {tag[start:end] for end in range(1, len(tag) + 1) for start in range(end)}
    return _WITHIN if inside & wanted else 0


def _written(slug: str) -> str:
    """Write a slug as words, with the hyphens that stay in writing."""
    text, before = "", ""
    for part in slug.split("-"):
        joined = before in _JOINED_BEFORE or part in _JOINED_AFTER or part.isdecimal()
        text += ("-" if joined else " ") + _WORDS.get(part, part)
        before = part
    return text[1:]


def _capitalised(text: str) -> str:
    """Begin with a capital, unless the first word has its own way ("iOS", "gRPC calls")."""
    first = re.match(r"[^\s-]*", text)
    own = first and not first[0].islower()
    return text if own else text[:1].upper() + text[1:]
