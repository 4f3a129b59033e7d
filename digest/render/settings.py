"""How the email looks: what the operator may choose."""

from dataclasses import dataclass
from typing import Annotated, Literal

from digest.errors import ConfigurationError
from digest.limits import Count
from storage.limits import Limits


@dataclass(frozen=True, kw_only=True)
class EmailSettings:
    """How the email looks.

    ``theme`` is a folder below ``templates/edition``. ``languages`` are the BCP 47 tags in which
    every issue is rendered, ``salutation`` the form of address in those that know more than one
    ("du" in German). ``full_posts`` stand with their summaries, the others by title. A mail of
    more than ``budget`` bytes of encoded HTML says less of its lowest ranked posts. At most
    ``variants`` different contents are rendered for an issue. ``toc`` says what the line of topics
    is: words ("text"), or links to the topics of the online edition ("web").
    """

    theme: str = "weekly"
    languages: tuple[str, ...] = ("en",)
    salutation: str = ""
    full_posts: Count = 12
    budget: Annotated[int, Limits(20_000, 100_000)] = 90_000
    variants: Count = 400
    toc: Literal["text", "web"] = "text"

    def __post_init__(self) -> None:
        """Refuse an email without a language."""
        if not self.languages:
            raise ConfigurationError('[email] languages is empty; try ["en"]')
