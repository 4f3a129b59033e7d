"""Lenses: what each mail program would make of a mail, as a change to its HTML."""

import pytest

from digest.errors import UsageError
from digest.render.lenses import (
    LENSES,
    as_reader,
    dark,
    find_lens,
    forced_dark,
    images_off,
    light,
    no_styles,
    outlook,
    text_page,
)

MAIL = (
    '<!DOCTYPE html><html><head><meta name="color-scheme" content="light dark">'
    "<!--[if !mso]><!--><meta name=not><!--<![endif]-->"
    "<style>:root{color-scheme:light dark}@media (prefers-color-scheme:dark){p{color:#fff}}</style>"
    "</head><body><!--[if mso | IE]><table><tr><td><![endif]-->"
    '<p style="color:#1b1d22; padding:9px; margin:0">Words</p>'
    '<td bgcolor="#ffffff" style="background:#a8321a;mso-padding-alt:12px">'
    '<div style="display:none;mso-hide:all">x</div><img alt="A chart" src="x"></td>'
    "<!--[if mso | IE]></td></tr></table><![endif]--></body></html>"
)


def test_light_and_dark_decide_the_question_of_the_media_query() -> None:
    assert "@media not all{" in light(MAIL)
    assert 'content="light"' in light(MAIL)
    assert "@media all{" in dark(MAIL)
    assert 'content="dark"' in dark(MAIL)
    assert ":root{color-scheme:dark}" in dark(MAIL)


def test_forced_dark_inverts_bright_grounds_and_dark_texts_only() -> None:
    seen = forced_dark(MAIL)
    assert 'style="color:#dddfe4; padding' in seen
    assert 'bgcolor="#121212"' in seen
    assert "background:#a8321a" in seen


def test_without_styles_only_the_words_and_the_inline_look_stay() -> None:
    seen = no_styles(MAIL)
    assert "<style" not in seen
    assert 'style="color:#1b1d22' in seen


def test_outlook_takes_its_own_branch_and_pads_cells_only() -> None:
    seen = outlook(MAIL)
    assert "<!--[if" not in seen
    assert "<meta name=not>" not in seen
    assert "<body><table><tr><td><p" in seen
    assert '<p style="color:#1b1d22;margin:0">' in seen
    assert 'style="background:#a8321a;padding:12px"' in seen
    assert '<div style="display:none;display:none">' in seen


def test_images_off_shows_what_stands_for_them() -> None:
    assert "<span>A chart</span>" in images_off(MAIL)
    assert "<img" not in images_off(MAIL)


def test_the_text_part_is_shown_literally() -> None:
    assert "&lt;b&gt; &amp;" in text_page("<b> &")


def test_a_reader_is_filled_in_as_the_part_asks_for() -> None:
    assert as_reader("x1x", values={"x1x": "a<b@c"}, is_html=True) == "a&lt;b@c"
    assert as_reader("x1x", values={"x1x": "a<b@c"}, is_html=False) == "a<b@c"


@pytest.mark.parametrize("lens", LENSES, ids=lambda lens: lens.name)
def test_every_lens_keeps_the_words(lens: object) -> None:
    found = find_lens(lens.name)  # type: ignore[attr-defined] # one of LENSES
    assert "Words" in found.see(MAIL)
    assert 320 <= found.width <= 1000


def test_a_lens_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"no lens 'sepia'; there are: desktop, .*text"):
        find_lens("sepia")
