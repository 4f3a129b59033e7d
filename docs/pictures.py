"""Takes the pictures of the documents from the product itself: `make pictures` (needs Chromium)."""

import shutil
import subprocess
import sys
import tempfile
from email import message_from_bytes, policy
from pathlib import Path

import console_pictures
from playwright.sync_api import Browser, sync_playwright
from stage import Stage

from digest.calendar import ScheduleSettings
from digest.editions.issue import NewsletterSettings
from digest.render.compose import Composer
from digest.render.lenses import find_lens, text_page
from digest.render.sample import sample_issue
from digest.render.settings import EmailSettings
from digest.render.slots import without_edges
from digest.render.theme import load_theme

PICTURES = Path(__file__).parent / "pictures"
# Arabic is no shipped translation: it tries the layout from right to left.
ARABIC = Path(__file__).parents[1] / "tests" / "fixtures" / "templates"
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
    ("email-phone-dark", "phone-dark"),
    ("email-forced-dark", "forced-dark"),
    ("email-no-styles", "no-styles"),
    ("email-outlook", "outlook"),
)
# name, theme, language, lens
INVENTED = (
    ("email-german", "weekly", "de", "light"),
    ("email-arabic", "weekly", "ar", "phone"),
    ("email-compact", "compact", "en", "light"),
    ("email-compact-dark", "compact", "de", "phone-dark"),
)


def main() -> int:
    """Take the pictures of the mail from the demo, and those of the console from a stage."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("there is no Chromium on this machine\n")
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        command = [sys.executable, "-m", "digest", "demo", "--once", "--no-open"]
        subprocess.run([*command, "--folder", f"{folder}/demo"], check=True)
        text, html = _parts(Path(folder) / "demo" / "mail")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for name, lens in SHOTS:
            _take(browser, find_lens(lens).see(html), name=name, width=find_lens(lens).width)
        _take(browser, text_page(text), name="email-text", width=640)
        for name, theme, language, lens in INVENTED:
            page = find_lens(lens).see(_invented(theme, language=language))
            _take(browser, page, name=name, width=find_lens(lens).width)
        with Stage.built(Path(folder) / "stage") as stage:
            console_pictures.take(browser, stage, folder=PICTURES)
        browser.close()
    return 0


def _parts(folder: Path) -> tuple[str, str]:
    """Return the text and the HTML of the first mail."""
    first = min(folder.glob("*.eml"))
    message = message_from_bytes(first.read_bytes(), policy=policy.default)
    text, html = message.iter_parts()
    return text.get_content(), html.get_content()


def _invented(theme: str, *, language: str) -> str:
    """Return an invented issue as a reader gets it."""
    composer = Composer(
        theme=load_theme(theme, folder=ARABIC),
        settings=EmailSettings(theme=theme),
        schedule=ScheduleSettings(),
        public_url="https://digest.example",
    )
    issue = sample_issue(NewsletterSettings())
    return without_edges(composer.compose(issue, language=language).html, seal=issue.seal)


def _take(browser: Browser, html: str, *, name: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": HEIGHT})
    page.set_content(html)
    page.screenshot(path=PICTURES / f"{name}.png")
    page.close()


if __name__ == "__main__":
    sys.exit(main())
