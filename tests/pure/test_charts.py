"""Charts: what is drawn is valid, named, in words, and equal to the table behind it."""

import re
from xml.etree import ElementTree as ET

import pytest

from digest.charts import ink
from digest.charts.bars import Bar, bars, funnel, mix
from digest.charts.figure import Figure
from digest.charts.growth import Week, growth
from digest.charts.heat import Cadence, heat
from digest.charts.line import Event, Limit, Measure, Point, line
from digest.charts.scale import round_up
from digest.charts.stacked import Part, Stack, stacked
from digest.charts.terminal import in_letters
from digest.charts.words import counted, listed, share, writable

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</text><script>alert('1')</script>&\"\x00\x1b\ud800"
WEEKS = [
    Week(label=f"W{n}", joined=n * 7, left=n, total=4000 + 6 * n * (n + 1) // 2)
    for n in range(1, 27)
]
PARTS = (
    Part(name="accepted", fill=ink.OK),
    Part(name="deferred", fill=ink.WARN, told=True),
    Part(name="refused", fill=ink.BAD, told=True),
)
STACKS = (
    Stack(name="Gmail", values=(2180, 6, 1)),
    Stack(name=HOSTILE, values=(0, 0, 0)),
    Stack(name="Others", values=(590, 0, 2)),
)
FIGURES = {
    "growth": growth(WEEKS),
    "growth of one week": growth(WEEKS[:1]),
    "growth of nothing": growth([]),
    "mix": mix("topics", [("AI", 4), (HOSTILE, 9)], title=f"Topics {HOSTILE}", what="post"),
    "mix of nothing": mix("topics", [], title="Topics", what="post"),
    "funnel": funnel(asked=120, mailed=118, confirmed=90, since="the last 4 weeks"),
    "funnel of nobody": funnel(asked=0, mailed=0, confirmed=0, since="the last 4 weeks"),
    "providers": stacked("providers", STACKS, parts=PARTS, title="By provider", sentence="So."),
    "no provider": stacked("providers", (), parts=PARTS, title="By provider", sentence="None."),
    "line": line(
        "delivery",
        [Point(at=n / 4, label=f"{n} min", value=n * 300) for n in range(5)],
        title="Over time",
        sentence="It went well.",
        measure=Measure(what="Accepted", top=4892, limit=Limit(value=3000, words="limit")),
        events=[
            Event(at=0.1, label="0 min", words=HOSTILE),
            Event(at=0.6, label="2 min", words="paused by anna", until=0.7),
            Event(at=0.7, label="3 min", words="resumed by anna"),
        ],
    ),
    "line without points": line(
        "delivery", [], title="Over time", sentence="None.", measure=Measure(what="Taken")
    ),
    "heat": heat(
        [
            Cadence(name="Engineering", posts=(1, 0, 8), state="ok"),
            Cadence(name=HOSTILE, posts=(0, 0, 1), state="silent"),
        ],
        weeks=("W1", "W2", "W3"),
    ),
    "heat of no source": heat([], weeks=("W1",)),
    "bars": bars("b", [Bar(name="x", value=0)], title="B", sentence="S.", what="Clicks"),
}
EVERY = pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)


def _drawing(figure: Figure) -> ET.Element:
    return ET.fromstring(figure.drawing)  # noqa: S314 - our own


@EVERY
def test_a_chart_is_an_image_with_a_title_and_a_sentence(figure: Figure) -> None:
    drawn = _drawing(figure)
    assert drawn.get("role") == "img"
    title, desc = drawn[0], drawn[1]
    assert (title.tag, desc.tag) == (f"{SVG}title", f"{SVG}desc")
    assert drawn.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text
    assert desc.text
    assert desc.text.endswith(".")


@EVERY
def test_what_a_stranger_wrote_stays_words(figure: Figure) -> None:
    page = ET.fromstring(figure.__html__())  # noqa: S314 - our own
    tags = {one.tag.removeprefix(SVG) for one in page.iter()}
    assert "script" not in tags
    assert not [name for one in page.iter() for name in one.attrib if name in {"style", "onload"}]


@EVERY
def test_its_text_can_be_read_and_its_marks_stay_inside(figure: Figure) -> None:
    drawn = _drawing(figure)
    height = float(drawn.get("height", "0"))
    assert (drawn.get("width"), drawn.get("font-size")) == ("560", "13")
    for one in drawn.iter(f"{SVG}rect"):
        x, y, w, h = (float(one.get(key, "0")) for key in ("x", "y", "width", "height"))
        assert x >= 0
        assert x + w <= 560
        assert y >= 0
        assert y + h <= height + 0.1


