"""Reads tables of patterns, one to a line, which share named parts; pure.

A line that begins with ``|`` goes on with the line before it. ``<name>`` stands for the part of
that name; parts are written as ``name = pattern``, each after those that it is made of.
"""

import re
from collections.abc import Iterable, Mapping

_NAME = re.compile(r"<([a-z_]+)>")


def named(table: str) -> Mapping[str, str]:
    """Return the parts by name, each as a group."""
    parts: dict[str, str] = {}
    for line in _lines(table):
        name, _, pattern = line.partition(" = ")
        parts[name] = f"(?:{_filled(pattern, parts)})"
    return parts


def filled(table: str, *, parts: Mapping[str, str]) -> list[str]:
    """Return the patterns of a table with their parts; a part without a name is a KeyError."""
    return [_filled(line, parts) for line in _lines(table)]


def either(patterns: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern that matches what one of these does, in upper or lower case."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def _lines(table: str) -> list[str]:
    return table.strip().replace("\n|", "|").split("\n")


def _filled(pattern: str, parts: Mapping[str, str]) -> str:
    return _NAME.sub(lambda found: parts[found[1]], pattern)
