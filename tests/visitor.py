"""A visitor of the public pages: asks without a network, and keeps cookies like a browser."""

import asyncio
import atexit
import re
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from people import KEYRING, NOW

from digest.clock import Clock
from digest.web.site import SiteSettings, build_site
from storage.database import Database

_LOOP = asyncio.Runner()
atexit.register(_LOOP.close)


@dataclass
class Visitor:
    """One browser; ``ip`` is the address its requests come from."""

    app: Any
    ip: str = "127.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)
    base_url: str = "https://digest.example"

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request and return the answer, redirects not followed."""
        asked = self._ask(method, path, **more)
        if threading.current_thread() is threading.main_thread():
            return _LOOP.run(asked)  # to begin a loop takes longer than to answer
        return asyncio.run(asked)

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """Go where an answer leads."""
        return self.ask("GET", answer.headers["location"])

    def sign_up(self, email: str, **more: Any) -> httpx.Response:
        """Fill in the form and send it, as a person does who took their time."""
        form = {"email": email, "form": self.form(), **more}
        return self.ask("POST", "/subscribe", data=form)

    def form(self) -> str:
        """Return what the form of the sign-up page is signed with."""
        signed = re.search(r'name="form" value="([^"]+)"', self.ask("GET", "/").text)
        assert signed
        return signed[1]

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(
            self.app, raise_app_exceptions=False, client=(self.ip, 40_000)
        )
        async with httpx.AsyncClient(
            transport=transport, base_url=self.base_url, cookies=self.cookies
        ) as client:
            answer = await client.request(method, path, **more)
            self.cookies |= dict(answer.cookies)
            return answer


class Wristwatch(Clock):
    """A clock that a test winds."""

    def wind(self, **by: float) -> None:
        """Go on by so much time."""
        object.__setattr__(self, "offset", self.offset + timedelta(**by))


def site_of(database: Database, *, clock: Clock | None = None, **settings: Any) -> Any:
    """Build the site."""
    return build_site(
        database=database,
        keyring=KEYRING,
        clock=clock or Wristwatch.starting_at(NOW),
        settings=SiteSettings(**settings),
    )
