"""Which posts are kept out because a muted word stands in their titles; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from digest.posts.identity import title_key

LONGEST_WORD = 100
"""Characters of a muted word, or of several in a row."""

_NOTHING: Mapping[int, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Muted:
    """The words that are muted: ``everywhere``, and ``by_source`` for some, by their numbers.

    A word stands for itself, not inside a longer one; case and punctuation do not matter. Several
    words in a row are looked for in a row.
    """

    everywhere: tuple[str, ...] = ()
    by_source: Mapping[int, tuple[str, ...]] = field(default_factory=lambda: _NOTHING)

    def word_in(self, title: str, *, source_id: int) -> str | None:
        """Return the first muted word in the title of a post of this source; None without one."""
        words = (*self.everywhere, *self.by_source.get(source_id, ()))
        if not words:
            return None
        text = f" {title_key(title)} "
        return next((word for word in words if f" {title_key(word)} " in text), None)


def is_word(word: str) -> bool:
    """Whether a word can be muted: it holds a letter or a digit, and is not too long."""
    return 0 < len(title_key(word)) <= LONGEST_WORD and len(word) <= LONGEST_WORD
