"""The shape of JSON: what the help of a command documents, and whether a value has it."""

import re
from typing import Any

from typer.main import get_command

from digest.cli.main import app


def documented(*path: str, number: int = 0) -> Any:
    """Return the JSON shape in the help of a command; ``number``: which, when it names several."""
    command: Any = get_command(app)
    for name in path:
        command = command.commands[name]
    tokens = re.findall(r"[\[\]{}:,?]|[\w.-]+", command.help.partition("JSON")[2])
    shapes: list[Any] = []
    while any(part in "[{" for part in tokens):
        while tokens[0] not in "[{":
            tokens.pop(0)
        shapes.append(_shape(tokens))
    return shapes[number]


def _shape(tokens: list[str]) -> Any:
    """Read {key, key?, key: shape} as a dict, [shape] as a list, and a word as any scalar."""
    opening = tokens.pop(0)
    if opening == "[":
        shape: Any = [_shape(tokens)]
        tokens.pop(0)
    elif opening == "{":
        shape = {}
        while opening != "}":
            key = tokens.pop(0)
            optional = tokens[0] == "?" and tokens.pop(0)
            nested = tokens[0] == ":" and tokens.pop(0)
            value = _shape(tokens) if nested else "scalar"
            optional = optional or (tokens[0] == "?" and tokens.pop(0))
            shape[key] = (bool(optional), value)
            opening = tokens.pop(0)
    else:
        shape = "scalar"
    return shape


def fits(value: Any, shape: Any) -> bool:
    """Whether a value has a shape: exactly its keys, and null only where it may stand."""
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(item, shape[0]) for item in value)
    if isinstance(shape, dict):
        return (
            isinstance(value, dict)
            and value.keys() == shape.keys()
            and all(
                optional if value[key] is None else fits(value[key], inner)
                for key, (optional, inner) in shape.items()
            )
        )
    return value is not None and not isinstance(value, list)
