"""Walks an operator's path through the console, and takes a picture of each step."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize
from stage import KONRAD, NAME, PASSWORD, Stage, count

from digest import questions, results, weekly
from digest.app import App
from digest.editions.state import EditionState

WIDE: ViewportSize = {"width": 1280, "height": 1000}
NARROW: ViewportSize = {"width": 375, "height": 812}
ISSUE = "/issues/2026-W24"
WHOLE = "A Hundred Nights of Queue Lengths"
LEAD = "Queues Don't Absorb Load, They Postpone It"
NOTE = "We have run ours like this since May. Argue with it."


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A browser that is signed in, and the folder where its pictures go."""

    page: Page
    url: str
    folder: Path

    def shoot(self, name: str, *, part: str = "body") -> None:
        """Take what is in sight, from the top of the page or from a part of it."""
        self.page.locator(part).evaluate("part => part.scrollIntoView()")
        self.page.screenshot(path=self.folder / f"console-{name}.png")

    def shoot_in_the_dark(self, name: str, *, part: str = "body") -> None:
        """Take the same as a phone shows it in the dark."""
        self.page.set_viewport_size(NARROW)
        self.page.emulate_media(color_scheme="dark")
        self.shoot(f"{name}-phone-dark", part=part)
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(WIDE)

    def open(self, path: str) -> None:
        """Open a page of the console, and wait for the parts that come later."""
        self.page.goto(f"{self.url}{path}", wait_until="networkidle")

    def press(self, name: str, *, told: str) -> None:
        """Press a button, and wait until the page says what was done."""
        self.page.get_by_role("button", name=name).first.click()
        self.page.get_by_role("status").filter(has_text=told).wait_for()


def take(browser: Browser, stage: Stage, *, folder: Path) -> None:
    """Take all of them: Thursday evening, Friday at seven, and an hour later."""
    with stage.console("2026-06-11T18:05") as (_, url), _signed_in(browser, url, folder) as camera:
        camera.open("/")
        camera.shoot("today")
        camera.shoot_in_the_dark("today")
        _put_right(camera)
        _look(camera)
        _approve(camera)
    with (
        stage.console("2026-06-12T07:00") as (app, url),
        _signed_in(browser, url, folder) as camera,
    ):
        _send(camera, app)
    with (
        stage.console("2026-06-12T08:00") as (app, url),
        _signed_in(browser, url, folder) as camera,
    ):
        weekly.run(app)  # who was put off is tried again
        count(app)
        _see_who_missed_it(camera)


@contextmanager
def _signed_in(browser: Browser, url: str, folder: Path) -> Iterator[Camera]:
    page = browser.new_page(viewport=WIDE, color_scheme="light")
    page.goto(f"{url}/")
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    camera = Camera(page=page, url=url, folder=folder)
    camera.shoot("sign-in")
    page.get_by_role("button", name="Sign in").first.click()
    page.get_by_role("heading", name="Needs you").wait_for()
    yield camera
    page.close()


def _put_right(camera: Camera) -> None:
    page = camera.page
    camera.open(ISSUE)
    camera.shoot("held", part="#waiting")
    page.locator("#waiting").get_by_label("Its title").fill(WHOLE)
    camera.press("Mail it in these words", told=WHOLE)
    camera.press(f"Lead with: {LEAD}", told="opens it")
    lead = page.locator("#posts li").filter(has_text=LEAD)
    lead.get_by_text("Note", exact=True).click()
    lead.get_by_label("Why it is here").fill(NOTE)
    lead.get_by_role("button", name="Keep the note").click()
    page.get_by_role("status").filter(has_text=NOTE).wait_for()
    camera.open(ISSUE)
    page.frame_locator("iframe.mail").get_by_text(LEAD).wait_for()
    camera.shoot("issue")


def _look(camera: Camera) -> None:
    camera.open(f"{ISSUE}?lens=phone-dark")
    camera.page.get_by_label("As a person").fill(KONRAD)
    camera.page.get_by_role("button", name="Look").click()
    camera.page.frame_locator("iframe[src*='as=']").locator("html[lang=de]").wait_for()
    camera.shoot("preview", part="#preview")


def _approve(camera: Camera) -> None:
    camera.page.get_by_label("Send a test").fill("boss@example.com")
    camera.press("Send the test", told="has the test")
    camera.page.wait_for_load_state("networkidle")
    camera.shoot("test")
    camera.press("Approve: it leaves", told="Approved")
    camera.page.wait_for_load_state("networkidle")
    camera.shoot("approved")


def _send(camera: Camera, app: App) -> None:
    page = camera.page
    with _beside(lambda: weekly.run(app)):  # what the scheduler does
        _wait_for_a_third(app)
        count(app)
        page.goto(f"{camera.url}{ISSUE}/sending")
        camera.shoot("sending")
        page.get_by_role("button", name="Pause").click()
        page.get_by_text("Resume sends to them only").wait_for()
    page.goto(f"{camera.url}{ISSUE}/sending")
    camera.shoot("paused")
    camera.shoot_in_the_dark("paused")
    camera.press("Resume", told="It goes on")
    weekly.run(app)


@contextmanager
def _beside(work: Callable[[], object]) -> Iterator[None]:
    """Do this beside the block, and wait for its end."""
    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join()


def _wait_for_a_third(app: App) -> None:
    """Wait until the issue is well on its way."""
    while True:
        app.clock.sleep(0.1)
        edition = questions.edition_named(app, ISSUE.rpartition("/")[2])
        if edition.state is EditionState.SENDING:
            gauge = results.sending(app, edition).gauge
            if gauge.tried > gauge.candidates // 3:
                return


def _see_who_missed_it(camera: Camera) -> None:
    camera.open(f"{ISSUE}/result")
    camera.shoot("result")
    camera.shoot_in_the_dark("result")
    camera.page.locator("table.rows a").first.click()
    camera.page.get_by_role("heading", name="Timeline").wait_for()
    camera.shoot("missed")
