"""Which forms of an issue its readers' choices ask for, and who gets which; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from digest.editions.issue import Issue
from digest.editions.narrowed import topics_of
from subscribers.language import served_by


class Choice(NamedTuple):
    """What some readers chose.

    ``topics`` are slugs joined by commas; "" is all topics, those to come too. ``format`` is
    "html" or "text".
    """

    language: str
    topics: str = ""
    format: str = "html"


class Kind(NamedTuple):
    """One content to be rendered: a language, and the topics in it (None: the whole issue)."""

    language: str
    topics: tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class Assortment:
    """The contents that are rendered, and the content for every choice.

    ``folded`` counts the readers who get more topics than they chose, because what they chose is
    too rare; ``unserved`` those of whose topics the issue has no post.
    """

    issue: Issue
    kinds: tuple[Kind, ...]
    languages: tuple[str, ...]
    default: str
    folded: int = 0
    unserved: int = 0

    def kind_for(self, choice: Choice) -> Kind | None:
        """Return what is sent to readers of this choice; None when the issue has nothing for them.

        When exactly theirs is not rendered: the nearest that has all of it, and never less.
        """
        wanted = self._shelf.kind(choice, languages=self.languages, default=self.default)
        if wanted is None or wanted in self.kinds:
            return wanted
        return self._nearest(wanted)

    @cached_property
    def _shelf(self) -> "_Shelf":
        return _shelf_of(self.issue)

    def _nearest(self, wanted: Kind) -> Kind:
        """Return the one with the fewest further topics; the whole issue is always there."""
        asked = set(wanted.topics or ())
        wide = [
            kind
            for kind in self.kinds
            if kind.topics and kind.language == wanted.language and asked <= set(kind.topics)
        ]
        whole = Kind(wanted.language, None)
        return min(wide, key=lambda kind: (len(kind.topics or ()), kind.topics), default=whole)


def assort(
    issue: Issue,
    readers: Mapping[Choice, int],
    *,
    languages: Sequence[str],
    default: str,
    most: int,
) -> Assortment:
    """Choose what is rendered: each distinct content once, at most ``most`` of them.

    The whole issue in every one of the ``languages`` comes first, whether or not anybody asks:
    it is what stands online, and what a rare choice is folded into.
    """
    wanted: Counter[Kind] = Counter()
    unserved, shelf = 0, _shelf_of(issue)
    for choice, count in readers.items():
        kind = shelf.kind(choice, languages=languages, default=default)
        if kind is None:
            unserved += count
        else:
            wanted[kind] += count
    whole = [Kind(language, None) for language in languages]
    parts = _by_demand((kind, wanted[kind]) for kind in wanted if kind not in whole)
    kept = parts[: max(0, most - len(whole))]
    return Assortment(
        issue=issue,
        kinds=(*whole, *kept),
        languages=tuple(languages),
        default=default,
        folded=sum(wanted[kind] for kind in parts[len(kept) :]),
        unserved=unserved,
    )


def _by_demand(counted: Iterable[tuple[Kind, int]]) -> list[Kind]:
    """Sort by how many readers ask for it; equals in an order that is always the same."""
    return [kind for kind, _ in sorted(counted, key=lambda pair: (-pair[1], pair[0]))]


@dataclass(frozen=True, kw_only=True)
class _Shelf:
    """What decides whose content is whose: asked for each of thousands of choices.

    ``is_all`` says that every post has a topic, so that all topics together are the whole issue.
    """

    topics: tuple[str, ...]
    is_all: bool

    def kind(self, choice: Choice, *, languages: Sequence[str], default: str) -> Kind | None:
        """Return what a choice asks for, as `narrowed` would make it; None: there is nothing."""
        language = spoken(choice.language, languages=languages, default=default)
        if not choice.topics:
            return Kind(language, None)
        chosen = set(choice.topics.split(","))
        topics = tuple(topic for topic in self.topics if topic in chosen)
        if not topics:
            return None
        return Kind(language, None if self.is_all and topics == self.topics else topics)


def _shelf_of(issue: Issue) -> _Shelf:
    return _Shelf(
        topics=tuple(sorted(topics_of(issue))),
        is_all=all(post.topic for post in issue.posts),
    )


def spoken(language: str, *, languages: Sequence[str], default: str) -> str:
    """Return the language in which a reader is written to: theirs, a wider form, or the default."""
    if (served := served_by(language, languages)) is not None:
        return served
    return default if default in languages else languages[0]
