"""Templates that operators change: looked at by file and line, tried on an invented issue."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from newsroom import Newsroom, newsroom

from digest.editions.issue import NewsletterSettings
from digest.render.contrast import contrast
from digest.render.features import unsupported
from digest.render.template_check import check_theme, lost_words
from digest.render.template_lint import check_source
from digest.render.theme import list_themes
from digest.shipped import shipped_templates
from digest.tables import Base
from storage.database import Database
from storage.settings import DatabaseSettings

MakeFile = Callable[[str, str], Path]
Capture = pytest.CaptureFixture[str]
WEEKLY = shipped_templates() / "edition" / "weekly"


def checked(folder: Path | None = None, *, theme: str = "weekly") -> list[str]:
    return check_theme(
        theme, folder=folder, newsletter=NewsletterSettings(), languages=("en", "de")
    )


@pytest.mark.parametrize("theme", ["weekly", "compact"])
def test_the_shipped_themes_pass(theme: str) -> None:
    assert checked(theme=theme) == []
    assert list_themes()[theme]


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("<mj-txt>words</mj-txt>", "<mj-txt> is unknown"),
        ("<article>words</article>", "<article> is unknown"),
        ('<mj-text colour="red">words</mj-text>', '<mj-text> has no attribute "colour"'),
        ('<td onclick="x">words</td>', '<td> has no attribute "onclick"'),
        ("<table><tr><td>x</td></tr></table>", 'needs role="presentation"'),
        ("<th>x</th>", "needs scope"),
        ("<a>x</a>", "a link needs an address"),
        ("<mjml><mj-body></mj-body></mjml>", "say the language"),
        ("<p><span>x</p></span>", "<span> is not closed before </p>"),
        ("<p>x", "<p> is not closed"),
        ("x</p>", "</p> closes nothing"),
        ('<img src="x" />', "<img>: this mail has no pictures"),
        ('<a href="https://tracker.example/x">x</a>', "the host tracker.example is written"),
        ('<td style="background:url(//cdn.example/x)">x</td>', "the host cdn.example is written"),
        ("<p>x <3 y</p>", 'this "<" begins no tag'),
        ('<p class="x>y</p>', 'this "<" begins no tag'),
    ],
)
def test_each_fault_of_a_template_is_named_with_its_line(source: str, fault: str) -> None:
    faults = [str(one) for one in check_source(f"{{# a\n#}}\n{source}", name="a/b.mjml.j2")]
    assert any(one.startswith("a/b.mjml.j2:3: ") and fault in one for one in faults), faults


@pytest.mark.parametrize(
    "source",
    [
        '<p class="{{ x }}"{% if y %} dir="{{ y }}"{% endif %}>{{ z }}</p>',
        "{% if x %}<b>x</b>{% else %}<i>y</i>{% endif %}<br />",
        "<!-- <what> --><span>x</span>",
        '<mj-raw><meta name="a" content="b" /></mj-raw>',
    ],
)
def test_sound_templates_are_left_in_peace(source: str) -> None:
    assert list(check_source(source, name="a.mjml.j2")) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("post.j2", "<h3", "<h4", r"edition/weekly/post.j2:\d+: <h4> is unknown"),
        ("post.j2", "{% macro full", "{% macro", r"edition/weekly/post.j2:\d+: "),
        ("footer.j2", "issue.cadence", "issue.cadenza", r"weekly/footer.j2:3: .*'cadence'\?"),
        ("inline.css.j2", ".rule{", ".rule{position:fixed;", r"inline.css.j2:\d+: .position. is"),
        ("own.css.j2", "{#", "{# #}\na:hover{float:left}\n{#", r"own.css.j2:2: .float. is not"),
        ("paper.j2", "<td", "<img src='x'><td", r"paper.j2:\d+: <img>: this mail has no pictures"),
        ("inline.css.j2", ".post{", ".post{padding:9px;", "padding of <h3> is lost in Outlook"),
        ("head.css.j2", ":root{", "@import '//x.example/a';:root{", "the host x.example is"),
        ("tokens.toml", 'muted = { light = "#59606c"', 'muted = { light = "#c0c0c0"', "contrast"),
        ("issue.txt.j2", "{{ slots.unsubscribe_url }}", "", r"issue.txt.j2: the text has no"),
        ("issue.mjml.j2", "<mj-column>", "<mj-collumn>", "<mj-collumn> is unknown"),
    ],
)  # fmt: skip
def test_a_broken_theme_is_refused_with_its_file(
    make_file: MakeFile, file: str, old: str, new: str, complaint: str
) -> None:
    source = (WEEKLY / file).read_text(encoding="utf-8")
    assert old in source
    folder = make_file(f"edition/weekly/{file}", source.replace(old, new, 1)).parents[2]
    found = checked(folder)
    assert any(re.search(complaint, one) for one in found), found


def test_an_operators_theme_stands_on_a_shipped_one(make_file: MakeFile) -> None:
    folder = make_file("edition/mine/theme.toml", 'base = "compact"\nabout = "Ours"').parents[2]
    make_file("edition/mine/own.css.j2", ".name{font-size:20px}")
    assert checked(folder, theme="mine") == []
    assert list_themes(folder)["mine"] == "Ours"
    assert checked(folder, theme="none") != []


def test_words_that_the_compiler_drops_are_named() -> None:
    mjml = "<mjml><mj-body><mj-text>kept &amp; seen</mj-text><mj-oops>gone</mj-oops></mj-body>"
    assert lost_words(mjml, html="<div>kept &amp; seen</div>") == ["gone"]


def test_d9_what_is_not_known_to_work_in_mail_is_refused() -> None:
    html = '<style>a{float:left}</style><section>x</section><p style="position:fixed">x</p><p id=x>'
    assert list(unsupported(html)) == [
        '"float" in a style block is not known to work in mail programs',
        "<section> is not known to work in mail programs",
        '"position" in the style of <p> is not known to work in mail programs',
    ]
    assert list(unsupported('<p onclick="x">')) == [
        'the attribute "onclick" of <p> is not known to work in mail programs'
    ]


def test_contrast_is_that_of_the_guidelines() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
    assert contrast("#123456", "#123456") == 1


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    url = f"sqlite:///{tmp_path}/digest.sqlite3"
    database = Database(DatabaseSettings(url=url))
    database.create()
    Base.metadata.create_all(database.engine)
    database.close()
    with newsroom(tmp_path, database_url=url) as room:
        yield room


def test_the_commands_list_copy_and_check(room: Newsroom, capsys: Capture) -> None:
    room.configure()
    refused = room.call(capsys, "template", "copy", "edition/weekly/footer.j2", code=2)
    assert "set [app] templates" in refused.err
    room.configure('[app]\ntemplates = "own"\n')
    room.call(capsys, "template", "copy", "edition/weekly/footer.j2")
    assert "is there already" in room.call(capsys, "template", "copy", "edition/weekly", code=2).err
    assert "no shipped template" in room.call(capsys, "template", "copy", "nothing", code=2).err
    listed = room.call(capsys, "--json", "template", "list").data
    assert {"file": "edition/weekly/footer.j2", "whose": "yours"} in listed["files"]
    assert {"file": "edition/weekly/post.j2", "whose": "shipped"} in listed["files"]
    assert [one["theme"] for one in listed["themes"] if one["used"]] == ["weekly"]
    assert "all checks passed" in room.call(capsys, "template", "check").out
    own = room.folder / "own" / "edition" / "weekly" / "footer.j2"
    own.write_text("\n<p>{{ issue.cadence }", encoding="utf-8")
    broken = room.call(capsys, "--json", "template", "check", code=3).data
    assert broken["passed"] is False
    assert broken["findings"][0].startswith("edition/weekly/footer.j2:2: ")
