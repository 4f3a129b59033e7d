"""The frame around every page of the console: layout, flash words, refusals; how to add a page.

A page is a class with a line in `digest.web.console.mount.rooms`, and a template::

    @dataclass(frozen=True, kw_only=True)
    class SourcePages:
        frame: Frame

        def router(self) -> APIRouter:
            router = APIRouter()  # addresses stand below /console
            router.add_api_route("/sources", self.list, methods=["GET"])
            router.add_api_route("/sources/{name}/pause", self.pause, methods=["POST"])
            return router

        def list(self, request: Request, visit: Viewer) -> Response:
            return self.frame.page(
                request, "sources.html.j2", here="sources", title="Sources", rows=...
            )

        def pause(self, request: Request, visit: Publisher, name: str) -> Response:
            roster.pause(visit.app, name)  # visit.app acts in the account's name
            return self.frame.back(request, "/sources", said=f"{name} is paused.")

- `Viewer`, `Editor`, `Publisher`, `Admin` (of `gate`) let in who has that role, and check the form
  of a POST. What was typed is in ``visit.field("reason")`` and ``visit.fields("topic")``;
  endpoints are plain ``def``.
- Every form holds ``<input type="hidden" name="csrf" value="{{ csrf }}">`` and is answered by
  `Frame.back` (303). Errors of ours that a page does not catch become a page with their words. To
  keep what was typed, catch the error and answer with `Frame.refused`: the same template, with
  ``problem`` in it (`base.html.j2` shows it) and the values that were typed.
- Templates stand in ``templates/console``, extend ``console/base.html.j2``, fill ``{% block main
  %}`` and are given: ``newsletter``, ``here``, ``title``, ``person`` (``person.may("editor")``),
  ``csrf``, ``said``, ``problem``, ``now``; the filters ``local`` ("Fri 12 Jun 2026 07:00"), ``day``
  ("Friday, 12 June"), ``clock`` ("07:00"), ``number`` (1,234), ``percent`` (of a share: 0.9977 is
  "99.7 %"). Beside ``main`` there is ``{% block head %}`` for a page's own ``<link>`` or
  ``<script src>``, and ``{% block aside %}`` for what stands right of the title.
- Nothing inline: neither ``style=`` nor ``<script>``. Classes are explained in ``style.css``; files
  of ``templates/console/static`` are named ``{{ static("keys.js") }}``.
- htmx only swaps: ``hx-post``/``hx-get`` go to the same address as the form or link, with
  ``hx-target`` and ``hx-select`` naming the part of the whole page that comes back.
- A body has at most 1 MiB. Who takes files says more: ``add_api_route(..., max_body_size=...)``.
- A key is ``data-key="x"`` on a link, a button or a field: pressing x clicks or focuses it.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from digest.accounts.seals import Seals
from digest.accounts.tries import TooManyTriesError
from digest.app import App
from digest.errors import PersonNeededError
from digest.render.environment import make_environment, render
from digest.web.console.gate import DOOR, ForbiddenError, ForgedError, Gate, SignInNeededError
from digest.web.console.statics import Statics

BASE = "/console"
NAVIGATION = (
    ("today", "Today", f"{BASE}/"),
    ("issues", "Issues", f"{BASE}/issues"),
    ("sources", "Sources", f"{BASE}/sources"),
    ("subscribers", "Subscribers", f"{BASE}/subscribers"),
    ("deliverability", "Deliverability", f"{BASE}/deliverability"),
    ("templates", "Templates", f"{BASE}/templates"),
    ("settings", "Settings", f"{BASE}/settings"),
)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none';"
    " base-uri 'none'"
)
_SAID = "said"
_LONGEST_SAID = 1000  # characters; a cookie holds 4096 octets
_UNREADABLE = 422
_STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (SignInNeededError, 401),
    (ForbiddenError, 403),
    (ForgedError, 403),
    (PersonNeededError, 409),
    (TooManyTriesError, 429),
)


class Frame:
    """Writes the pages of the console; built once, and safe to share between threads."""

    def __init__(self, app: App, *, gate: Gate, statics: Statics) -> None:
        folder = app.config.app.templates
        self.app = app
        self._gate = gate
        self._seals = Seals(keyring=app.keyring, use="console said")
        self._environment = make_environment(Path(folder) if folder else None)
        self._environment.filters |= filters(app)
        self._environment.globals |= {"static": statics.url}

    def page(
        self,
        request: Request,
        template: str,
        *,
        here: str,
        title: str,
        status: int = 200,
        headers: dict[str, str] | None = None,
        **values: Any,
    ) -> Response:
        """Render ``templates/console/<template>``; ``here`` is the navigation's word for it."""
        said = self._said(request)
        html = render(
            self._environment,
            f"console/{template}",
            newsletter=self.app.config.newsletter,
            navigation=NAVIGATION,
            here=here,
            title=title,
            person=self._gate.person(request),
            csrf=self._gate.csrf(request),
            said=said,
            now=self.app.clock.now(),
            **{"problem": None, **values},
        )
        own = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
        answer = HTMLResponse(html, status_code=status, headers={**own, **(headers or {})})
        if said:
            self._gate.cookies.drop(request, answer, _SAID)
        if hasattr(request.state, "door"):
            self._gate.cookies.set(request, answer, DOOR, self._gate.new_door(request))
        return answer

    def part(self, template: str, **values: Any) -> str:
        """Render a piece of a page, for what changes while somebody looks at it."""
        return render(self._environment, f"console/{template}", **values)

    def back(self, request: Request, path: str, *, said: str = "") -> Response:
        """Go to a page of the console ("/issues") after something was done, and say what was."""
        answer = RedirectResponse(f"{BASE}{path}", status_code=303)
        if said:
            text = quote(said[:_LONGEST_SAID])
            self._gate.cookies.set(request, answer, _SAID, f"{text}.{self._seals.seal(text)}")
        return answer

    def refused(
        self,
        request: Request,
        error: Exception,
        *,
        template: str = "refused.html.j2",
        here: str = "",
        title: str = "This was not done",
        **values: Any,
    ) -> Response:
        """Say why something was not done: 409 where a person has to decide, 403, or else 422.

        With the ``template`` and ``values`` of the form nothing that was typed is lost.
        """
        problem = _sentence(str(error))
        return self.page(
            request,
            template,
            here=here,
            title=title,
            status=status_of(error),
            problem=problem,
            **values,
        )

    def _said(self, request: Request) -> str:
        text, _, mark = self._gate.cookies.get(request, _SAID).rpartition(".")
        return unquote(text) if text and self._seals.fits(mark, text) else ""


def status_of(error: Exception) -> int:
    """Return the HTTP status for an error of ours."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), _UNREADABLE)


def filters(app: App) -> dict[str, Callable[..., str]]:
    """Return what templates write moments and figures with."""
    return {
        "local": app.local,
        "day": lambda moment: _day(moment.astimezone(app.zone)),
        "clock": lambda moment: f"{moment.astimezone(app.zone):%H:%M}",
        "number": number,
        "percent": percent,
    }


def number(value: int) -> str:
    """Write a count: 1,234."""
    return f"{value:,}"


def percent(share: float, *, digits: int = 1) -> str:
    """Write a share of one, cut and never rounded up: 0.9977 is "99.7 %"."""
    cut = Decimal(str(share * 100)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_FLOOR)
    return f"{cut} %"


def _day(moment: datetime) -> str:
    return f"{moment:%A}, {moment.day} {moment:%B}"


def _sentence(text: str) -> str:
    """Write an error of ours, which is a clause for the command line, as a sentence."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."
