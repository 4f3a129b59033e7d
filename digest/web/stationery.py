"""The paper the pages are written on: templates, style, languages, and the policy over them."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, TemplateSyntaxError
from jinja2 import TemplateError as JinjaError
from markupsafe import Markup

from digest.clock import Clock
from digest.editions.issue import NewsletterSettings
from digest.errors import TemplateError
from digest.pages import WebSettings
from digest.posts.language import direction
from digest.render.environment import Sandbox, make_environment, render
from digest.render.words import Words
from digest.templates import ORIGINAL, folders
from digest.translations import Translations
from digest.web.words import choose, own_name

_STYLE = "web/style.css"
_LOOK_SECONDS = 1.0
_SECURE_PREFIX = "__Host-"  # binds a cookie to this host and to https (RFC 6265bis 4.1.3.2)
PERSONAL = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with a form: a sentence, and the id of the field that it is about."""

    text: str
    field: str = ""


class _CalmLoader(FileSystemLoader):
    """Looks at most once a second whether a template has changed, and not for every page.

    To look lets go of the interpreter, and a busy site then waits to get it back.
    """

    def __init__(self, places: Sequence[Path], *, clock: Clock) -> None:
        super().__init__(places)
        self._clock = clock

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """Return a template, and what says whether that is still what stands in its file."""
        source, place, is_current = super().get_source(environment, template)
        looked_at = self._clock.monotonic()

        def is_current_enough() -> bool:
            nonlocal looked_at
            if self._clock.monotonic() - looked_at < _LOOK_SECONDS:
                return True
            looked_at = self._clock.monotonic()
            return is_current()

        return source, place, is_current_enough


class Stationery:
    """Writes pages; built once, and safe to share between threads.

    ``salutation`` chooses a form of address (see `Translations`).
    """

    def __init__(
        self,
        newsletter: NewsletterSettings,
        *,
        web: WebSettings | None = None,
        folder: Path | None = None,
        salutation: str = "",
        clock: Clock | None = None,
    ) -> None:
        self._newsletter = newsletter
        self._web = web or WebSettings()
        translations = Translations(folder, salutation=salutation)
        self.languages = translations.languages
        # Looked up once: the catalogues stand in folders, and a request must not search these.
        self._words = {
            tag: Words(language=tag, sentences=translations.language(tag)) for tag in self.languages
        }
        self._environments = {
            tag: make_environment(
                folder,
                language=words.sentences,
                loader=_CalmLoader(folders(folder), clock=clock or Clock()),
            )
            for tag, words in self._words.items()
        }
        _compile(self._environments[ORIGINAL], folders(folder))
        self._style = render(self._environments[ORIGINAL], _STYLE)
        if re.search(r"</style", self._style, re.IGNORECASE):
            raise TemplateError("a style sheet cannot hold </style", name=_STYLE)
        self._styled = Markup(self._style)  # noqa: S704 - our own file, its hash is in the policy
        # The style stands in the page, so its hash is all that the policy has to allow.
        digest = b64encode(sha256(self._style.encode()).digest()).decode()
        self.policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self';"
            " frame-ancestors 'none'; base-uri 'none'"
        )

    def language(self, request: Request) -> str:
        """Choose the language for this request: ``?lang=``, Accept-Language, the newsletter's."""
        return choose(
            request.query_params.get("lang"),
            accepted=request.headers.get("accept-language", ""),
            default=self._newsletter.language,
            languages=self.languages,
        )

    def words(self, request: Request) -> Words:
        """Return what writes sentences, numbers and dates in this request's language."""
        return self._words[self.language(request)]

    def keep(self, request: Request) -> str:
        """Return the query that keeps a language once it was chosen, or nothing."""
        asked = request.query_params.get("lang")
        return f"?lang={asked}" if asked in self.languages else ""

    def page(
        self,
        name: str,
        request: Request,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        problem: Problem | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """Render ``templates/web/<name>.html.j2`` in the reader's language.

        ``values`` are what the template needs; ``_("...")`` in it translates. ``problem`` stands
        in a box on top.
        """
        language = self.language(request)
        html = render(
            self._environments[language],
            f"web/{name}.html.j2",
            language=language,
            direction=direction(language),
            others=[(tag, own_name(tag)) for tag in self.languages if tag != language],
            keep=self.keep(request),
            newsletter=self._newsletter,
            style=self._styled,
            problem=problem,
            **values,
        )
        about = {"Content-Language": language, "Vary": "Accept-Language"}
        return HTMLResponse(
            html,
            status_code=status,
            headers={**about, "Content-Security-Policy": self.policy, **(headers or {})},
        )

    def message(
        self, request: Request, *, title: str, text: str, status: int, **values: Any
    ) -> HTMLResponse:
        """Say one thing on a page; ``title`` and ``text`` are English sentences (`sentence`)."""
        say = self.words(request).sentences.gettext
        return self.page(
            "message",
            request,
            status=status,
            headers=PERSONAL,
            title=_filled(say(title), values),
            text=_filled(say(text), values),
        )

    def problem(
        self,
        name: str,
        request: Request,
        *,
        text: str,
        field: str = "",
        status: int = 422,
        told: dict[str, Any] | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """Show a form again with what is wrong on top; ``values`` hold what was typed.

        ``text`` is an English sentence (`sentence`), ``told`` what is filled into it, ``field``
        the id of the field that it is about.
        """
        said = _filled(self.words(request).sentences.gettext(text), told or {})
        return self.page(
            name,
            request,
            status=status,
            headers=PERSONAL,
            problem=Problem(text=said, field=field),
            **values,
        )

    def set_cookie(self, response: Response, name: str, value: str, *, lifetime: timedelta) -> None:
        """Have the browser keep a value that no script and no other site's request can use."""
        is_secure = self._web.is_secure
        response.set_cookie(
            f"{_SECURE_PREFIX}{name}" if is_secure else name,
            value,
            max_age=int(lifetime.total_seconds()),
            path="/",
            secure=is_secure,
            httponly=True,
            samesite="lax",
        )

    def cookie(self, request: Request, name: str) -> str:
        """Return what `set_cookie` had this browser keep, or nothing."""
        is_secure = self._web.is_secure
        return request.cookies.get(f"{_SECURE_PREFIX}{name}" if is_secure else name, "")


def _filled(sentence: str, values: dict[str, Any]) -> str:
    return sentence % values if values else sentence


def _compile(environment: Sandbox, places: Iterable[Path]) -> None:
    """Find a page's syntax errors now, and not when a reader wants to unsubscribe."""
    pages = {path.name for folder in places for path in (folder / "web").glob("*.html.j2")}
    for page in sorted(pages):
        name = f"web/{page}"
        try:
            environment.get_template(name)
        except TemplateSyntaxError as error:
            message = error.message or "syntax"
            raise TemplateError(message, name=error.name or name, line=error.lineno) from error
        except JinjaError as error:
            raise TemplateError(f"cannot be read ({error})", name=name) from error
