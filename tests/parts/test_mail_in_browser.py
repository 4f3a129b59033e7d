"""The mail as a browser shows it: wide and narrow, light and dark, with styles and without."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from press import HOSTILE, composer, issue, post

from digest.editions.issue import Issue, NewsletterSettings
from digest.mail.headers import clean
from digest.render.lenses import forced_dark, no_styles, outlook
from digest.render.sample import sample_issue
from digest.render.slots import markers, without_edges
from digest.render.theme import load_theme

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
FOLDER = Path(__file__).parents[1] / "fixtures" / "templates"
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


def mail(of: Issue, *, language: str = "en", theme: str = "weekly", full: int = 12) -> str:
    press = replace(composer(full_posts=full), theme=load_theme(theme, folder=FOLDER))
    html = without_edges(press.compose(of, language=language).html, seal=of.seal)
    for name, marker in markers(seal=of.seal).items():
        html = html.replace(marker, f"https://digest.example/{name}")
    return html


@pytest.fixture(scope="module")
def html() -> str:
    return mail(issue())


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
    for variant in (html, no_styles(html)):
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
    for variant in (html, no_styles(html)):
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
        "DIV", "TABLE", "TBODY", "TR", "TD", "P", "A", "SPAN", "H1", "H2", "H3", "TH", "CAPTION",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("language", "theme"), [("en", "weekly"), ("ar", "weekly"), ("de", "compact")]
)
def test_d8_an_outside_auditor_finds_nothing_serious(
    browser: Browser, language: str, theme: str
) -> None:
    html = mail(sample_issue(NewsletterSettings(), posts=5), language=language, theme=theme)
    page = show(browser, html)
    page.evaluate(AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        assert [v["id"] for v in found if v["impact"] in {"serious", "critical"}] == []
    page.close()


@pytest.mark.parametrize(("count", "language"), [(1, "en"), (88, "de"), (20, "ar")])
def test_golden_mails_do_not_scroll_sideways(browser: Browser, count: int, language: str) -> None:
    of = sample_issue(NewsletterSettings(), posts=count)
    html = mail(of, language=language, full=1000)
    for variant, widths in ((html, WIDTHS), (no_styles(html), WIDTHS), (outlook(html), (640,))):
        page = show(browser, variant, scheme="dark")
        for width in widths:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") == width
        page.close()


def test_without_styles_it_is_one_readable_column_in_our_colours(
    browser: Browser, html: str
) -> None:
    page = show(browser, no_styles(html), width=375)
    boxes = page.eval_on_selector_all(
        "h1, h2, h3, p", "all => all.map(e => [e.getBoundingClientRect().left, e.offsetWidth])"
    )
    shown = (
        colour(page, "body", "backgroundColor"),
        colour(page, "div.fill-card > table", "backgroundColor"),
        colour(page, "h3 a", "color"),
        colour(page, "td.fill-tint", "backgroundColor"),
        colour(page, "td.button", "backgroundColor"),
    )
    page.close()
    assert shown == (
        "rgb(244, 241, 234)", "rgb(255, 255, 255)", "rgb(27, 29, 34)", "rgb(250, 247, 241)",
        "rgb(168, 50, 26)",
    )  # fmt: skip
    seen = [(left, width) for left, width in boxes if width]
    assert all(left >= 20 and left + width <= 375 - 20 and width >= 250 for left, width in seen)


def test_forced_dark_leaves_the_button_and_the_rules_to_be_seen(
    browser: Browser, html: str
) -> None:
    page = show(browser, forced_dark(html))
    shown = [
        colour(page, selector, "backgroundColor")
        for selector in ("td.button", "td.fill-ruleink", "div.fill-card > table")
    ]
    page.close()
    assert shown == ["rgb(168, 50, 26)", "rgb(118, 124, 134)", "rgb(18, 18, 18)"]
