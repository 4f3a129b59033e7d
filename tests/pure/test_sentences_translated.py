"""Every sentence of the pages and notices exists in German, and says something else there."""

import re
from pathlib import Path

import pytest

from digest.render.environment import make_environment
from digest.translations import Translations

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(
    path
    for folder in ("web", "notices")
    for path in (ROOT / "templates" / folder).glob("*.j2")
    if not path.name.startswith("archive")
)
MARKED = re.compile(r'\bsentence\(\s*((?:"[^"]*"\s*)+),?\s*\)')
SAME = {"Code", "Form", "Pause"}


def sentences() -> dict[str, str]:
    """Return every sentence, and where it stands."""
    found: dict[str, str] = {}
    environment = make_environment()
    for path in TEMPLATES:
        extract = environment.extract_translations  # type: ignore[attr-defined] # the extension's
        for _, _, message in extract(path.read_text(encoding="utf-8")):
            one = message[0] if isinstance(message, tuple) else message  # then its plural
            found[str(one)] = path.name
    for path in (ROOT / "digest" / "web").glob("*.py"):
        for match in MARKED.finditer(path.read_text(encoding="utf-8")):
            found["".join(re.findall(r'"([^"]*)"', match[1]))] = path.name
    return found


def test_there_are_sentences() -> None:
    assert len(sentences()) > 80


@pytest.mark.parametrize("place", sorted(set(sentences().values())))
def test_every_sentence_exists_in_german(place: str) -> None:
    german = Translations().language("de")
    missing = [
        one
        for one, where in sentences().items()
        if where == place
        and one not in SAME
        and german.gettext(one) == one
        and german.ngettext(one, one, 2) == one
    ]
    assert missing == []
