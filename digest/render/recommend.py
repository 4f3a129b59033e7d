"""What a welcome letter recommends: the latest issue and the posts that open it, and evergreens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from digest.mail.headers import clean
from digest.pages import WebSettings
from digest.posts.language import direction
from digest.render.links import link
from digest.render.titles import Title, display_title
from digest.render.words import Words


@dataclass(frozen=True, kw_only=True)
class Pick:
    """One post; ``language`` is empty where it is that of the letter, as is its direction."""

    title: Title
    url: str | None
    source: str = ""
    language: str = ""

    @property
    def direction(self) -> str:
        """The direction of its language."""
        return direction(self.language) if self.language else ""


@dataclass(frozen=True, kw_only=True)
class LatestIssue:
    """An issue as a link to it reads."""

    label: str
    subject: str
    url: str
    picks: tuple[Pick, ...]


def told_of(facts: Mapping[str, Any], *, web: WebSettings, words: Words) -> dict[str, Any]:
    """Return the template's ``latest`` (None before the first issue) and ``evergreen``."""
    known = facts.get("latest")
    return {
        "latest": _latest(known, web=web, words=words) if known else None,
        "evergreen": tuple(
            Pick(title=Title(clean(title)), url=link(url))
            for title, url in facts.get("evergreen", {}).items()
        ),
    }


def _latest(known: Mapping[str, Any], *, web: WebSettings, words: Words) -> LatestIssue:
    label = words.sentences.gettext("Issue %(number)s") % {"number": known["number"]}
    return LatestIssue(
        label=label,
        subject=clean(known["subject"]),
        url=web.issue_url(known["number"]),
        picks=tuple(_pick(post, words=words) for post in known["posts"]),
    )


def _pick(post: Mapping[str, Any], *, words: Words) -> Pick:
    language = post["language"] or ""
    is_foreign = language and language.partition("-")[0] != words.language.partition("-")[0]
    return Pick(
        title=display_title(post["title"]),
        url=link(post["url"]),
        source=clean(post["source"]),
        language=language if is_foreign else "",
    )
