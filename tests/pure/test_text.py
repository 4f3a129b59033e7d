"""What feeds call text, made plain."""

import html
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.text import body_text, clean, count_words, cut, title_text


@pytest.mark.parametrize(
    "title",
    [
        "AT&T and the R&D budget",
        "I <3 SQLite",
        "a < b and c > d",
        "{{7*7}} {% raw %} ${x}",
        "</mj-text><mj-include path='/etc/passwd'>",
        "List<String> or vector<int>?",
        "Why I stopped using <div>",
        "Prix &eacutes and AT&copy",
        "=?utf-8?q?hello=0D=0ABcc:_evil=40x?=",
        "]]> and <!-- and -->",
        "مرحبا بالعالم 日本語 🚢",
    ],
)
def test_what_is_not_surely_markup_stays_as_it_is(title: str) -> None:
    assert title_text(title) == title


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("How <code>alloca</code> works", "How alloca works"),
        ("raise <span class='x>y'>₹</span>4,000", "raise ₹4,000"),
        ("<p>One</p>", "One"),
        ("<b><i>deep</i></b>", "deep"),
        ("two<br/>lines", "two lines"),
        ("Hi<script>alert(1)</script>", "Hi"),
        ("That&#8217;s it", "That\u2019s it"),
        ("R&amp;D", "R&D"),
        ("&lt;b&gt;twice&lt;/b&gt; encoded", "twice encoded"),
        ("What is &lt;div&gt;?", "What is <div>?"),
        ("<![CDATA[Left over]]>", "Left over"),
        ("a\r\nBcc: b\x00c\u2028d\x1b[31m", "a Bcc: bc d[31m"),
        ("tab\tand\xa0blank\u3000wide", "tab and blank wide"),
        ("\ufeffmark \ufffe \ud800 \U0001ffff", "mark"),
        ("c1 \x9b31m", "c1 31m"),
        (None, ""),
        ("   ", ""),
    ],
)
def test_a_title_becomes_plain_text(raw: str | None, title: str) -> None:
    assert title_text(raw) == title


def test_a_title_without_end_is_cut_at_a_word() -> None:
    title = title_text("word " * 1000)
    assert len(title) <= 500
    assert title.endswith("word…")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("<p>One.</p><p>Two &amp; three.</p>", "One. Two & three."),
        ("<ul><li>a</li><li>b</li></ul>", "a b"),
        ("<p>I <3 it</p>", "I <3 it"),
        ("plain, with List<String> & AT&T", "plain, with List<String> & AT&T"),
        ("&lt;p&gt;encoded&lt;/p&gt;&lt;p&gt;twice&lt;/p&gt;", "encoded twice"),
        ("<style>p{}</style><p>x</p><script>y()</script>", "x"),
        ("<p>left <!-- hidden --> right</p>", "left right"),
        ("<a href='javascript:x()'>go</a> <svg onload=x()>", "go"),
        ("<p>literal &amp;lt;b&amp;gt;</p>", "literal &lt;b&gt;"),
        (None, ""),
    ],
)
def test_a_body_becomes_plain_text(raw: str | None, text: str) -> None:
    assert body_text(raw) == text


def test_words_are_counted_in_scripts_with_and_without_blanks() -> None:
    assert count_words("Twelve minutes became six") == 4
    assert count_words("十二分が六分に") == 3
    assert count_words("") == 0


def test_a_text_is_cut_at_a_word_and_never_longer_than_asked() -> None:
    assert cut("short", length=5) == "short"
    assert cut("two words", length=8) == "two…"
    assert cut("x" * 20, length=8) == "xxxxxxx…"


@given(st.text(st.characters(exclude_categories=[])))
def test_no_text_leaves_a_character_that_garbles_mail(raw: str) -> None:
    for text in (title_text(raw), body_text(raw), clean(raw)):
        assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in text)
        assert text == " ".join(text.split(" "))
        text.encode("utf-8")


@given(st.text())
def test_plain_words_survive_being_encoded_once(raw: str) -> None:
    words = clean(raw)[:400]
    if "&" not in words and "<" not in words:
        assert title_text(html.escape(words)) == words