@EVERY
def test_its_table_has_the_same_numbers(figure: Figure) -> None:
    page = ET.fromstring(figure.__html__())  # noqa: S314 - our own
    rows = [["".join(cell.itertext()) for cell in row] for row in page.iter("tr")]
    written = [
        [f"{cell:,}" if isinstance(cell, int) else cell for cell in row]
        for row in [figure.head, *figure.rows]
    ]
    assert [row for row in rows if row] == [
        [re.sub("[\x00\x1b\ud800]", "\ufffd", cell) for cell in row] for row in written
    ]


@EVERY
def test_it_stands_alone_without_a_style_sheet(figure: Figure) -> None:
    alone = figure.standing_alone()
    assert "var(" not in alone
    ET.fromstring(alone.encode())  # noqa: S314 - our own
    assert alone == figure.standing_alone()


@EVERY
def test_it_can_be_drawn_in_letters(figure: Figure) -> None:
    lines = in_letters(figure).splitlines()
    assert (lines[0], lines[-1]) == (writable(figure.title), writable(figure.sentence))
    assert all(line.isprintable() for line in lines)
    assert len(lines) == 2 + len(figure.marks)
    in_letters(figure, plain=True).replace("·", "").encode("ascii", "ignore")


def test_bars_are_as_long_as_their_values() -> None:
    figure = mix("topics", [("AI", 30), ("Data", 15)], title="Topics", what="post")
    widths = [float(one.get("width", "0")) for one in _drawing(figure).iter(f"{SVG}rect")]
    assert widths[0] == pytest.approx(2 * widths[1])
    assert [len(line.split()[1]) for line in in_letters(figure).splitlines()[1:3]] == [60, 30]
    assert figure.sentence == "45 posts in all; most are AI: 30 of 45, 66.6 %."


def test_growth_says_the_change_in_words() -> None:
    assert growth(WEEKS).sentence == (
        "6,106 readers now, 2,106 more than before W1: 2,457 joined, 351 left."
    )
    same = [Week(label="W1", joined=2, left=2, total=5)]
    assert growth(same).sentence == "5 readers now, as many as before W1: 2 joined, 2 left."


def test_the_lost_share_of_a_sign_up_is_said() -> None:
    figure = FIGURES["funnel"]
    assert figure.sentence.endswith("90 confirmed; 25 % did not, or not yet.")
    assert "118, 98.3 %" in figure.drawing


def test_a_source_that_is_not_well_is_named() -> None:
    assert "to look at:" in FIGURES["heat"].sentence
    fine = heat([Cadence(name="A", posts=(1,), state="ok")], weeks=("W1",))
    assert fine.sentence == "1 post of 1 source; all sources are ok."


@pytest.mark.parametrize(
    ("part", "whole", "written"),
    [(9977, 10_000, "99.7 %"), (1, 2, "50 %"), (0, 0, "0 %"), (1, 4892, "0 %"), (3, 1000, "0.3 %")],
)
def test_a_share_is_cut_and_never_rounded_up(part: int, whole: int, written: str) -> None:
    assert share(part, whole) == written


def test_words_are_counted_and_listed() -> None:
    assert [counted(1, "post"), counted(1200, "post")] == ["1 post", "1,200 posts"]
    assert [listed([]), listed(["a"]), listed(["a", "b", "c"])] == ["", "a", "a, b and c"]


@pytest.mark.parametrize(("value", "top"), [(0, 2), (3, 3), (4892, 5000), (9001, 10_000)])
def test_an_axis_ends_at_a_round_number(value: int, top: int) -> None:
    assert round_up(value) == top


def test_words_above_and_below_a_line_run_into_no_others() -> None:
    points = [Point(at=at, label=f"{at * 100:.0f} min", value=1) for at in (0, 0.01, 0.02, 0.5, 1)]
    places = ((0.1, "paused by anna"), (0.12, "resumed by anna"), (0.9, "paused by ben"))
    events = [Event(at=at, label="now", words=words) for at, words in places]
    figure = line(
        "delivery", points, title="T", sentence="S", measure=Measure(what="W"), events=events
    )
    written = {
        "".join(one.itertext()): float(one.get("y", "0"))
        for one in _drawing(figure).iter(f"{SVG}text")
    }
    assert written["paused by anna"] == written["paused by ben"] != written["resumed by anna"]
    assert {"0 min", "50 min", "100 min"} < set(written)
    assert "1 min" not in written
    assert [row for row in figure.rows if row[2]] == [("now", 1, words) for _, words in places]
