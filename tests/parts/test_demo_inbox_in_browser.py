"""The demo's inbox in a real browser: a hostile mail does nothing, and every page fits."""

import shutil
import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, sync_playwright

from digest.demo.inbox import inbox
from digest.demo.mailbox import Mailbox

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FRAME = "/mail/1/frame?scheme=light"
HOSTILE = """<html><head><meta http-equiv="refresh" content="0;url=/mail?stolen"><style>
@import url(/stolen.css);
@media (prefers-color-scheme:dark) { body { background: rgb(0, 0, 1) } }
</style></head><body onload="top.document.title = 'stolen'">
<script>parent.document.title = 'stolen'</script>
<img src="http://127.0.0.9:9/stolen.png" onerror="top.location = '/stolen'">
<form action="/stolen"><button autofocus>Win</button></form>
<a href="javascript:top.document.title='stolen'">Click</a> <p>The body</p></body></html>"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with Mailbox(tmp_path) as running:
        yield running


@pytest.fixture
def url(mailbox: Mailbox) -> Iterator[str]:
    """Serve the inbox; the port listens before the server runs, so nobody has to wait."""
    app = FastAPI()
    app.include_router(inbox(mailbox, public_url="https://digest.example"))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


def put(mailbox: Mailbox, *, subject: str = "<img src=x onerror=alert(1)>") -> None:
    message = EmailMessage()
    message["From"] = "Mallory <mallory@example.org>"
    message["Subject"] = subject
    message.set_content("The body")
    message.add_alternative(HOSTILE, subtype="html")
    mailbox.keep(message.as_bytes(policy=SMTP), sender="", recipients=("ada@example.org",))


def test_a_hostile_mail_runs_nothing_loads_nothing_and_goes_nowhere(
    browser: Browser, url: str, mailbox: Mailbox
) -> None:
    put(mailbox)
    page = browser.new_page()
    loaded: set[str] = set()
    refused: dict[str, str | None] = {}
    page.context.on("requestfinished", lambda request: loaded.add(request.url))
    page.context.on("requestfailed", lambda r: refused.update({r.url: r.failure}))
    page.on("dialog", lambda _: pytest.fail("a script of the mail ran"))
    page.goto(f"{url}/mail/1")
    frame = page.frame_locator("iframe")
    frame.get_by_text("The body").wait_for()
    frame.get_by_role("button", name="Win").click()
    page.wait_for_load_state("networkidle")
    assert page.title() == "<img src=x onerror=alert(1)> · Digest demo"
    assert page.url == f"{url}/mail/1"
    assert loaded == {url + path for path in ("/mail/1", "/mail/inbox.css", FRAME)}
    assert refused == {f"{url}/stolen.css": "csp", "http://127.0.0.9:9/stolen.png": "csp"}
    page.close()


@pytest.mark.parametrize("preferred", ["light", "dark"])
def test_a_lens_looks_the_same_whatever_the_browser_prefers(
    browser: Browser, url: str, mailbox: Mailbox, preferred: str
) -> None:
    put(mailbox)
    context = browser.new_context(color_scheme="dark" if preferred == "dark" else "light")
    page = context.new_page()
    colours = {}
    for scheme in ("light", "dark"):
        page.goto(f"{url}/mail/1?scheme={scheme}")
        body = page.frame_locator("iframe").locator("body")
        colours[scheme] = body.evaluate("body => getComputedStyle(body).backgroundColor")
    assert colours == {"light": "rgba(0, 0, 0, 0)", "dark": "rgb(0, 0, 1)"}
    context.close()


@pytest.mark.parametrize("width", [320, 375, 1280])
@pytest.mark.parametrize(
    "path",
    ["/mail", "/mail/1", "/mail/1?show=text", "/mail/1?show=headers", "/mail/1?show=source"],
)
def test_every_page_fits_the_window(
    browser: Browser, url: str, mailbox: Mailbox, width: int, path: str
) -> None:
    put(mailbox, subject="verylongword" * 20)
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(f"{url}{path}")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.get_by_text("verylongword").filter(visible=True).count() > 0
    page.close()


def test_the_keyboard_reaches_the_mail_in_one_step(
    browser: Browser, url: str, mailbox: Mailbox
) -> None:
    put(mailbox)
    page = browser.new_page()
    page.goto(f"{url}/mail")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the mail")
    assert skip.evaluate("link => link === document.activeElement")
    assert skip.evaluate("link => link.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "HTML"
    page.close()
