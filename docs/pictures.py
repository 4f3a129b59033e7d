"""Takes the pictures of the documents from the product itself: `make pictures` (needs Chromium)."""

import shutil
import subprocess
import sys
import tempfile
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from digest.calendar import ScheduleSettings
from digest.editions.issue import NewsletterSettings
from digest.render.compose import Composer, EmailSettings
from digest.render.lenses import Lens, find_lens
from digest.render.sample import sample_issue
from digest.render.slots import without_edges
from digest.render.theme import load_theme

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
HEIGHT = 1000
SHOTS = (
    ("email-light", "light"),
    ("email-dark", "dark"),
    ("email-phone", "phone"),
    ("email-forced-dark", "forced-dark"),
    ("email-no-styles", "no-styles"),
)


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
        for name, lens in SHOTS:
            _take(browser, html, name=name, lens=find_lens(lens))
        _take(browser, _compact(), name="email-compact", lens=find_lens("light"))
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


def _compact() -> str:
    """Return an invented issue in the theme compact."""
    composer = Composer(
        theme=load_theme("compact"),
        settings=EmailSettings(theme="compact"),
        schedule=ScheduleSettings(),
        public_url="https://digest.example",
    )
    issue = sample_issue(NewsletterSettings())
    return without_edges(composer.compose(issue, language="en").html, seal=issue.seal)


def _take(browser: Browser, html: str, *, name: str, lens: Lens) -> None:
    page = browser.new_page(viewport={"width": lens.width, "height": HEIGHT})
    page.set_content(lens.see(html))
    page.screenshot(path=PICTURES / f"{name}.png")
    page.close()


if __name__ == "__main__":
    sys.exit(main())
