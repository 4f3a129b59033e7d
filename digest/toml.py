"""Reads a TOML file, and says on which line a key stands."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digest.errors import ConfigurationError


@dataclass(frozen=True)
class Document:
    """A TOML file that was read."""

    path: Path
    text: str
    data: Mapping[str, Any]

    def line_of(self, key: Sequence[str]) -> int:
        """Return the line on which a key begins, else its section's, else the first.

        The parser keeps no lines, but it decides: the statement that brings a key is the last one
        of the shortest beginning of the file that has the key. Only errors pay for this.
        """
        line, depth = 1, 0
        for start, data in _beginnings(self.text):
            found = _depth(data, key)
            if found > depth:
                line, depth = start, found
        return line


def read(path: Path) -> Document:
    """Read a file; raises `ConfigurationError` with path, line and cure."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read ({error.strerror}); 'digest init' writes one, and"
            " --config or DIGEST_CONFIG names another"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not in UTF-8; save it as UTF-8") from error
    try:
        return Document(path=path, text=text, data=tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(_where(path, str(error), text=text)) from error


def _where(path: Path, message: str, *, text: str) -> str:
    """Move the parser's "(at line 3, column 5)" to the front, where editors look for it."""
    if place := re.search(r" \(at line (\d+), column (\d+)\)", message):
        return f"{path}:{place[1]}: {message.replace(place[0], '')} (column {place[2]})"
    return f"{path}:{text.count(chr(10)) + 1}: {message}"


def _beginnings(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield what each whole beginning of the text holds, and where its last statement starts."""
    lines = text.split("\n")
    start = 1
    for end in range(1, len(lines) + 1):
        try:
            data = tomllib.loads("\n".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue  # it ends within a list or a text of several lines
        yield start, data
        start = end + 1


def _depth(data: Any, key: Sequence[str]) -> int:
    """Return how many of the key's parts are there."""
    for depth, part in enumerate(key):
        if not isinstance(data, dict) or part not in data:
            return depth
        data = data[part]
    return len(key)
