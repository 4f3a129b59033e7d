"""The recipe for a page that shows its posts in no usual way: CSS selectors, from config.toml."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from digest.errors import ConfigurationError

_NAME_OF_ELEMENT = re.compile(r"[a-z]*")  # a selector for sure


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Where the posts stand: ``post`` selects each whole card, the others parts of it.

    Each selector looks at the whole page; what it finds belongs to the card that it lies in. What
    has no selector is found as on any page. ``link`` is an element with an ``href``.
    """

    post: str
    title: str = ""
    link: str = ""
    date: str = ""
    excerpt: str = ""
    tags: str = ""
    author: str = ""

    def __post_init__(self) -> None:
        """Refuse a selector that no page could answer."""
        if not self.post.strip():
            raise ConfigurationError('the recipe does not say where the posts are: set "post"')
        doubtful = {
            part: selector
            for part, selector in asdict(self).items()
            if not _NAME_OF_ELEMENT.fullmatch(selector)
        }
        if doubtful:
            _try(doubtful)


def _try(selectors: Mapping[str, str]) -> None:
    """Refuse the selector of a part that is none."""
    from selectolax.lexbor import (  # noqa: PLC0415 - few configurations hold a recipe
        LexborHTMLParser,
        SelectolaxError,
    )

    page = LexborHTMLParser("<p>")
    for part, selector in selectors.items():
        try:
            page.css(selector)
        except SelectolaxError as error:
            raise ConfigurationError(
                f'the recipe\'s {part} = "{selector}" is no CSS selector'
            ) from error
