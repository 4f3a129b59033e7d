"""The paper the pages are written on: templates, style, words, and the policy over them."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import TemplateError as JinjaError
from jinja2 import TemplateSyntaxError
from markupsafe import Markup

from digest.editions.issue import NewsletterSettings
from digest.errors import TemplateError
from digest.render.environment import Sandbox, make_environment, render
from digest.web.words import LANGUAGES, PageWords, choose

_STYLE = "web/style.css"
_PAGES = ("archive", "base", "message", "unsubscribe", "unsubscribed")
PERSONAL = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


class Stationery:
    """Writes pages; built once, and safe to share between threads."""

    def __init__(self, newsletter: NewsletterSettings, *, folder: Path | None = None) -> None:
        self._newsletter = newsletter
        self._environment = make_environment(folder)
        _compile(self._environment)
        self._style = render(self._environment, _STYLE)
        if re.search(r"</style", self._style, re.IGNORECASE):
            raise TemplateError("a style sheet cannot hold </style", name=_STYLE)
        # The style stands in the page, so its hash is all that the policy has to allow.
        digest = b64encode(sha256(self._style.encode()).digest()).decode()
        self.policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self';"
            " frame-ancestors 'none'; base-uri 'none'"
        )

    def words(self, request: Request) -> PageWords:
        """Choose the language for this request: ``?lang=``, Accept-Language, the newsletter's."""
        return choose(
            request.query_params.get("lang"),
            accepted=request.headers.get("accept-language", ""),
            default=self._newsletter.language,
        )

    def page(
        self,
        name: str,
        request: Request,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """Render ``templates/web/<name>.html.j2`` in the reader's language."""
        words = self.words(request)
        chosen = request.query_params.get("lang") == words.language
        html = render(
            self._environment,
            f"web/{name}.html.j2",
            words=words,
            others=[other for other in LANGUAGES.values() if other is not words],
            keep=f"?lang={words.language}" if chosen else "",
            newsletter=self._newsletter,
            style=Markup(self._style),  # noqa: S704 - our own file, and its hash is in the policy
            **values,
        )
        about = {"Content-Language": words.language, "Vary": "Accept-Language"}
        return HTMLResponse(
            html,
            status_code=status,
            headers={**about, "Content-Security-Policy": self.policy, **(headers or {})},
        )

    def message(
        self, request: Request, *, title: str, text: str, status: int, **values: Any
    ) -> HTMLResponse:
        """Say one thing on a page: ``title`` and ``text`` are keys of the words."""
        words = self.words(request)
        return self.page(
            "message",
            request,
            status=status,
            headers=PERSONAL,
            title=getattr(words, title).format(**values),
            text=getattr(words, text).format(**values),
        )


def _compile(environment: Sandbox) -> None:
    """Find a page's syntax errors now, and not when a reader wants to unsubscribe."""
    for page in _PAGES:
        name = f"web/{page}.html.j2"
        try:
            environment.get_template(name)
        except TemplateSyntaxError as error:
            message = error.message or "syntax"
            raise TemplateError(message, name=error.name or name, line=error.lineno) from error
        except JinjaError as error:
            raise TemplateError(f"cannot be read ({error})", name=name) from error
