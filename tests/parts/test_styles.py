"""Styles: an element gets from what was learnt what premailer gives it, whatever stands around."""

import re
from collections.abc import Callable

import pytest
from press import composer, issue

from digest.render.inline import inline
from digest.render.mjml import to_html
from digest.render.slots import Edge, Slot, marker
from digest.render.styles import StyleSheet
from digest.render.theme import load_theme
from digest.render.view import Detail, see

_ELEMENT = re.compile(
    r"<!--.*?-->|<style.*?</style>|<([a-z0-9]+)((?:\"[^\"]*\"|[^\"<>])*)>", re.DOTALL
)


def styled(html: str) -> list[tuple[str, str, list[str]]]:
    """Return (name, classes, sorted declarations) of every element that has a style."""
    found = []
    for match in _ELEMENT.finditer(html):
        if match[1] and (style := re.search(r'\sstyle="([^"]*)"', match[2])):
            classes = re.search(r'\sclass="([^"]*)"', match[2])
            declarations = sorted(filter(None, style[1].split(";")))
            found.append((match[1], classes[1] if classes else "", declarations))
    return found


def rendered(language: str) -> tuple[str, str]:
    """Return the compiled HTML of the sample issue, and the rules to inline."""
    theme, of = load_theme("weekly"), issue()
    view = see(
        of,
        words=theme.words_for(language),
        detail=Detail(full=4),
        public_url="https://digest.example",
        schedule=composer().schedule,
    )
    slots = {item.name.lower(): marker(item, seal=of.seal) for item in (*Slot, *Edge)}
    mjml = theme.render("issue.mjml.j2", language=language, issue=view, slots=slots)
    css = theme.render("inline.css.j2", language=language, issue=view, slots=slots)
    return to_html(mjml, name="issue.mjml.j2"), css


@pytest.fixture
def counted() -> tuple[Callable[..., str], list[str]]:
    """Give premailer, and a list that remembers what it was asked."""
    asked: list[str] = []

    def apply(html: str, *, css: str) -> str:
        asked.append(html)
        return inline(html, css=css)

    return apply, asked


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_whole_mail_is_styled_as_premailer_styles_it(language: str) -> None:
    html, css = rendered(language)
    assert styled(StyleSheet(css=css).inlined(html)) == styled(inline(html, css=css))


def test_what_was_learnt_is_not_asked_again(
    counted: tuple[Callable[..., str], list[str]],
) -> None:
    apply, asked = counted
    html, css = rendered("en")
    sheet = StyleSheet(css=css, apply=apply)
    assert sheet.inlined(html) == sheet.inlined(html)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("css", "html", "style"),
    [
        (".a{color:red}", '<p class="b a">x</p>', "color:red"),
        ("td.a{margin:0}.a{color:red}", '<td class="a">x</td>', "color:red"),
        (".a{color:red}.a.b{color:blue}", '<p class="a b">x</p>', "color:blue"),
        (".a{color:red}", '<p class="a" style="color:green">x</p>', "color:green"),
        ("h1,.a{color:red}", "<h1>x</h1>", "color:red"),
    ],
)
def test_rules_that_look_at_the_element_alone(css: str, html: str, style: str) -> None:
    ((_, _, declarations),) = styled(StyleSheet(css=css).inlined(html))
    assert style in [declaration.replace(" ", "") for declaration in declarations]


@pytest.mark.parametrize(
    "css",
    [".a .b{color:red}", ".a>.b{color:red}", "p[lang]{color:red}", "p:first-child{color:red}",
     "@media print{p{color:red}}"],
)  # fmt: skip
def test_a_rule_that_looks_around_is_left_to_premailer(
    css: str, counted: tuple[Callable[..., str], list[str]]
) -> None:
    apply, asked = counted
    page = '<!DOCTYPE html><html><body><div class="a"><p class="b">x</p></div></body></html>'
    sheet = StyleSheet(css=css, apply=apply)
    assert sheet.inlined(page) == inline(page, css=css)
    assert asked == [page]


def test_comments_and_style_blocks_stay_as_they_are() -> None:
    kept = '<!--[if mso]><td class="a"><![endif]--><style>p.a>b{margin:0}</style>'
    title = 'title="1 > 0 &lt;p class=&quot;a&quot;&gt;"'
    html = f'{kept}<p class="a" {title}>x</p><br />'
    assert StyleSheet(css=".a{color:red}").inlined(html) == (
        f'{kept}<p class="a" {title} style="color:red">x</p><br>'
    )
