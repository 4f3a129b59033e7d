"""Takes the pictures of the documents from the product itself: `make pictures` (needs Chromium)."""

import shutil
import subprocess
import sys
import tempfile
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

PICTURES = Path(__file__).parent / "pictures"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SHOTS = (("email-light", 640, 1000, "light"), ("email-dark", 640, 1000, "dark"),
         ("email-phone", 375, 1000, "light"))  # fmt: skip


def main() -> int:
    """Run the demo, open the first English mail, and take its picture."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("there is no Chromium on this machine\n")
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        command = [sys.executable, "-m", "digest", "demo", "--once", "--no-open"]
        subprocess.run([*command, "--folder", f"{folder}/demo"], check=True)
        html = _html(Path(folder) / "demo" / "mail")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for shot in SHOTS:
            _take(browser, html, *shot)
        browser.close()
    return 0


def _html(folder: Path) -> str:
    """Return the HTML of the first mail."""
    first = min(folder.glob("*.eml"))
    message = message_from_bytes(first.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - what policy.default makes
    part = message.get_body(("html",))
    assert part is not None  # noqa: S101 - every letter has one
    return str(part.get_content())


def _take(browser: Browser, html: str, name: str, width: int, height: int, scheme: str) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.set_content(html)
    page.screenshot(path=PICTURES / f"{name}.png")
    page.close()


if __name__ == "__main__":
    sys.exit(main())
