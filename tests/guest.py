"""A reader at the site: opens its pages without a network between, and presses their buttons."""

import asyncio
import html
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
from people import KEYRING, NOW

from digest.clock import Clock
from digest.web.site import SiteSettings, build_site
from storage.database import Database
from subscribers import consent
from subscribers.tokens import Keyring, Purpose

_FORM = re.compile(r"<form[^>]*>.*?</form>", re.DOTALL)
_ACTION = re.compile(r'action="([^"]+)"')


@dataclass
class Guest:
    """One person, or one machine, in front of the site."""

    database: Database
    keyring: Keyring = KEYRING
    settings: SiteSettings = field(default_factory=SiteSettings)
    clock: Clock = field(default_factory=lambda: Clock.starting_at(NOW))

    def __post_init__(self) -> None:
        """Build the site."""
        self.app = build_site(
            database=self.database, keyring=self.keyring, clock=self.clock, settings=self.settings
        )

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request and return the answer, redirects not followed."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url="https://digest.example"
            ) as client:
                return await client.request(method, path, **more)

        with ThreadPoolExecutor(1) as thread:  # a browser keeps a loop running in this one
            return thread.submit(asyncio.run, ask()).result()

    def get(self, path: str) -> httpx.Response:
        """Open a page."""
        return self.ask("GET", path)

    def press(self, path: str, button: str, **fields: Any) -> httpx.Response:
        """Open a page, press the button with these words on it, and follow where it leads."""
        page = self.get(path).text
        forms = [form for form in _FORM.findall(page) if button in html.unescape(form)]
        assert forms, f"no button {button!r} on {path}"
        action = _ACTION.search(forms[0])
        assert action
        answer = self.ask("POST", html.unescape(action[1]), data=fields)
        return self.get(answer.headers["location"]) if answer.status_code == 303 else answer

    def link(self, path: str, number: int, purpose: Purpose, **more: Any) -> str:
        """Return the path of a page that a token opens."""
        return f"/{path}/{self.keyring.sign(number, purpose=purpose, **more)}"

    def events(self, subscriber_id: int) -> list[str]:
        """Name what happened to a reader's consent."""
        with self.database.read() as session:
            return [e.kind for e in consent.history(session, subscriber_id=subscriber_id)]
