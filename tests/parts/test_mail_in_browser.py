"""The mail as a browser shows it: wide and narrow, light and dark, with styles and without."""

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from press import HOSTILE, composer, issue, post

from digest.editions.issue import Issue
from digest.mail.headers import clean
from digest.render.slots import markers, without_edges

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not on this machine"),
    pytest.mark.xdist_group("browser"),
]
WIDTHS = (320, 375, 640)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


def mail(of: Issue) -> str:
    html = without_edges(composer().compose(of, language="en").html, seal=of.seal)
    for name, marker in markers(seal=of.seal).items():
        html = html.replace(marker, f"https://digest.example/{name}")
    return html


@pytest.fixture(scope="module")
def html() -> str:
    return mail(issue())


def without_styles(html: str) -> str:
    return re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)


def show(browser: Browser, html: str, *, width: int = 640, scheme: str = "light") -> Page:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type] # a plain string
    page.set_content(html)
    return page


def colour(page: Page, selector: str, style: str) -> str:
    found = page.eval_on_selector(selector, "(e, style) => getComputedStyle(e)[style]", style)
    return str(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_scrolls_sideways(browser: Browser, html: str, width: int, scheme: str) -> None:
    for variant in (html, without_styles(html)):
        page = show(browser, variant, width=width, scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.close()


def test_not_even_words_without_end_scroll_sideways(browser: Browser) -> None:
    endless = issue([post(n, title="x" * 500, source="y" * 300, topic="z" * 200) for n in range(3)])
    for width in WIDTHS:
        page = show(browser, mail(endless), width=width)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.close()


def test_it_makes_no_request(browser: Browser, html: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html, wait_until="networkidle")
    page.close()
    assert asked == []


def test_dark_is_dark_and_light_is_light(browser: Browser, html: str) -> None:
    shown = {}
    for scheme in ("light", "dark"):
        page = show(browser, html, scheme=scheme)
        shown[scheme] = (
            colour(page, "div.fill-card > table", "backgroundColor"),
            colour(page, "h3 a", "color"),
            colour(page, "td.fill-tint", "backgroundColor"),
            colour(page, "td.button", "backgroundColor"),
        )
        page.close()
    assert shown["light"] == (
        "rgb(255, 255, 255)", "rgb(27, 29, 34)", "rgb(250, 247, 241)", "rgb(168, 50, 26)",
    )  # fmt: skip
    assert shown["dark"] == (
        "rgb(22, 25, 31)", "rgb(241, 242, 244)", "rgb(28, 32, 39)", "rgb(255, 156, 130)",
    )  # fmt: skip


def test_without_styles_the_same_words_are_seen(browser: Browser, html: str) -> None:
    seen = []
    for variant in (html, without_styles(html)):
        page = show(browser, variant)
        seen.append(page.inner_text("body").split())
        page.close()
    assert seen[0] == seen[1]
    assert "\u034f" not in "".join(seen[1])
    assert "Also:" not in seen[1]


def test_no_text_is_smaller_than_14_pixels(browser: Browser, html: str) -> None:
    page = show(browser, html)
    sizes = page.eval_on_selector_all(
        "h1, h2, h3, p, a, span", "all => all.map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    page.close()
    assert min(sizes) >= 14


def test_hostile_words_are_seen_and_do_nothing(browser: Browser) -> None:
    short = [word for word in HOSTILE if len(word) < 100]
    page = show(browser, mail(issue([post(n, title=word) for n, word in enumerate(short)])))
    seen = "".join(page.inner_text("body").split())
    elements = page.eval_on_selector_all("body *", "all => [...new Set(all.map(e => e.tagName))]")
    page.close()
    for word in short[:12]:
        assert "".join(clean(word).split()) in seen
    assert set(elements) <= {
        "DIV", "TABLE", "TBODY", "TR", "TD", "P", "A", "SPAN", "H1", "H2", "H3",
    }  # fmt: skip
