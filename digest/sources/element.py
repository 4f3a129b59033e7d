"""One element of a page as a plain object, and the text that a reader sees in it; pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field


def vocabulary(words: str) -> frozenset[str]:
    """Return the words of a text, each once."""
    return frozenset(words.split())


_UNSEEN = vocabulary("sr-only screen-reader-text visually-hidden visuallyhidden")
_INLINE = vocabulary(
    "a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q ruby s samp small span strike"
    " strong sub sup tt u var wbr"
)
# Where builders of pages hash the class names, these say what an element is.
_NAMING = vocabulary("class itemprop data-testid data-hook data-framer-name data-qa data-test")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
# How something looks, not what it is: "text-title", "bg-card".
_LOOKS = ("text-", "bg-", "border-", "font-", "leading-", "tracking-", "has-", "no-", "no_", "is-")


@dataclass(slots=True, eq=False, kw_only=True)
class Element:
    """One element; its subtree is what stands from ``start`` to ``end`` in the page's ``order``.

    ``unseen`` says that only screen readers, or nobody, gets to see it. ``beside`` is remembered by
    `roles.is_beside`, which is asked of the same elements many times.
    """

    tag: str
    attributes: dict[str, str]
    parent: "Element | None"
    order: "list[Element]" = field(repr=False)
    start: int
    unseen: bool
    end: int = 0
    children: "list[Element | str]" = field(default_factory=list, repr=False)
    beside: bool | None = field(default=None, repr=False)
    _names: frozenset[str] | None = field(default=None, repr=False)
    _text: str | None = field(default=None, repr=False)

    def get(self, name: str) -> str:
        """Return an attribute, empty where there is none."""
        return self.attributes.get(name, "")

    @property
    def classes(self) -> list[str]:
        """The class names, as written."""
        return self.get("class").split()

    @property
    def names(self) -> frozenset[str]:
        """The words in its class, itemprop and the like: of ``postTitle_x1`` post, title, x, 1."""
        if self._names is None:
            self._names = _names_in(self.attributes)
        return self._names

    @property
    def text(self) -> str:
        """The text as a reader sees it, on one line; blocks are apart from each other."""
        if self._text is None:
            self._text = text_of([self])
        return self._text

    def holds(self, other: "Element") -> bool:
        """Whether the other lies in this one, or is it."""
        return self.start <= other.start < self.end

    def elements(self) -> "Sequence[Element]":
        """Return this and all elements below it, in document order."""
        return self.order[self.start : self.end]

    def ancestors(self) -> "Iterator[Element]":
        """Give the elements around this one, innermost first."""
        around = self.parent
        while around is not None:
            yield around
            around = around.parent

    def grow(self, tag: str, attributes: dict[str, str]) -> "Element":
        """Add a new last child and return it; its ``end`` is set when it is complete."""
        child = Element(
            tag=tag,
            attributes=attributes,
            parent=self,
            order=self.order,
            start=len(self.order),
            unseen=_is_unseen(attributes),
        )
        self.children.append(child)
        self.order.append(child)
        return child

    def write(self, value: str) -> None:
        """Add text at the end; frameworks part one text into many by comments."""
        if self.children and isinstance(self.children[-1], str):
            self.children[-1] += value
        else:
            self.children.append(value)

    def close(self) -> None:
        """Say that the element is complete."""
        self.end = len(self.order)


def root_of(tag: str, attributes: dict[str, str]) -> Element:
    """Return the first element of a new page."""
    root = Element(tag=tag, attributes=attributes, parent=None, order=[], start=0, unseen=False)
    root.order.append(root)
    return root


def text_of(parts: "Iterable[Element | str]", *, without: "Iterable[Element]" = ()) -> str:
    """Return the text of several parts, but not that of some elements in them."""
    skipped = {id(element) for element in without}
    pieces: list[str] = []
    stack = list(parts)[::-1]
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            pieces.append(part)
        elif not part.unseen and id(part) not in skipped:
            if part.tag not in _INLINE:
                pieces.append(" ")
                stack.append(" ")
            stack.extend(reversed(part.children))
    return " ".join("".join(pieces).split())


def _is_unseen(attributes: dict[str, str]) -> bool:
    return "hidden" in attributes or (
        "class" in attributes and not _UNSEEN.isdisjoint(attributes["class"].split())
    )


def _names_in(attributes: dict[str, str]) -> frozenset[str]:
    if _NAMING.isdisjoint(attributes):  # as most elements
        return frozenset()
    others = (value for name, value in attributes.items() if name in _NAMING and name != "class")
    return words_in((*attributes.get("class", "").split(), *others))


def words_in(names: Iterable[str]) -> frozenset[str]:
    """Return the words that class names are made of, in lower case."""
    words = _WORDS.findall(" ".join(name for name in names if not _is_utility(name)))
    return frozenset(word.lower() for word in words)


def _is_utility(name: str) -> bool:
    """Whether a class name says how something looks and not what it is."""
    return name.startswith(_LOOKS) or ":" in name or "[" in name
