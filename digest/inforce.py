"""The settings in force as a page shows them: in words, secrets masked, what differs marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from digest.config import Configuration, every_setting
from digest.masking import MASK, Mask
from digest.setting import Setting


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One setting; ``variable`` is the environment variable that wins over the file."""

    name: str
    value: str
    variable: str
    is_default: bool


def in_force(config: Configuration) -> dict[str, list[Shown]]:
    """Return all settings by the name of their section, in the order of config.toml."""
    sections: dict[str, list[Shown]] = {}
    for setting in every_setting():
        *places, name = setting.path
        value = reduce(getattr, setting.path, config)
        shown = Shown(
            name=name,
            value=_masked(value) if setting.secret else _words(value),
            variable=setting.variable,
            is_default=_is_default(setting, value),
        )
        sections.setdefault(".".join(places), []).append(shown)
    return sections


def _is_default(setting: Setting, value: Any) -> bool:
    return bool(value == setting.default)


def _masked(value: Any) -> str:
    """Say that there is a secret, never which; of a database's address only the password is one."""
    if not value:
        return "(none)"
    if isinstance(value, str) and value.startswith(("sqlite:", "postgresql")):
        return Mask()(value)
    return MASK


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_words(one)}" for key, one in value.items()) or "(none)"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(_words, value)) or "(none)"
    return "(none)" if value in {None, ""} else str(value)
