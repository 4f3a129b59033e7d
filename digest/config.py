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
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from digest import templates, toml
from digest.accounts.settings import ConsoleSettings
from digest.bounces.settings import BounceSettings
from digest.calendar import ScheduleSettings
from digest.clicking import ClickSettings
from digest.delivery.hours import HoursSettings, WarmUpSettings
from digest.delivery.ring import RingSettings
from digest.delivery.routes import FailoverSettings, Route
from digest.delivery.settings import DeliverySettings, EngineSettings, PaceSettings
from digest.editions.issue import NewsletterSettings
from digest.errors import ConfigurationError
from digest.failpoint import Failpoint
from digest.joining import SignupSettings
from digest.logs import LogSettings
from digest.mail.dkim import DkimSettings
from digest.mail.mime import SenderSettings
from digest.pages import WebSettings
from digest.posts.topics import TopicSettings
from digest.providers.hooks.settings import HookSettings
from digest.providers.redirected import RedirectSettings
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
    value_of,
    variable_of,
)
from digest.sources.recipe import Recipe
from digest.sources.settings import ParserSettings, PollSettings
from digest.sources.watch import WatchSettings
from digest.telling import AlertSettings
from digest.watched import HeartbeatSettings, MetricsSettings
from storage.settings import DatabaseSettings
from subscribers.language import served_by
from subscribers.settings import KeySettings, RetentionSettings

FAILPOINT = "DIGEST_FAILPOINT"
_PASSWORD = re.compile(r"^(?:[^:@/]*|.*://[^:@/]*):([^@/]+)(?:@.*)?$")
_SECRET_CHARACTERS = 24
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,38}")
_ROUTES = Setting(path=("routes",), default=(), type=tuple[Route, ...], limits=None, secret=False)
NOT_SETTINGS = frozenset({"DIGEST_CONFIG", FAILPOINT})


@dataclass(frozen=True, kw_only=True)
class AppSettings:
    """What belongs to the installation.

    ``secret`` signs links and hashes addresses; when empty it is read from ``state/secret``,
    which is made at the first start. ``old_secrets`` still verify links after a change.
    A secret has 24 characters or more. ``state`` is a folder of this machine, ``templates`` one
    whose files win over the shipped ones.
    """

    secret: str = field(default="", repr=False)
    old_secrets: tuple[str, ...] = field(default=(), repr=False)
    state: str = "var"
    templates: str = ""

    def __post_init__(self) -> None:
        """Refuse a secret that can be guessed; the error does not show it."""
        if self.secret and len(self.secret) < _SECRET_CHARACTERS:
            raise ConfigurationError(
                f"[app] secret is too short: it takes {_SECRET_CHARACTERS} characters or more;"
                " leave it empty and one is made, and put one that was in use into old_secrets"
            )


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
    carriers: Mapping[str, CarrierSettings] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    failover: FailoverSettings = FailoverSettings()
    test: RedirectSettings = RedirectSettings()
    delivery: DeliverySettings = DeliverySettings()
    engine: EngineSettings = EngineSettings()
    pace: PaceSettings = PaceSettings()
    hours: HoursSettings = HoursSettings()
    warmup: WarmUpSettings = WarmUpSettings()
    ring: RingSettings = RingSettings()
    hooks: HookSettings = HookSettings()
    bounces: BounceSettings = BounceSettings()
    reactions: ReactionSettings = ReactionSettings()
    web: WebSettings = WebSettings()
    console: ConsoleSettings = ConsoleSettings()
    signup: SignupSettings = SignupSettings()
    api: KeySettings = KeySettings()
    clicks: ClickSettings = ClickSettings()
    alerts: AlertSettings = AlertSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()
    metrics: MetricsSettings = MetricsSettings()
    heartbeat: HeartbeatSettings = HeartbeatSettings()
    database: DatabaseSettings = DatabaseSettings()


def load(path: Path) -> Configuration:
    """Read the configuration, or raise `ConfigurationError` with path, line and suggestion."""
    document = toml.read(path)
    settings = [*every_setting(), *_carrier_settings(document.data)]
    _refuse_unknown_variables(os.environ, settings)
    known = [*settings, *_recipe_settings(document.data), _ROUTES]
    problems = [*unknown(document.data, known), *mistyped(document.data, known)]
    if problems:
        raise _refusal(problems, document)
    try:
        config = Configuration(**_merged(document.data, _from_environment(os.environ, settings)))
    except ValidationError as error:
        found = [_found(one["loc"], one["msg"], known) for one in error.errors(include_input=False)]
        raise _refusal(found, document) from None
    if problems := [*out_of_limits(config, settings), *_nameless_carriers(config)]:
        raise _refusal(problems, document)
    config = _below(path.parent, config)
    if problems := [*_without_templates(config)]:
        raise _refusal(problems, document)
    return config


def every_setting() -> list[Setting]:
    """List every setting there is, in the order of the sections.

    Without the recipes and the carriers beside the main one: how many there are and what they are
    called is up to the operator.
    """
    return [
        setting
        for name, section in Configuration.model_fields.items()
        if dataclasses.is_dataclass(section.annotation)
        for setting in settings_of(section.annotation, section.default, at=(name,))
    ]


