"""Templates: a sandbox that reads only the template folders and speaks the reader's language."""

from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from jinja2 import (
    BytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    TemplateSyntaxError,
    pass_eval_context,
)
from jinja2 import TemplateError as JinjaError
from jinja2.bccache import Bucket
from jinja2.exceptions import SecurityError, TemplateNotFound
from jinja2.nodes import EvalContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from markupsafe import escape

from digest.errors import TemplateError
from digest.render import text
from digest.templates import ORIGINAL, folders
from digest.translations import Language

_REPEATING = frozenset({"*", "**", "%"})
_MOST_JUDGED = 2_000  # a template that makes up names must not fill the memory
_ENGLISH = Language(tag=ORIGINAL, messages=NullTranslations())


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, which also refuses to fill the memory (``'a' * 10**9``)."""

    intercepted_binops = _REPEATING

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._judged: dict[tuple[type, str], bool] = {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Say whether a template may read this; asked once of each kind of object.

        Jinja2's rule looks at the object's type and the attribute's name alone.
        """
        asked = (type(obj), attr)
        if asked not in self._judged:
            if len(self._judged) >= _MOST_JUDGED:
                return super().is_safe_attribute(obj, attr, value)
            self._judged[asked] = super().is_safe_attribute(obj, attr, value)
        return self._judged[asked]

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


def make_environment(
    folder: Path | None = None,
    *,
    language: Language | None = None,
    loader: FileSystemLoader | None = None,
) -> Sandbox:
    """Build the sandbox; files in ``folder`` win over the shipped ones.

    Values are escaped everywhere but in ``.txt`` templates. An unknown name is an error.
    ``language`` gives ``_("...")``, ``ngettext``, ``pgettext`` and ``{% trans %}`` their sentences
    (without it they are English); ``loader`` takes the place of the folders.
    """
    environment = Sandbox(
        loader=loader or FileSystemLoader(folders(folder)),  # refuses ".." and absolute names
        undefined=_Missing,
        autoescape=lambda name: not (name or "").removesuffix(".j2").endswith(".txt"),
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=_compiled(),
    )
    # No lipsum, cycler, joiner, namespace, dict, range.
    environment.globals = {"_": environment.globals["_"]}
    environment.filters |= {"wrap": text.wrap, "underline": text.underline}
    _install(environment, language or _ENGLISH)
    return environment


def render(environment: Sandbox, name: str, /, **values: Any) -> str:
    """Render a template; every way in which it can fail is a `TemplateError`."""
    try:
        return environment.get_template(name).render(**values)
    except TemplateNotFound as error:
        raise TemplateError(f"there is no template {error.name}", name=name) from error
    except TemplateSyntaxError as error:
        where = place_of(error.filename, environment) or error.name or name
        raise TemplateError(error.message or "syntax", name=where, line=error.lineno) from error
    except (JinjaError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        where, line = _place(error, environment, default=name)
        raise TemplateError(str(error), name=where, line=line) from error


def place_of(filename: str | None, environment: Sandbox) -> str | None:
    """Return a template's path below its template folder, or None when it is none."""
    loader = environment.loader
    known = loader.searchpath if isinstance(loader, FileSystemLoader) else []
    for folder in known:
        if filename and filename.startswith(f"{folder}/"):
            return Path(filename).relative_to(folder).as_posix()
    return None


def _place(error: BaseException, environment: Sandbox, *, default: str) -> tuple[str, int | None]:
    """Find the innermost template line in the traceback, which Jinja2 rewrites for this."""
    place: tuple[str, int | None] = (default, None)
    trace = error.__traceback__
    while trace:
        name = place_of(trace.tb_frame.f_code.co_filename, environment)
        if name and name.endswith(".j2"):
            place = (name, trace.tb_lineno)
        trace = trace.tb_next
    return place


class _Missing(StrictUndefined):
    """A name that is not there, said as whoever writes templates would."""

    @property
    def _undefined_message(self) -> str:
        name = self._undefined_name
        if self._undefined_hint or not isinstance(name, str):
            return super()._undefined_message
        if self._undefined_obj is missing:
            return f"there is nothing called {name!r} here"
        known = [known for known in dir(self._undefined_obj) if not known.startswith("_")]
        near = get_close_matches(name, known, n=1)
        return f"there is no {name!r} in it" + (f"; is it {near[0]!r}?" if near else "")


class _Compiled(BytecodeCache):
    """Keeps what templates were compiled to, so that a language more does not compile them anew.

    Jinja2 looks at the source's checksum: a changed template is compiled again.
    """

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket if its template was compiled before."""
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what the bucket's template was compiled to."""
        self._code[bucket.key] = bucket.bytecode_to_string()


@cache
def _compiled() -> _Compiled:
    """Return the one of this process: all environments here are set up alike."""
    return _Compiled()


def _install(environment: Sandbox, language: Language) -> None:
    """Give the templates their sentences; a catalogue holds words, so its markup is escaped."""
    install = environment.install_gettext_callables  # type: ignore[attr-defined] # the extension's
    install(
        _escaping(language.gettext),
        _escaping(language.ngettext),
        newstyle=True,
        pgettext=_escaping(language.pgettext),
        npgettext=_escaping(language.npgettext),
    )


def _escaping(find: Callable[..., str]) -> Callable[..., str]:
    @pass_eval_context
    def found(context: EvalContext, *arguments: Any) -> str:
        return escape(find(*arguments)) if context.autoescape else find(*arguments)

    return found
