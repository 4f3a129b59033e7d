"""The mail in a frame: one form of the next issue through one lens, with dead links."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from digest import looking
from digest.app import App
from digest.errors import DigestError
from digest.looking import Shown, Wish
from digest.render.lenses import LENSES, NAMES, text_page
from digest.web.console.frame import Frame
from digest.web.console.gate import Viewer
from digest.web.console.periods import open_period
from subscribers.errors import SubscriberError

USUAL = "phone"
"""The lens through which an issue is looked at first: most mail is read there."""
WIDTHS = (320, 375, 640, 800)
_CONFLICT = 409
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'self'; sandbox"
)
FRAMED = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""What an answer says that is shown in a frame: nothing runs, loads from outside, or leads away."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is looked at: a lens, the width of its window, and whose form of the issue.

    ``beside`` is a second lens, or "". As typed into an address: a lens that there is not is the
    usual one.
    """

    lens: str = USUAL
    beside: str = ""
    width: int = 375
    language: str = ""
    topics: str = ""
    reader: str = ""

    @property
    def panes(self) -> tuple[tuple[str, int], ...]:
        """The lenses that stand side by side, and how wide each is."""
        first = (self.lens, self.width)
        return (first, (self.beside, _usual_width(self.beside))) if self.beside else (first,)

    @property
    def address(self) -> str:
        """Return what goes behind the address of a page so that it shows this look again."""
        asked: dict[str, str | int] = {
            "lens": self.lens if self.lens != USUAL else "",
            "beside": self.beside,
            "width": self.width if self.width != _usual_width(self.lens) else "",
            "language": self.language,
            "topics": self.topics,
            "as": self.reader,
        }
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"?{query}" if query else ""

    def query(self, **other: str | int) -> str:
        """Return the query of the same look, with something else in it; a lens has its width."""
        asked: dict[str, str | int] = {
            "lens": self.lens,
            "beside": self.beside,
            "width": "",
            "language": self.language,
            "topics": self.topics,
            "as": self.reader,
            **other,
        }
        return urlencode({name: value for name, value in asked.items() if value})

    @property
    def wish(self) -> Wish:
        """The form that is asked for."""
        return Wish(language=self.language or None, topics=self.topics, reader=self.reader or None)


def asked(
    lens: str = USUAL,
    beside: str = "",
    width: int = 0,
    language: str = "",
    topics: str = "",
    reader: Annotated[str, Query(alias="as")] = "",
) -> Look:
    """Return what an address asks to look at, as far as there is such a thing."""
    name = lens if lens in NAMES else USUAL
    return Look(
        lens=name,
        beside=beside if beside in NAMES and beside != name else "",
        width=width if width in WIDTHS else _usual_width(name),
        language=language,
        topics=topics,
        reader=reader.strip(),
    )


def _usual_width(lens: str) -> int:
    """Return the width nearest to that of a lens; words stand in a wide window."""
    usual = next((one.width for one in LENSES if one.name == lens), WIDTHS[-2])
    return min(WIDTHS, key=lambda width: abs(width - usual))


def look_of(request: Request) -> Look:
    """Return what the address of a form asks to look at, so that its page shows that again."""
    asks = request.query_params
    width = asks.get("width", "")
    return asked(
        lens=asks.get("lens", USUAL),
        beside=asks.get("beside", ""),
        width=int(width) if width.isascii() and width.isdecimal() else 0,
        language=asks.get("language", ""),
        topics=asks.get("topics", ""),
        reader=asks.get("as", ""),
    )


Looked = Annotated[Look, Depends(asked)]
"""What the address of a page asks to look at."""


@dataclass(frozen=True, kw_only=True)
class LensPages:
    """What stands in the frame."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join it to its address."""
        router = APIRouter()
        router.add_api_route("/issues/{period}/lens", self.lens, methods=["GET"])
        return router

    def lens(self, visit: Viewer, period: str, look: Looked) -> Response:
        """Show the mail alone; nothing in it runs, loads from outside, or leads anywhere."""
        try:
            return HTMLResponse(
                looking.see(look_at(visit.app, period, look), look.lens), headers=FRAMED
            )
        except (DigestError, SubscriberError) as error:
            return HTMLResponse(text_page(str(error)), status_code=_CONFLICT, headers=FRAMED)


def look_at(app: App, period: str, look: Look) -> Shown:
    """Return the form of an issue that somebody looks at."""
    return looking.show(app, open_period(app, period), wish=look.wish)
