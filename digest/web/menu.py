"""What a reader can choose from on their page, and what the form that comes back means."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from digest.editions.choices import spoken
from digest.editions.offer import Offered
from digest.web.words import own_name
from subscribers.preferences import Preferences


class Form(BaseModel):
    """The form as it was sent; what is missing was not asked for."""

    topic: list[str] = []
    pace: str = ""
    language: str = ""
    format: str = ""

    @property
    def given(self) -> dict[str, Any]:
        """What was sent, by field; topics always, because none of them is an answer too."""
        return {"topics": self.topic} | {
            name: value for name, value in self if value and name != "topic"
        }


@dataclass(frozen=True, kw_only=True)
class Menu:
    """The questions of the page for one reader; where there is one answer, nothing is asked.

    ``languages`` pairs the tag of each with its own name for itself.
    """

    chosen: Preferences
    language: str
    topics: tuple[Offered, ...] = ()
    paces: tuple[str, ...] = ()
    languages: tuple[tuple[str, str], ...] = ()

    @property
    def picked(self) -> dict[str, Any]:
        """What this reader has, by field: the slugs of topics, and one word for each other."""
        return {
            "topics": [one.slug for one in self.topics if self.chosen.wants(one.slug)],
            "pace": str(self.chosen.pace),
            "language": self.language,
            "format": str(self.chosen.format),
        }

    def read(self, form: Form) -> Preferences:
        """Return what the form chooses; everything that was not asked stays as it is.

        Raises `PreferenceError`, which names the field.
        """
        before = self.chosen
        chosen = Preferences.choose(
            form.topic if self.topics else None,
            offered=[one.slug for one in self.topics],
            pace=(form.pace if self.paces else "") or before.pace,
            language=form.language or self.language,
            languages=[self.language, *(tag for tag, _ in self.languages)],
            format=form.format or before.format,
        )
        if not self.topics:
            chosen = replace(chosen, topics=before.topics)
        if chosen.language == self.language:  # their own tag says more: "de-AT"
            chosen = replace(chosen, language=before.language)
        return chosen


def menu(
    chosen: Preferences,
    *,
    topics: Sequence[Offered],
    paces: Sequence[str],
    languages: Sequence[str],
    default: str,
) -> Menu:
    """Lay out the questions; ``languages`` are those of the issues."""
    names = [(tag, own_name(tag)) for tag in languages]
    return Menu(
        chosen=chosen,
        language=spoken(chosen.language, languages=languages, default=default),
        topics=tuple(topics) if len(topics) > 1 else (),
        paces=tuple(paces) if len(paces) > 1 else (),
        languages=tuple(names) if len(names) > 1 else (),
    )
