"""A browser that is signed in to the console, without the cost of a password for each test."""

import re
import threading
from typing import Any

import httpx
from newsroom import Newsroom
from people import NOW
from starlette.applications import Starlette
from visitor import Visitor, Wristwatch

from digest.accounts.passwords import Passwords
from digest.accounts.roles import Role
from digest.accounts.seals import Seals
from digest.app import App
from digest.clock import Clock
from digest.config import load
from digest.web.console.gate import DOOR, FORM, Person
from digest.web.console.mount import console_routes

ORIGIN = "http://localhost:8025"
CHEAP = Passwords(memory=64, passes=1)  # of a second a test has none to spare
_DOOR = "the door of a test"


class Console(Visitor):
    """The console of an app, as somebody with a role sees it: ``Console(app).get("/issues")``.

    Paths are below /console. Redirects are not followed (``follow`` does).
    """

    def __init__(self, app: App, *, role: str = "admin", name: str = "anna") -> None:
        routes = console_routes(app, guest=Person(name=name, role=Role(role)))
        super().__init__(Starlette(routes=routes), base_url=ORIGIN)
        self.cookies[f"digest-{DOOR}"] = _DOOR
        self.csrf = Seals(keyring=app.keyring, use=FORM).seal(_DOOR)

    def get(self, path: str = "/", **more: Any) -> httpx.Response:
        """Open a page."""
        return self.ask("GET", f"/console{path}", **more)

    def post(self, path: str, *, files: Any = None, **form: Any) -> httpx.Response:
        """Press a button: ``post("/sources/Plain/pause", reason="too loud")``."""
        return self.ask(
            "POST",
            f"/console{path}",
            data={"csrf": self.csrf, **form},
            files=files,
            headers={"Origin": ORIGIN},
        )

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request, and forget the cookies that the answer drops."""
        answer = super().ask(method, path, **more)
        forget_dropped(self, answer)
        return answer


def app_of(room: Newsroom, *, clock: Clock | None = None) -> App:
    """Open the app of a newsroom in this process, at a time that stands; close it at the end."""
    return App(
        load(room.folder / "config.toml"),
        clock=clock or Wristwatch.starting_at(NOW),
        stop=threading.Event(),
        path=room.folder / "config.toml",
    )


class Browser(Visitor):
    """A browser that nobody is signed in with; paths are below /console."""

    def __init__(self, app: App, *, ip: str = "127.0.0.1", origin: str = ORIGIN) -> None:
        super().__init__(
            Starlette(routes=console_routes(app, passwords=CHEAP)), ip=ip, base_url=origin
        )

    def get(self, path: str = "/", **more: Any) -> httpx.Response:
        """Open a page."""
        return self.ask("GET", f"/console{path}", **more)

    def send(self, path: str, *, page: str = "/sign-in", **form: str) -> httpx.Response:
        """Press a button, with the mark of the forms on ``page``."""
        sent = {"csrf": csrf_of(self.get(page).text), **form}
        return self.ask("POST", f"/console{path}", data=sent, headers={"Origin": self.base_url})

    def sign_in(self, **proof: str) -> httpx.Response:
        """Fill in the form and send it."""
        return self.send("/sign-in", **proof)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request, and forget the cookies that the answer drops."""
        answer = super().ask(method, path, **more)
        forget_dropped(self, answer)
        return answer


def forget_dropped(visitor: Visitor, answer: httpx.Response) -> None:
    """Drop the cookies that an answer lets go of, as a browser does."""
    for cookie in answer.headers.get_list("set-cookie"):
        if "max-age=0" in cookie.lower():
            visitor.cookies.pop(cookie.partition("=")[0], None)


def csrf_of(page: str) -> str:
    """Return the mark that the forms of a page carry."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found, page
    return found[1]
