"""Reads config.toml and the environment, the only place that does, and fills the parts' settings.

A setting is looked for in the environment (``DIGEST_SELECTION__PER_SOURCE``), then in a file
named by the environment (``DIGEST_CARRIER__SMTP__PASSWORD_FILE``), then in config.toml.
"""

import dataclasses
import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from digest.calendar import ScheduleSettings
from digest.delivery.sender import DeliverySettings
from digest.editions.issue import NewsletterSettings
from digest.errors import ConfigurationError
from digest.http import HttpSettings
from digest.mail.mime import SenderSettings
from digest.pages import WebSettings
from digest.providers.registry import CarrierSettings
from digest.render.compose import EmailSettings
from digest.selection import SelectionRules
from digest.sources.guard import ParserSettings
from digest.sources.poll import PollSettings
from storage.database import DatabaseSettings

PREFIX = "DIGEST_"
NESTED = "__"
FILE = "_FILE"
NOT_SETTINGS = frozenset({"DIGEST_CONFIG"})


@dataclass(frozen=True, kw_only=True)
class AppSettings:
    """What belongs to the installation.

    ``secret`` signs links and hashes addresses; when empty it is read from ``state/secret``,
    which is made at the first start. ``old_secrets`` still verify links after a change.
    ``state`` is a folder of this machine, ``templates`` one whose files win over the shipped ones.
    """

    secret: str = field(default="", repr=False)
    old_secrets: tuple[str, ...] = field(default=(), repr=False)
    state: str = "var"
    templates: str = ""


class Configuration(BaseSettings):
    """Every setting there is, by section."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=NESTED, extra="forbid", frozen=True
    )

    app: AppSettings = AppSettings()
    newsletter: NewsletterSettings = NewsletterSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    selection: SelectionRules = SelectionRules()
    http: HttpSettings = HttpSettings()
    sources: PollSettings = PollSettings()
    parser: ParserSettings = ParserSettings()
    email: EmailSettings = EmailSettings()
    sender: SenderSettings = SenderSettings()
    carrier: CarrierSettings = CarrierSettings()
    delivery: DeliverySettings = DeliverySettings()
    web: WebSettings = WebSettings()
    database: DatabaseSettings = DatabaseSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over files named by it, and these over config.toml."""
        del dotenv_settings, file_secret_settings
        files = InitSettingsSource(settings_cls, init_kwargs=_secrets_from_files(os.environ))
        return env_settings, files, init_settings


@dataclass(frozen=True)
class Setting:
    """One setting: its dotted path, its default and its type as written in the code."""

    path: tuple[str, ...]
    default: Any
    type: Any

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + NESTED.join(self.path).upper()


def load(path: Path) -> Configuration:
    """Read the configuration, or raise `ConfigurationError` with path, line and suggestion."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read ({error.strerror}); 'digest init' writes one, and"
            " --config or DIGEST_CONFIG names another"
        ) from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: {error}") from error
    _refuse_unknown_keys(data, path=path, text=text)
    _refuse_unknown_variables(os.environ)
    try:
        return _below(path.parent, Configuration(**data))
    except ValidationError as error:
        raise ConfigurationError(_explain(error, path=path, text=text)) from None


def every_setting() -> list[Setting]:
    """List every setting there is, in the order of the sections."""
    return list(_settings_of(Configuration.model_fields))


def is_secret(setting: Setting) -> bool:
    """Whether the value must never be printed."""
    return setting.path[-1] in {"secret", "old_secrets", "password"}


def _settings_of(fields: Mapping[str, Any]) -> Iterator[Setting]:
    for name, info in fields.items():
        yield from _leaves((name,), info.annotation, info.default)


def _leaves(path: tuple[str, ...], type_: Any, default: Any) -> Iterator[Setting]:
    if not dataclasses.is_dataclass(type_):
        yield Setting(path=path, default=default, type=type_)
        return
    hints = get_type_hints(type_)
    for item in dataclasses.fields(type_):
        if item.init:
            yield from _leaves((*path, item.name), hints[item.name], getattr(default, item.name))


def _secrets_from_files(environment: Mapping[str, str]) -> dict[str, Any]:
    """Read every setting whose variable with ``_FILE`` at its end names a file."""
    found: dict[str, Any] = {}
    for setting in every_setting():
        name = environment.get(setting.variable + FILE)
        if not name:
            continue
        try:
            value = Path(name).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(
                f"environment {setting.variable}{FILE} names {name}, which cannot be read"
                f" ({error.strerror})"
            ) from error
        section = found
        for part in setting.path[:-1]:
            section = section.setdefault(part, {})
        section[setting.path[-1]] = value
    return found


def _refuse_unknown_keys(data: Mapping[str, Any], *, path: Path, text: str) -> None:
    known = {setting.path for setting in every_setting()}
    prefixes = {p[:n] for p in known for n in range(1, len(p) + 1)}

    def walk(value: Any, at: tuple[str, ...]) -> None:
        if at and at not in prefixes:
            near = sorted(p[-1] for p in prefixes if p[:-1] == at[:-1])
            raise ConfigurationError(
                f"{path}:{_line_of(text, at)}: unknown key {_name(at)}{_suggest(at[-1], near)}"
            )
        if isinstance(value, dict) and at not in known:
            for key, item in value.items():
                walk(item, (*at, key))

    walk(data, ())


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    known = {setting.variable for setting in every_setting()}
    known |= {name + FILE for name in known} | NOT_SETTINGS
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known:
            near = sorted(name for name in known if not name.endswith(FILE))
            raise ConfigurationError(f"environment: unknown variable {name}{_suggest(name, near)}")


def _explain(error: ValidationError, *, path: Path, text: str) -> str:
    lines = []
    for item in error.errors(include_input=False, include_url=False):
        at = tuple(str(part) for part in item["loc"])
        variable = PREFIX + NESTED.join(at).upper()
        where = (
            f"environment {variable}"
            if variable in os.environ or variable + FILE in os.environ
            else f"{path}:{_line_of(text, at)}"
        )
        message = item["msg"].removeprefix("Value error, ")
        lines.append(f"{where}: {_name(at)}: {message}")
    return "\n".join(lines)


def _name(at: tuple[str, ...]) -> str:
    return f"[{'.'.join(at[:-1])}] {at[-1]}" if len(at) > 1 else f"[{at[0]}]"


def _suggest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else f"; known here: {', '.join(known)}"


def _line_of(text: str, at: tuple[str, ...]) -> int:
    """Return the line on which a key stands, or its section's, or the first."""
    section: tuple[str, ...] = ()
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([\w.\-]+)\s*\]+", line):
            section = tuple(header[1].split("."))
            here = section
        elif key := re.match(r"\s*([\w\-]+)\s*=", line):
            here = (*section, key[1])
        else:
            continue
        if here == at[: len(here)] and len(here) > depth:
            best, depth = number, len(here)
    return best


def _below(folder: Path, config: Configuration) -> Configuration:
    """Read relative paths as relative to the configuration file, not to the working folder."""

    def below(path: str) -> str:
        return str(folder / path) if path else path

    url = config.database.url
    if url.startswith("sqlite:///"):
        url = f"sqlite:///{below(url.removeprefix('sqlite:///'))}"
    carrier = config.carrier
    mail_folder = dataclasses.replace(carrier.folder, path=folder / carrier.folder.path)
    return config.model_copy(
        update={
            "database": dataclasses.replace(config.database, url=url),
            "carrier": dataclasses.replace(carrier, folder=mail_folder),
            "app": dataclasses.replace(
                config.app, state=below(config.app.state), templates=below(config.app.templates)
            ),
        }
    )
