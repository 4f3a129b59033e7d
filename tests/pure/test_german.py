"""German as a careful editor would have it: one form of address, and quotes of its own."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.pofile import read_po

from digest.shipped import shipped_templates

_FORMAL = re.compile(r"\b(Sie|Ihr|Ihre|Ihren|Ihrem|Ihrer|Ihnen)\b")
_FAMILIAR = re.compile(r"\b(du|dir|dich|dein|deine|deinen|deinem|deiner)\b", re.IGNORECASE)
_ISSUE = re.compile(r"^Sie (wurde|wird) ")  # the issue, not the reader
_FOREIGN_QUOTES = re.compile(r"[\"“](?=\w|%)|(?<=\w)[\"”]")  # German has „these“


def sentences(tag: str) -> Iterator[tuple[str, str]]:
    """Yield each sentence of a catalogue in English, and what it becomes."""
    for path in sorted((shipped_templates() / "locale" / tag).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    said = message.string
                    for form in (said,) if isinstance(said, str) else said or ():
                        yield key, form


def test_whoever_is_addressed_with_du_is_never_called_sie() -> None:
    familiar = dict(sentences("de-x-du"))
    formal = [key for key, said in sentences("de") if _FORMAL.search(_ISSUE.sub("", said))]
    assert len(formal) > 50
    assert [key for key in formal if key not in familiar] == []
    assert [said for said in familiar.values() if _FORMAL.search(said)] == []


def test_whoever_is_addressed_with_sie_is_never_called_du() -> None:
    assert [said for _, said in sentences("de") if _FAMILIAR.search(said)] == []


@pytest.mark.parametrize("tag", ["de", "de-x-du"])
def test_quotes_are_german_and_nothing_is_shouted(tag: str) -> None:
    for _, said in sentences(tag):
        assert not _FOREIGN_QUOTES.search(said), said
        assert said.count("„") == said.count("“"), said
        assert "..." not in said, said
        assert "!" not in said, said
