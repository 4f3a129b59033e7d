"""Where an operator sits: a browser before the pages of one installation, and its bell."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from newsroom import Newsroom
from playwright.sync_api import Page
from visitor import Wristwatch

from digest.app import App
from digest.figures import kept
from digest.service import Tick

_PATIENCE = 200  # seconds, on a machine that does much else
_WIDTHS = (375, 1280)  # px
_NEEDS_WIDTH = "document.documentElement.scrollWidth > innerWidth"


@dataclass(frozen=True)
class Turnstile:
    """Keeps each letter at the door of the mail host until it is let through."""

    _free: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __call__(self, _letter: object) -> None:
        """Wait until this letter may go in."""
        assert self._free.acquire(timeout=_PATIENCE)

    def let_through(self, *, letters: int) -> None:
        """Let so many more go in."""
        self._free.release(letters)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One browser, signed in or not; ``faults`` are what axe and narrow windows have found."""

    page: Page
    url: str
    app: App
    watch: Wristwatch
    room: Newsroom
    has_axe: bool
    faults: list[str] = field(default_factory=list)

    def press(self, name: str) -> None:
        """Press the button of this name."""
        self.page.get_by_role("button", name=name).click()

    def follow(self, name: str) -> None:
        """Follow the first link of this name."""
        self.page.get_by_role("link", name=name).first.click()

    def sees(self, words: str) -> None:
        """Wait until these words are in sight."""
        self.page.get_by_text(words).first.wait_for()

    def is_at(self, heading: str) -> None:
        """Wait for the page with this heading."""
        self.page.get_by_role("heading", name=heading).first.wait_for()

    def is_told(self, words: str) -> None:
        """Wait until the page says that this was done."""
        self.page.get_by_role("status").filter(has_text=words).wait_for()

    @contextmanager
    def ringing(self) -> Iterator[Callable[[], None]]:
        """Do beside the block what the scheduler does every minute; give what waits for its end."""
        bell = threading.Thread(target=Tick(self.app), name="bell")
        bell.start()

        def finish() -> None:
            bell.join(_PATIENCE)
            assert not bell.is_alive()

        yield finish
        finish()

    def count(self) -> None:
        """Count what pages show as kept, as a process that serves does every minute."""
        kept.renew(self.app)

    def examine(self, name: str) -> None:
        """Look at the page with axe, narrow and wide; of all rules only colours see the dark."""
        if not self.has_axe:
            return
        for width in _WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            if self.page.evaluate(_NEEDS_WIDTH):
                self.faults.append(f"{name}: {width} px are not enough")
            self._examine(f"{name}, {width} px", rules=None)
            self.page.emulate_media(color_scheme="dark")
            self._examine(f"{name}, {width} px, dark", rules=["color-contrast"])
            self.page.emulate_media(color_scheme="light")

    def _examine(self, name: str, *, rules: list[str] | None) -> None:
        options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
        for fault in Axe().run(self.page, options=options).response["violations"]:
            where = [node["html"][:200] for node in fault["nodes"]]
            self.faults.append(f"{name}: {fault['id']} at {where}")
