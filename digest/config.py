"""Reads config.toml and the environment, the only place that does, and fills the parts' settings.

A setting is looked for in the environment (``DIGEST_SELECTION__PER_SOURCE``), then in a file
named by the environment (``DIGEST_CARRIER__SMTP__PASSWORD_FILE``), then in config.toml.
"""

import dataclasses
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from digest import toml
from digest.bounces.settings import BounceSettings
from digest.calendar import ScheduleSettings
from digest.delivery.settings import DeliverySettings, EngineSettings, PaceSettings
from digest.editions.issue import NewsletterSettings
from digest.errors import ConfigurationError
from digest.failpoint import Failpoint
from digest.joining import SignupSettings
from digest.mail.dkim import DkimSettings
from digest.mail.mime import SenderSettings
from digest.pages import WebSettings
from digest.posts.topics import TopicSettings
from digest.providers.hooks.settings import HookSettings
from digest.providers.registry import CarrierSettings
from digest.reacting import ReactionSettings
from digest.reading import HttpSettings
from digest.render.settings import EmailSettings
from digest.selection import HygieneSettings, SelectionRules
from digest.setting import (
    FILE,
    PREFIX,
    Problem,
    Setting,
    mistyped,
    out_of_limits,
    settings_of,
    suggestion,
    unknown,
    variable_of,
)
from digest.sources.recipe import Recipe
from digest.sources.settings import ParserSettings, PollSettings
from digest.sources.watch import WatchSettings
from storage.settings import DatabaseSettings
from subscribers.settings import KeySettings, RetentionSettings

FAILPOINT = "DIGEST_FAILPOINT"
NOT_SETTINGS = frozenset({"DIGEST_CONFIG", FAILPOINT})


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


class Configuration(BaseModel):
    """Every setting there is, by section."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    app: AppSettings = AppSettings()
    newsletter: NewsletterSettings = NewsletterSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    selection: SelectionRules = SelectionRules()
    topics: TopicSettings = TopicSettings()
    hygiene: HygieneSettings = HygieneSettings()
    http: HttpSettings = HttpSettings()
    sources: PollSettings = PollSettings()
    watch: WatchSettings = WatchSettings()
    parser: ParserSettings = ParserSettings()
    recipes: Mapping[str, Recipe] = Field(default_factory=dict)
    email: EmailSettings = EmailSettings()
    sender: SenderSettings = SenderSettings()
    dkim: DkimSettings = DkimSettings()
    carrier: CarrierSettings = CarrierSettings()
    delivery: DeliverySettings = DeliverySettings()
    engine: EngineSettings = EngineSettings()
    pace: PaceSettings = PaceSettings()
    hooks: HookSettings = HookSettings()
    bounces: BounceSettings = BounceSettings()
    reactions: ReactionSettings = ReactionSettings()
    web: WebSettings = WebSettings()
    signup: SignupSettings = SignupSettings()
    api: KeySettings = KeySettings()
    retention: RetentionSettings = RetentionSettings()
    database: DatabaseSettings = DatabaseSettings()


def load(path: Path) -> Configuration:
    """Read the configuration, or raise `ConfigurationError` with path, line and suggestion."""
    document = toml.read(path)
    settings = every_setting()
    _refuse_unknown_variables(os.environ)
    known = [*settings, *_recipe_settings(document.data)]
    problems = [*unknown(document.data, known), *mistyped(document.data, known)]
    if problems:
        raise _refusal(problems, document)
    try:
        config = Configuration(**_merged(document.data, _from_environment(os.environ)))
    except ValidationError as error:
        found = [_found(item["loc"], item["msg"]) for item in error.errors(include_input=False)]
        raise _refusal(found, document) from None
    if problems := [*out_of_limits(config, settings)]:
        raise _refusal(problems, document)
    return _below(path.parent, config)


def every_setting() -> list[Setting]:
    """List every setting there is, in the order of the sections.

    Without the recipes: how many there are and what they are called is up to the operator.
    """
    return [
        setting
        for name, section in Configuration.model_fields.items()
        if dataclasses.is_dataclass(section.annotation)
        for setting in settings_of(section.annotation, section.default, at=(name,))
    ]


def ordered_failpoint() -> Failpoint | None:
    """Return the step at which this process has to kill itself, when a test asks for that."""
    words = os.environ.get(FAILPOINT)
    return Failpoint.parse(words) if words else None


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of this process for a child of ours, in which ``variables`` win."""
    return {**os.environ, **variables}


