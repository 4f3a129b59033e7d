"""What a setting is, and what can be wrong with the value that somebody gave it."""

import dataclasses
import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from storage.limits import Limits

PREFIX = "DIGEST_"
NESTED = "__"
FILE = "_FILE"

_WORDS: Mapping[Any, str] = {
    str: "a text in quotes",
    bool: "true or false",
    Path: "a path in quotes",
    Path | None: "a path in quotes",
    tuple[str, ...]: "a list of texts",
}
_MANY: Mapping[Any, str] = {
    str: "texts",
    int: "whole numbers",
    tuple[str, ...]: "lists of texts",
}
_SHORT_LIST = 20  # keys that still fit into one error


@dataclass(frozen=True)
class Setting:
    """One setting: its dotted path, its default, its type as written in the code.

    ``secret`` values must never be printed: their fields are those that no repr shows.
    """

    path: tuple[str, ...]
    default: Any
    type: Any
    limits: Limits | None
    secret: bool

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return variable_of(self.path)

    @property
    def takes(self) -> str:
        """What it takes, as the end of "it takes ..."; raises `TypeError` without words for it."""
        if get_origin(self.type) is Literal:
            return f"one of {', '.join(map(json.dumps, get_args(self.type)))}"
        if self.limits:
            return f"a {'whole number' if self.type is int else 'number'}, {self.limits}"
        if self.type in _WORDS:
            return _WORDS[self.type]
        if get_origin(self.type) is Mapping:
            return f"a table of {_MANY[get_args(self.type)[1]]}"
        if get_origin(self.type) is tuple:
            keys = [item.name for item in dataclasses.fields(get_args(self.type)[0])]
            return f"tables, each below [[{'.'.join(self.path)}]] and with {', '.join(keys)}"
        raise TypeError(f"{self.variable}: no words for {self.type}; a number needs limits")


@dataclass(frozen=True)
class Problem:
    """Something wrong with a section or a key."""

    at: tuple[str, ...]
    message: str

    def __str__(self) -> str:
        *sections, key = self.at
        name = f"[{'.'.join(sections)}] {key}" if sections else f"[{key}]"
        return f"{name}{'' if self.message.startswith(':') else ' '}{self.message}"


def variable_of(path: Sequence[str]) -> str:
    """Return the environment variable for a dotted path."""
    return PREFIX + NESTED.join(path).upper().replace("-", "_")


def value_of(config: Any, path: Sequence[str]) -> Any:
    """Return what stands at a dotted path of a configuration, in sections and in tables of them."""

    def below(value: Any, name: str) -> Any:
        return value[name] if isinstance(value, Mapping) else getattr(value, name)

    return reduce(below, path, config)


def settings_of(section: Any, default: Any, *, at: tuple[str, ...]) -> Iterator[Setting]:
    """List the settings of a dataclass, and of the dataclasses in it."""
    hints = get_type_hints(section, include_extras=True)
    for item in dataclasses.fields(section):
        path, type_, value = (*at, item.name), hints[item.name], getattr(default, item.name)
        if dataclasses.is_dataclass(type_):
            yield from settings_of(type_, value, at=path)
            continue
        marks = getattr(type_, "__metadata__", ())
        yield Setting(
            path=path,
            default=value,
            type=type_.__origin__ if marks else type_,
            limits=next((mark for mark in marks if isinstance(mark, Limits)), None),
            secret=not item.repr,
        )


def unknown(data: Mapping[str, Any], settings: Sequence[Setting]) -> Iterator[Problem]:
    """Find the keys that do not exist, and the values that stand where a section belongs."""
    known = {setting.path for setting in settings}
    sections = {path[:depth] for path in known for depth in range(len(path))}

    def walk(value: Any, at: tuple[str, ...]) -> Iterator[Problem]:
        if at in known:
            return
        if at not in sections:
            near = {path[-1] for path in known | sections if path and path[:-1] == at[:-1]}
            yield Problem(at, f"is unknown{suggestion(at[-1], sorted(near))}")
        elif isinstance(value, Mapping):
            for key, item in value.items():
                yield from walk(item, (*at, key))
        else:
            yield Problem(at, f"is a section: write [{'.'.join(at)}] on a line above its keys")

    return walk(data, ())


def mistyped(data: Mapping[str, Any], settings: Sequence[Setting]) -> Iterator[Problem]:
    """Find the values of another type: in a file, unlike in the environment, "8" is no number."""
    for setting in settings:
        value: Any = data
        for part in setting.path:
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is None:
            continue
        try:
            TypeAdapter(setting.type).validate_json(json.dumps(value, default=str), strict=True)
        except ValidationError:
            yield Problem(setting.path, f"has a wrong type: it takes {setting.takes}")


def out_of_limits(config: Any, settings: Sequence[Setting]) -> Iterator[Problem]:
    """Find the numbers with which a part could not work."""
    for setting in settings:
        value = value_of(config, setting.path)
        if setting.limits and not setting.limits.allow(value):
            yield Problem(setting.path, f"= {value} cannot work; it takes {setting.limits}")


def suggestion(word: str, known: Sequence[str]) -> str:
    """Return the words after an unknown one: the nearest that is known, or all of them."""
    if close := difflib.get_close_matches(word, known, n=1, cutoff=0.6):
        return f"; did you mean {close[0]}?"
    return f"; known here: {', '.join(known)}" if len(known) <= _SHORT_LIST else ""
