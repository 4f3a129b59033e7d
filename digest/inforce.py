"""The settings in force, as the console and `digest config` show them: secrets are masked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

from digest.config import Configuration, every_setting, is_from_environment
from digest.errors import UsageError
from digest.masking import MASK, Mask
from digest.setting import Setting, suggestion

Origin = Literal["default", "environment", "file"]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One setting; ``value`` and ``default`` are what JSON can say, and no secret is in them.

    ``variable`` is the environment variable that wins over the file.
    """

    section: str
    name: str
    value: Any
    default: Any
    variable: str
    origin: Origin
    is_default: bool

    @property
    def words(self) -> str:
        """The value as people read it."""
        return _words(self.value)


def in_force(config: Configuration, *, section: str | None = None) -> dict[str, list[Shown]]:
    """Return all settings by the name of their section, in the order of config.toml.

    With ``section`` only what is in it or below it, or the one setting of this name; raises
    `UsageError` with a suggestion when there is none.
    """
    sections: dict[str, list[Shown]] = {}
    for shown in _all(config):
        full = f"{shown.section}.{shown.name}"
        if section is None or f"{full}.".startswith(f"{section}."):
            sections.setdefault(shown.section, []).append(shown)
    if not sections:
        raise _unknown(section or "")
    return sections


def _all(config: Configuration) -> Iterator[Shown]:
    for setting in every_setting():
        *places, name = setting.path
        value: Any = reduce(getattr, setting.path, config)
        as_seen = _masked if setting.secret else _plain
        yield Shown(
            section=".".join(places),
            name=name,
            value=as_seen(value),
            default=as_seen(setting.default),
            variable=setting.variable,
            origin=_origin(setting, value),
            is_default=bool(value == setting.default),
        )


def _unknown(section: str) -> UsageError:
    known = sorted({".".join(setting.path[:-1]) for setting in every_setting()})
    return UsageError(f"there is no section {section!r}{suggestion(section, known)}")


def _origin(setting: Setting, value: Any) -> Origin:
    if is_from_environment(setting):
        return "environment"
    return "default" if value == setting.default else "file"


def _masked(value: Any) -> Any:
    """Say that there is a secret, never which; of a database's address only the password is one."""
    if not isinstance(value, str):
        return [MASK for _ in value]
    is_place = value.startswith(("sqlite:", "postgresql"))
    return Mask()(value) if is_place else (MASK if value else "")


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, str | int | float | bool | dict | None) else str(value)


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_words(one)}" for key, one in value.items()) or "(none)"
    if isinstance(value, list | tuple):
        return ", ".join(map(_words, value)) or "(none)"
    return "(none)" if value in {None, ""} else str(value)