def _recipe_settings(data: Mapping[str, Any]) -> Iterator[Setting]:
    """List the settings of each recipe in a file, and of one called NAME where there is none."""
    recipes = data.get("recipes")
    names = list(recipes) if isinstance(recipes, Mapping) else []
    for name in names or ["NAME"]:
        yield from settings_of(Recipe, Recipe(post="article"), at=("recipes", name))


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Read every setting that has a variable, or one with ``_FILE`` that names a file."""
    found: dict[str, Any] = {}
    for setting in every_setting():
        text = environment.get(setting.variable)
        if text is None and (name := environment.get(setting.variable + FILE)):
            text = _content(name, variable=setting.variable + FILE)
        if text is not None:
            section = found
            for part in setting.path[:-1]:
                section = section.setdefault(part, {})
            section[setting.path[-1]] = _as_toml(text) if _is_composed(setting) else text
    return found


def _merged(settings: Mapping[str, Any], winning: Mapping[str, Any]) -> dict[str, Any]:
    """Return all settings of both, section by section; of one that both have, the winning."""
    merged = dict(settings)
    for key, value in winning.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(below, value)
        else:
            merged[key] = value
    return merged


def _content(name: str, *, variable: str) -> str:
    """Read a file that a variable names; no error shows the name, for it may be the secret."""
    try:
        return Path(name).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not in UTF-8"
        raise ConfigurationError(
            f"environment {variable} names a file that cannot be read ({reason})"
        ) from None


def _is_composed(setting: Setting) -> bool:
    """Whether a setting is a list or a table."""
    return get_origin(setting.type) in {tuple, Mapping}


def _as_toml(text: str) -> Any:
    """Read a value as config.toml writes it; the validation refuses what does not fit."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    known = [setting.variable for setting in every_setting()]
    allowed = {*known, *(name + FILE for name in known), *NOT_SETTINGS}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in allowed:
            raise ConfigurationError(
                f"environment: the variable {name} is unknown{suggestion(name, known)}"
            )


def _found(place: Iterable[int | str], message: str) -> Problem:
    """Say where pydantic found it; a message of ours names its key itself."""
    at = tuple(str(part) for part in place)
    message = message.removeprefix("Value error, ")
    if named := re.match(r"\[([\w.]+)\] (\w+) *", message):
        return Problem((*named[1].split("."), named[2]), message[named.end() :])
    return Problem(at, f"has a wrong value: {message}")


def _refusal(problems: Iterable[Problem], document: toml.Document) -> ConfigurationError:
    """Return one error with a line for each problem."""
    return ConfigurationError(
        "\n".join(f"{_where(problem.at, document)}: {problem}" for problem in problems)
    )


def _where(at: tuple[str, ...], document: toml.Document) -> str:
    variable = variable_of(at)
    for name in (variable, variable + FILE):
        if name in os.environ:
            return f"environment {name}"
    return f"{document.path}:{document.line_of(at)}"


def _below(folder: Path, config: Configuration) -> Configuration:
    """Read relative paths as relative to the configuration file, not to the working folder."""

    def below(path: str) -> str:
        return str(folder / path) if path else path

    url = config.database.url
    if url.startswith("sqlite:///"):
        url = f"sqlite:///{below(url.removeprefix('sqlite:///'))}"
    carrier = config.carrier
    mail_folder = dataclasses.replace(carrier.folder, path=folder / carrier.folder.path)
    if ca_file := carrier.smtp.ca_file:
        smtp = dataclasses.replace(carrier.smtp, ca_file=folder / ca_file)
        carrier = dataclasses.replace(carrier, smtp=smtp)
    if ca_file := carrier.api.ca_file:
        api = dataclasses.replace(carrier.api, ca_file=folder / ca_file)
        carrier = dataclasses.replace(carrier, api=api)
    bounces = config.bounces
    if ca_file := bounces.mailbox.ca_file:
        mailbox = dataclasses.replace(bounces.mailbox, ca_file=folder / ca_file)
        bounces = dataclasses.replace(bounces, mailbox=mailbox)
    keys = {
        name: folder / path
        for name in ("key_file", "ed25519_key_file")
        if (path := getattr(config.dkim, name))
    }
    return config.model_copy(
        update={
            "dkim": dataclasses.replace(config.dkim, **keys),
            "database": dataclasses.replace(config.database, url=url),
            "carrier": dataclasses.replace(carrier, folder=mail_folder),
            "bounces": bounces,
            "app": dataclasses.replace(
                config.app, state=below(config.app.state), templates=below(config.app.templates)
            ),
        }
    )
