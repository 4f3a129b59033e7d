"""A theme: one look of the email, as files that may stand on another theme's."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, FileSystemLoader
from jinja2 import Environment as Jinja
from jinja2.exceptions import TemplateNotFound

from digest.errors import TemplateError
from digest.render.environment import Sandbox, make_environment, render
from digest.render.words import Words
from digest.templates import ROOM, folders, themes
from digest.translations import Translations

_USES = frozenset({"text", "fill", "line"})
_PAIRS, _PLAIN = _USES, frozenset({"font", "layout"})


@dataclass(frozen=True, kw_only=True)
class Colour:
    """One colour token in both schemes."""

    light: str
    dark: str


class ThemeLoader(FileSystemLoader):
    """Reads a theme's files; one that it does not have is that of the theme it is based on.

    ``theme.toml`` names the base: ``base = "weekly"``.
    """

    def get_source(self, environment: Jinja, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return source, path and freshness of a template (Jinja2's own interface)."""
        for name in (template, *self._elsewhere(environment, template)):
            try:
                return super().get_source(environment, name)
            except TemplateNotFound:
                continue
        raise TemplateNotFound(template)

    def bases(self, environment: Jinja, theme: str) -> Iterator[str]:
        """Yield the themes below this one, the nearest first."""
        seen = {theme}
        while theme := self.about(environment, theme).get("base", ""):
            if theme in seen:
                name = f"{ROOM}/{theme}/theme.toml"
                raise TemplateError("the theme is based on itself; change its base", name=name)
            seen.add(theme)
            yield theme

    def about(self, environment: Jinja, theme: str) -> dict[str, str]:
        """Return what a theme says of itself; nothing when it has no theme.toml."""
        name = f"{ROOM}/{theme}/theme.toml"
        try:
            source, _, _ = super().get_source(environment, name)
        except TemplateNotFound:
            return {}
        about = _parse(source, name=name)
        if odd := set(about) - {"base", "about"}:
            raise TemplateError(f"a theme has no {', '.join(sorted(odd))}", name=name)
        return {key: str(value) for key, value in about.items()}

    def _elsewhere(self, environment: Jinja, template: str) -> Iterator[str]:
        room, _, rest = template.partition("/")
        theme, found, file = rest.partition("/")
        if room == ROOM and found and file != "theme.toml":
            for base in self.bases(environment, theme):
                yield f"{ROOM}/{base}/{file}"


@dataclass(frozen=True, kw_only=True)
class Theme:
    """One look of the email: templates and tokens, which every language shares.

    ``colours`` are by use (text, fill, line) and name; ``fonts`` and ``layout`` are CSS by name.
    """

    name: str
    loader: ThemeLoader
    translations: Translations
    colours: Mapping[str, Mapping[str, Colour]]
    fonts: Mapping[str, str]
    layout: Mapping[str, str]
    environments: dict[str, Sandbox] = field(default_factory=dict, repr=False, compare=False)

    def words_for(self, language: str) -> Words:
        """Return the words for a BCP 47 tag; raises `TemplateError` when there are none."""
        return Words(language=language, sentences=self.translations.language(language))

    def render(self, template: str, *, language: str, **values: Any) -> str:
        """Render one of the theme's templates; raises `TemplateError` with file and line."""
        tokens = {"colours": self.colours, "fonts": self.fonts, "layout": self.layout}
        environment = self._environment(language)
        return render(environment, f"{ROOM}/{self.name}/{template}", **tokens, **values)

    def files(self) -> list[str]:
        """Return the names of all templates that the theme has, its bases' included."""
        rooms = [self.name, *self.loader.bases(Jinja(autoescape=True), self.name)]
        known = {
            path.name
            for folder in self.loader.searchpath
            for room in rooms
            for path in (Path(folder) / ROOM / room).glob("*.j2")
        }
        return [f"{ROOM}/{self.name}/{file}" for file in sorted(known)]

    def _environment(self, language: str) -> Sandbox:
        """Return the sandbox of a language; two threads may both build it: they are alike."""
        found = self.translations.language(language)
        if found.tag not in self.environments:
            self.environments[found.tag] = make_environment(language=found, loader=self.loader)
        return self.environments[found.tag]


def load_theme(name: str, *, folder: Path | None = None, salutation: str = "") -> Theme:
    """Read a theme; files in ``folder`` (the operator's) win over the shipped ones."""
    loader = ThemeLoader(folders(folder))
    tokens = _read_tokens(loader, f"{ROOM}/{name}/tokens.toml")
    return Theme(
        name=name,
        loader=loader,
        translations=Translations(folder, salutation=salutation),
        colours={use: tokens[use] for use in sorted(_USES)},
        fonts=tokens["font"],
        layout=tokens["layout"],
    )


def tokens_changed(name: str, *, folder: Path | None) -> tuple[int, ...]:
    """Return when a theme's own tokens, or what it is based on, were last changed (st_mtime_ns)."""
    files = ("tokens.toml", "theme.toml")
    paths = [base / ROOM / name / file for base in folders(folder) for file in files]
    return tuple(path.stat().st_mtime_ns if path.is_file() else 0 for path in paths)


def list_themes(folder: Path | None = None) -> dict[str, str]:
    """Return the names of all themes, and what each says of itself."""
    loader = ThemeLoader(folders(folder))
    environment = Jinja(loader=loader, autoescape=True)
    return {name: loader.about(environment, name).get("about", "") for name in themes(folder)}


def _read_tokens(loader: BaseLoader, name: str) -> dict[str, dict[str, Any]]:
    try:
        source, _, _ = loader.get_source(Jinja(autoescape=True), name)
    except TemplateNotFound as error:
        raise TemplateError(
            "there is no such file; `digest template list` names the themes", name=name
        ) from error
    tokens = _parse(source, name=name)
    if odd := set(tokens).symmetric_difference(_PAIRS | _PLAIN):
        raise TemplateError(f"misses or does not know {', '.join(sorted(odd))}", name=name)
    try:
        pairs = {use: {k: Colour(**v) for k, v in tokens[use].items()} for use in _PAIRS}
        plain = {use: {k: str(v) for k, v in tokens[use].items()} for use in _PLAIN}
    except (AttributeError, TypeError) as error:
        raise TemplateError("every colour needs light and dark", name=name) from error
    return {**pairs, **plain}


def _parse(source: str, *, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(str(error), name=name) from error
