"""Templates: a sandbox that reads only the template folders, and a theme's words and colours."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateSyntaxError
from jinja2 import TemplateError as JinjaError
from jinja2.exceptions import SecurityError, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.errors import TemplateError
from digest.render import text
from digest.render.words import Words, read_words

_REPEATING = frozenset({"*", "**", "%"})


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, which also refuses to fill the memory (``'a' * 10**9``)."""

    intercepted_binops = _REPEATING

    def join_path(self, template: str, parent: str) -> str:
        """Let a template name its neighbours: ``./post.j2``."""
        if template.startswith("./"):
            return f"{parent.rpartition('/')[0]}/{template.removeprefix('./')}"
        return template

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Let these operators work on small numbers only."""
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if not numbers or (operator == "**" and abs(right) > 64):  # noqa: PLR2004 - any small bound
            raise SecurityError(f"{operator} takes numbers only in a template")
        return super().call_binop(context, operator, left, right)


@dataclass(frozen=True, kw_only=True)
class Colour:
    """One colour token in both schemes."""

    light: str
    dark: str


@dataclass(frozen=True, kw_only=True)
class Theme:
    """One look of the email: its templates, colours, and words by language."""

    name: str
    environment: Sandbox
    colours: Mapping[str, Mapping[str, Colour]]
    words: Mapping[str, Words]

    def words_for(self, language: str) -> Words:
        """Return the words for a BCP 47 tag, or for the language it is a form of."""
        for known in (language, language.partition("-")[0]):
            if known in self.words:
                return self.words[known]
        raise TemplateError(
            f"there are no words for the language {language!r}; copy [en] and translate it",
            name=f"edition/{self.name}/words.toml",
        )

    def render(self, template: str, **values: Any) -> str:
        """Render one of the theme's templates; raises `TemplateError` with file and line."""
        return render(self.environment, f"edition/{self.name}/{template}", **values)


def shipped_templates() -> Path:
    """Return the folder of the templates that come with Digest, from a wheel or a checkout."""
    inside = Path(str(files("digest"))) / "shipped" / "templates"
    return inside if inside.is_dir() else Path(str(files("digest"))).parent / "templates"


def shipped_config() -> Path:
    """Return the config.toml that comes with Digest, from a wheel or a checkout."""
    inside = Path(str(files("digest"))) / "shipped" / "config.toml"
    return inside if inside.is_file() else Path(str(files("digest"))).parent / "config.toml"


def make_environment(folder: Path | None = None) -> Sandbox:
    """Build the sandbox; files in ``folder`` win over the shipped ones.

    Values are escaped everywhere but in ``.txt`` templates. An unknown name is an error.
    """
    folders = [folder, shipped_templates()] if folder else [shipped_templates()]
    environment = Sandbox(
        loader=FileSystemLoader(folders),  # refuses ".." and absolute names
        undefined=StrictUndefined,
        autoescape=lambda name: not (name or "").removesuffix(".j2").endswith(".txt"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals = {}  # no lipsum, cycler, joiner, namespace, dict, range
    environment.filters |= {"wrap": text.wrap, "underline": text.underline}
    return environment


def load_theme(name: str, *, folder: Path | None = None) -> Theme:
    """Read a theme; files in ``folder`` (the operator's) win over the shipped ones."""
    environment = make_environment(folder)
    base = f"edition/{name}"
    return Theme(
        name=name,
        environment=environment,
        colours=_read_colours(environment, f"{base}/tokens.toml"),
        words=read_words(_read_toml(environment, f"{base}/words.toml"), name=f"{base}/words.toml"),
    )


def render(environment: Sandbox, name: str, **values: Any) -> str:
    """Render a template; every way in which it can fail is a `TemplateError`."""
    try:
        return environment.get_template(name).render(**values)
    except TemplateNotFound as error:
        raise TemplateError(f"there is no template {error.name}", name=name) from error
    except TemplateSyntaxError as error:
        where = error.name or name
        raise TemplateError(error.message or "syntax", name=where, line=error.lineno) from error
    except (JinjaError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        where, line = _place(error, environment, default=name)
        raise TemplateError(str(error), name=where, line=line) from error


def _place(error: BaseException, environment: Sandbox, *, default: str) -> tuple[str, int | None]:
    """Find the innermost template line in the traceback, which Jinja2 rewrites for this."""
    place: tuple[str, int | None] = (default, None)
    trace = error.__traceback__
    loader = environment.loader
    folders = loader.searchpath if isinstance(loader, FileSystemLoader) else []
    while trace:
        filename = trace.tb_frame.f_code.co_filename
        for folder in folders:
            if filename.startswith(f"{folder}/") and filename.endswith(".j2"):
                place = (Path(filename).relative_to(folder).as_posix(), trace.tb_lineno)
        trace = trace.tb_next
    return place


def _read_colours(environment: Sandbox, name: str) -> dict[str, dict[str, Colour]]:
    try:
        return {
            use: {token: Colour(**pair) for token, pair in tokens.items()}
            for use, tokens in _read_toml(environment, name).items()
        }
    except (AttributeError, TypeError) as error:
        raise TemplateError("every token needs light and dark", name=name) from error


def _read_toml(environment: Sandbox, name: str) -> dict[str, Any]:
    assert environment.loader is not None  # noqa: S101 - make_environment gives it one
    try:
        source, _, _ = environment.loader.get_source(environment, name)
        return tomllib.loads(source)
    except TemplateNotFound as error:
        raise TemplateError("there is no such file", name=name) from error
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(str(error), name=name) from error
