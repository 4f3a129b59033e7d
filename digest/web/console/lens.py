"""The mail in a frame: one form of the next issue through one lens, with dead links."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, Response

from digest import looking
from digest.app import App
from digest.errors import DigestError
from digest.looking import Shown, Wish
from digest.render.lenses import LENSES, TEXT, find_lens, text_page, without_links
from digest.web.console.frame import Frame
from digest.web.console.gate import Viewer
from digest.web.console.periods import open_period
from subscribers.errors import SubscriberError

USUAL = "phone"
"""The lens through which an issue is looked at first: most mail is read there."""
NAMES = (*(lens.name for lens in LENSES), TEXT)
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

    As typed into an address: a lens that there is not is the usual one.
    """

    lens: str = USUAL
    width: int = 375
    language: str = ""
    topics: str = ""
    reader: str = ""

    @property
    def wish(self) -> Wish:
        """The form that is asked for."""
        return Wish(language=self.language or None, topics=self.topics, reader=self.reader or None)


def asked(
    lens: str = USUAL,
    width: int = 0,
    language: str = "",
    topics: str = "",
    reader: Annotated[str, Query(alias="as")] = "",
) -> Look:
    """Return what an address asks to look at, as far as there is such a thing."""
    name = lens if lens in NAMES else USUAL
    usual = find_lens(name).width if name != TEXT else WIDTHS[-2]
    nearest = width if width in WIDTHS else min(WIDTHS, key=lambda one: abs(one - usual))
    return Look(lens=name, width=nearest, language=language, topics=topics, reader=reader.strip())


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
            return HTMLResponse(_seen(look_at(visit.app, period, look), look), headers=FRAMED)
        except (DigestError, SubscriberError) as error:
            return HTMLResponse(text_page(str(error)), status_code=_CONFLICT, headers=FRAMED)


def look_at(app: App, period: str, look: Look) -> Shown:
    """Return the form of an issue that somebody looks at."""
    return looking.show(app, open_period(app, period), wish=look.wish)


def _seen(shown: Shown, look: Look) -> str:
    if look.lens == TEXT or not shown.html:
        return text_page(shown.text)
    return find_lens(look.lens).see(without_links(shown.html))