def secrets_of(config: Configuration) -> Iterator[str]:
    """Yield the value of every secret setting, and the passwords that are a part of one."""
    for setting in [*every_setting(), *_carrier_settings({"carriers": config.carriers})]:
        if setting.secret:
            value = value_of(config, setting.path)
            for text in (value,) if isinstance(value, str) else value:
                if setting.path != ("database", "url"):  # that is a place, and may be named
                    yield text
                yield from map(unquote, _PASSWORD.findall(text))
    file = Path(config.app.state) / "secret"
    if not config.app.secret and file.is_file():
        yield file.read_text(encoding="ascii").strip()


def ordered_failpoint() -> Failpoint | None:
    """Return the step at which this process has to kill itself, when a test asks for that."""
    words = os.environ.get(FAILPOINT)
    return Failpoint.parse(words) if words else None


def is_from_environment(setting: Setting) -> bool:
    """Whether a variable sets it, and no file can."""
    return setting.variable in os.environ or setting.variable + FILE in os.environ


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of this process for a child of ours, in which ``variables`` win."""
    return {**os.environ, **variables}


def _recipe_settings(data: Mapping[str, Any]) -> Iterator[Setting]:
    """List the settings of each recipe in a file, and of one called NAME where there is none."""
    recipes = data.get("recipes")
    names = list(recipes) if isinstance(recipes, Mapping) else []
    for name in names or ["NAME"]:
        yield from settings_of(Recipe, Recipe(post="article"), at=("recipes", name))


def _carrier_settings(data: Mapping[str, Any]) -> Iterator[Setting]:
    """List the settings of each carrier beside the main one, as a file names them."""
    carriers = data.get("carriers")
    for name in carriers if isinstance(carriers, Mapping) else ():
        yield from settings_of(CarrierSettings, CarrierSettings(), at=("carriers", name))


def _nameless_carriers(config: Configuration) -> Iterator[Problem]:
    """Find the routes that lead nowhere, and names that no variable can hold."""
    for name in config.carriers:
        if not _NAME.fullmatch(name):
            message = "is no name for a carrier; take small letters, digits and dashes"
            yield Problem(("carriers", name), message)
    named = [("routes", one.carrier) for one in config.routes]
    for section, name in [*named, *(("failover", name) for name in config.failover.to)]:
        if name not in config.carriers:
            message = f"names a carrier that does not exist: {name!r}; add [carriers.{name}]"
            yield Problem((section,), message)


def _without_templates(config: Configuration) -> Iterator[Problem]:
    """Find the theme and the languages for which no folder has the templates or the sentences."""
    own = Path(config.app.templates) if config.app.templates else None
    theme, themes = config.email.theme, templates.themes(own)
    if theme not in themes:
        yield Problem(("email", "theme"), f"= {theme!r} is no theme{suggestion(theme, themes)}")
    known = templates.languages(own)
    named = [("email", "languages", tag) for tag in config.email.languages]
    for *at, tag in [("newsletter", "language", config.newsletter.language), *named]:
        if served_by(tag, known) is None:
            message = f"names {tag!r}, but the templates have no locale/{tag}"
            yield Problem(tuple(at), message + suggestion(tag, known))


def _from_environment(
    environment: Mapping[str, str], settings: Iterable[Setting]
) -> dict[str, Any]:
    """Read every setting that has a variable, or one with ``_FILE`` that names a file."""
    found: dict[str, Any] = {}
    for setting in settings:
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


def _refuse_unknown_variables(environment: Mapping[str, str], settings: Iterable[Setting]) -> None:
    known = [setting.variable for setting in settings]
    allowed = {*known, *(name + FILE for name in known), *NOT_SETTINGS}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in allowed:
            raise ConfigurationError(
                f"environment: the variable {name} is unknown{suggestion(name, known)}"
            )


def _found(place: Iterable[int | str], message: str, settings: Iterable[Setting]) -> Problem:
    """Say where pydantic found it; a message of ours names its key itself."""
    at = tuple(str(part) for part in place)
    for setting in settings:
        if setting.path == at[: len(setting.path)]:  # of one value only pydantic speaks
            return Problem(setting.path, f"has a wrong value: it takes {setting.takes}")
    message = message.removeprefix("Value error, ")
    if named := re.match(r"\[([\w.]+)\] (\w+) *", message):
        section = named[1].split(".")
        if section[0] == "carrier" and at[:1] == ("carriers",):
            section[:1] = at[:2]
        return Problem((*section, named[2]), message[named.end() :])
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
            "carrier": _carrier_below(folder, config.carrier),
            "carriers": {n: _carrier_below(folder, one) for n, one in config.carriers.items()},
            "bounces": bounces,
            "app": dataclasses.replace(
                config.app, state=below(config.app.state), templates=below(config.app.templates)
            ),
        }
    )


def _carrier_below(folder: Path, carrier: CarrierSettings) -> CarrierSettings:
    parts: dict[str, Any] = {
        name: dataclasses.replace(part, ca_file=folder / part.ca_file)
        for name in ("smtp", "api")
        if (part := getattr(carrier, name)).ca_file
    }
    parts["folder"] = dataclasses.replace(carrier.folder, path=folder / carrier.folder.path)
    return dataclasses.replace(carrier, **parts)
