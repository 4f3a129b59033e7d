"""The demo's inbox in the browser: what came on the left, the chosen mail on the right.

The pages work without scripts. A mail is shown in a sandboxed frame, which has neither scripts
nor an origin, and from which nothing is loaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment

from digest.demo.mailbox import Mailbox
from digest.demo.opened import Opened, Scheme, open_message
from digest.demo.press import demo_pages

LISTED = 100  # of the newest messages; all of them are files in the folder
CLIPPED_AT = 102 * 1024  # bytes of HTML that Gmail shows

_ALL = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE = _ALL | {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; frame-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}
_FRAME = _ALL | {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )
}


@dataclass(frozen=True)
class Lens:
    """How a mail is looked at."""

    show: Literal["html", "text", "headers", "source"] = "html"
    width: Literal["full", "phone"] = "full"
    scheme: Scheme = "light"

    def query(self, **changes: Any) -> str:
        """Return this lens, or a changed one, as the query of a link."""
        return urlencode(vars(replace(self, **changes)))


AskedLens = Annotated[Lens, Depends()]


def inbox(mailbox: Mailbox, *, public_url: str) -> APIRouter:
    """Return the routes below ``/mail`` that show this mailbox.

    In the mails as they are shown, links to ``public_url`` lead to the same pages on this server.
    """
    desk = _Desk(mailbox, public_url=public_url)
    router = APIRouter(prefix="/mail", include_in_schema=False)
    router.get("")(desk.newest)
    router.get("/inbox.css")(desk.style)
    router.get("/{number:int}")(desk.message)
    router.get("/{number:int}/frame")(desk.frame)
    return router


class _Desk:
    """Answers for the inbox."""

    def __init__(self, mailbox: Mailbox, *, public_url: str) -> None:
        self._mailbox = mailbox
        self._public_url = public_url
        self._pages: Environment = demo_pages()
        self._open = lru_cache(maxsize=2 * LISTED)(open_message)

    def newest(self, lens: AskedLens) -> HTMLResponse:
        """Show the list, and beside it, where there is room, the newest mail."""
        messages = self._mailbox.messages
        return self._show(self._open(messages[-1]) if messages else None, lens, at="list")

    def message(self, number: int, lens: AskedLens) -> HTMLResponse:
        """Show one mail, and beside it the list."""
        return self._show(self._find(number), lens, at="mail")

    def frame(self, number: int, scheme: Scheme = "light") -> HTMLResponse:
        """Give the HTML body of a mail, in its cage."""
        opened = self._find(number)
        if opened.html is None:
            raise HTTPException(404, "this mail has no HTML part")
        html = opened.in_scheme(scheme).replace(f'href="{self._public_url}/', 'href="/')
        return HTMLResponse(html, headers=_FRAME)

    def style(self) -> Response:
        """Give the style sheet of the pages."""
        css = (files("digest.demo") / "pages" / "inbox.css").read_bytes()
        return Response(css, media_type="text/css", headers=_ALL)

    def _find(self, number: int) -> Opened:
        message = self._mailbox.find(number)
        if message is None:
            raise HTTPException(404, "there is no such mail")
        return self._open(message)

    def _show(self, opened: Opened | None, lens: Lens, *, at: str) -> HTMLResponse:
        messages = self._mailbox.messages
        if opened is not None and opened.html is None and lens.show == "html":
            lens = replace(lens, show="text")
        page = self._pages.get_template("inbox.html.j2").render(
            at=at,
            count=len(messages),
            listed=[self._open(message) for message in reversed(messages[-LISTED:])],
            opened=opened,
            lens=lens,
            switches=_switches(lens, parts=_parts(opened)),
            clipped_at=CLIPPED_AT,
        )
        return HTMLResponse(page, headers=_PAGE)


@dataclass(frozen=True, kw_only=True)
class _Switch:
    """One link of the lens bar."""

    label: str
    query: str
    on: bool


def _parts(opened: Opened | None) -> tuple[str, ...]:
    """Return what of this mail can be shown."""
    always = ("text", "headers", "source")
    return ("html", *always) if opened is not None and opened.html is not None else always


def _switches(lens: Lens, *, parts: Sequence[str]) -> dict[str, list[_Switch]]:
    """Return the lens bar: the name of each group, and its links."""

    def switch(label: str, **change: str) -> _Switch:
        return _Switch(
            label=label, query=lens.query(**change), on=change.items() <= vars(lens).items()
        )

    names = {"html": "HTML"}
    groups = {"Part": [switch(names.get(part, part.capitalize()), show=part) for part in parts]}
    if lens.show == "html":
        groups["Width"] = [switch("Full", width="full"), switch("Phone", width="phone")]
        groups["Colours"] = [switch("Light", scheme="light"), switch("Dark", scheme="dark")]
    return groups
