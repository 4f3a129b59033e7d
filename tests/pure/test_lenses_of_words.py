"""The lenses that show words: what a screen reader says, and what the lists of inboxes leave."""

import pytest
from press import composer, issue

from digest.render.aloud import Spoken, aloud_page, read_aloud
from digest.render.inboxline import (
    CLIENTS,
    MORE,
    InboxLine,
    Place,
    cut,
    inbox_lines,
    inbox_page,
    width_of,
)

SAID = (
    ("<p>One <b>bold</b> word</p>", ["One bold word"]),
    ("<h2>A<br>B</h2>", ["heading 2: A", "heading 2: B"]),
    ('<h3><a href="u">Queues</a> today</h3>', ["heading 3, link: Queues", "heading 3: today"]),
    ('<p>Read <a href="u">this</a> or <a>not</a></p>', ["Read", "link: this", "or not"]),
    ('<a href="u" aria-label="Read: Queues">Read</a>', ["link: Read: Queues"]),
    ('<a href="u">Yes</a> · <a href="v">No</a>', ["link: Yes", "link: No"]),
    ('<img src="i" alt="A chart"><img src="i" alt=""><img src="i">', ["image: A chart",
     "image: (without a description)"]),
    ('<p>a</p><p lang="de">b</p><p>c</p>', ["a", "language: de", "b", "c"]),
    ('<div style="display: none">a</div><p hidden>b</p><p aria-hidden="true">c<img></p>d', ["d"]),
    ("<head><title>t</title></head><style>p{}</style>e", ["e"]),
    ("<!--[if mso]><p>Word</p><![endif]--><!--[if !mso]><!--><p>All</p><!--<![endif]-->", ["All"]),
    ('<table role="presentation"><tr><td>a</td><td>b</td></tr></table>', ["a", "b"]),
    ("\u200b&#847;&zwnj; <p>a\u00adb</p></div>", ["ab"]),
    ("<p>never closed <a href=u>link", ["never closed", "link: link"]),
)  # fmt: skip


@pytest.mark.parametrize(("html", "lines"), SAID, ids=[html[:30] for html, _ in SAID])
def test_a_screen_reader_says_what_is_there_in_its_order(html: str, lines: list[str]) -> None:
    assert [one.line for one in read_aloud(html)] == lines


def test_a_table_of_facts_is_said_by_its_rows_and_one_for_looks_is_not() -> None:
    inner = '<table role="presentation"><tr><td>&nbsp;</td></tr></table>'
    row = f'<tr><th scope="row">Plain</th><td>{inner}</td><td>4</td></tr>'
    said = read_aloud(f"<table><caption>By blog</caption>{row}{row}</table>")
    assert said == (
        Spoken(role="table", words="By blog"),
        Spoken(role="row", words="Plain; 4"),
        Spoken(role="row", words="Plain; 4"),
    )


def test_a_whole_mail_is_said_from_its_title_to_its_footer() -> None:
    composed = composer().compose(issue(), language="en")
    lines = [one.line for one in read_aloud(composed.html)]
    assert lines[0] == "language: en"
    assert "heading 1, link: The Weekly Dive" in lines
    assert lines.index("language: de") < lines.index("Drei Messungen, zwei davon falsch.")
    assert "row: Field Log; 5" in lines
    assert lines.index("heading 2, link: Counting Cold Reads") < lines.index("link: Unsubscribe")
    assert not any("\u034f" in line for line in lines)


def test_a_text_is_cut_where_its_place_ends_and_the_cut_is_seen() -> None:
    narrow = Place(width=100, letters=15)
    assert cut("Short", place=narrow) == "Short"
    shown = cut("Who Paged Whom: Ten Months of Alerts", place=narrow)
    assert shown.endswith(MORE)
    assert width_of(shown, letters=15) <= 100
    assert len(cut("i" * 100, place=narrow)) > 2 * len(cut("W" * 100, place=narrow))
    assert len(cut("字" * 100, place=narrow)) == 6
    assert width_of("e\u0301", letters=10) == width_of("e", letters=10)
    twice = Place(width=100, letters=15, lines=2)
    assert len(cut("n" * 100, place=twice)) > len(cut("n" * 100, place=narrow))


def test_every_list_shows_as_much_as_it_has_room_for() -> None:
    words = "Counting cold reads, and what a hundred nights of queue lengths taught us of disks"
    shown = inbox_lines(sender="The Weekly Dive", subject=words, preheader=f"Also: {words}")
    by_name = {one.client: one for one in shown}
    assert list(by_name) == [client.name for client in CLIENTS]
    assert by_name["a phone, 320 pixels wide"].subject.endswith(MORE)
    assert by_name["Thunderbird, as a table"].preheader is None
    joined = by_name["Gmail in a browser"]
    assert joined.subject == words
    assert joined.preheader is not None
    assert width_of(f"{words} - {joined.preheader}", letters=14) <= 641
    (none_left,) = [
        one
        for one in inbox_lines(sender="x", subject=words * 3, preheader="more")
        if one.client == "Gmail in a browser"
    ]
    assert none_left.preheader is None


def test_what_a_feed_brings_is_inert_on_their_pages() -> None:
    hostile = "<script>alert(1)</script>"
    line = InboxLine(client="x", sender=hostile, subject=hostile, preheader=hostile)
    page = inbox_page((line,))
    assert "<script" not in page
    assert "Widths are estimates" in page
    assert "<script" not in aloud_page((Spoken(role=hostile, words=hostile),))
    assert line.line == f"{hostile} | {hostile} | {hostile}"
