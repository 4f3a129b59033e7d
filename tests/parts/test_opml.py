"""Lists of feeds come in as they are written, and go out as every reader takes them."""

import json
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from digest.sources import opml
from digest.sources.opml import Outline

WELL = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head><title>Mine</title></head>
  <body>
    <outline text="Storage">
      <outline text="Cold &amp; warm" title="other" type="rss"
        xmlUrl="https://cold.example/feed?a=1&amp;b=2" htmlUrl="https://cold.example/"/>
    </outline>
    <!-- <outline text="Gone" xmlUrl="https://gone.example/feed"/> -->
    <outline title='Only a title' xmlUrl='https://title.example/rss'></outline>
    <outline xmlUrl="https://nameless.example/atom.xml"/>
  </body>
</opml>
"""


def read(*lines: str) -> list[Outline]:
    """Read a list with these lines in its body; the first of them is line 2."""
    return opml.read("\n".join(["<opml><body>", *lines, "</body></opml>"]).encode())


def test_names_addresses_and_folders_are_read_with_their_lines() -> None:
    assert opml.read(WELL.encode()) == [
        Outline(
            line=6,
            name="Cold & warm",
            url="https://cold.example/feed?a=1&b=2",
            home="https://cold.example/",
            topic="Storage",
        ),
        Outline(line=10, name="Only a title", url="https://title.example/rss"),
        Outline(line=11, name="", url="https://nameless.example/atom.xml"),
    ]


@pytest.mark.parametrize(
    ("line", "name", "url"),
    [
        ('text="R&D" xmlUrl="https://a.example/?x=1&copy=2"', "R&D", "https://a.example/?x=1&copy=2"),
        ('text="A" xmlurl="https://a.example/f"', "A", "https://a.example/f"),
        ('TEXT="A" XMLURL = "https://a.example/f"', "A", "https://a.example/f"),
        ('text="1 > 0" xmlUrl="https://a.example/f"', "1 > 0", "https://a.example/f"),
        ('text="A"B" xmlUrl="https://a.example/f"', "A", "https://a.example/f"),
        ('text="A &#38; &lt;b&gt;B&lt;/b&gt;" xmlUrl="https://a.example/f"', "A & B", "https://a.example/f"),
        ('text=" A\tB " xmlUrl=" https://a.example/f "', "A B", "https://a.example/f"),
        ('text="A" xmlUrl="feed:https://a.example/f"', "A", "https://a.example/f"),
        ('text="A" xmlUrl="feed://a.example/f"', "A", "http://a.example/f"),
        ('text="&#0;&#1114112;A" xmlUrl="https://a.example/f"', "A", "https://a.example/f"),
    ],
)  # fmt: skip
def test_what_no_parser_of_xml_would_take_is_read(line: str, name: str, url: str) -> None:
    (found,) = read(f"<outline {line}/>")
    assert (found.name, found.url, found.trouble) == (name, url, None)


def test_a_broken_line_costs_no_other_line() -> None:
    found = read(
        '<outline text="A" xmlUrl="https://a.example/f"/>',
        '<outline text="B" xmlUrl="https://b.example/f',
        '<outline text="C" xmlUrl="https://c.example/f"/>',
    )
    assert [one.name for one in found] == ["A", "C"]


def test_a_line_that_cannot_be_followed_says_why() -> None:
    found = read(
        '<outline text="No address"/>',
        '<outline text="Only a page" htmlUrl="https://page.example/"/>',
        '<outline text="Mail" xmlUrl="mailto:ada@example.org"/>',
    )
    assert [(one.line, one.name, one.trouble) for one in found] == [
        (2, "No address", "has no address of a feed"),
        (
            3,
            "Only a page",
            "has no address of a feed; try: digest source add https://page.example/",
        ),
        (4, "Mail", "is no web address"),
    ]


def test_the_same_address_twice_is_a_double_and_https_is_kept() -> None:
    found = read(
        '<outline text="A" xmlUrl="http://a.example/feed"/>',
        '<outline text="B" xmlUrl="https://b.example/feed/"/>',
        '<outline text="A again" xmlUrl="https://www.a.example/feed/"/>',
        '<outline text="B again" xmlUrl="http://b.example/feed"/>',
        '<outline text="Another" xmlUrl="http://b.example/feed?tag=x"/>',
    )
    assert [one.double_of for one in found] == [4, None, None, 3, None]


def test_a_folder_is_a_topic_unless_it_holds_the_whole_list() -> None:
    feeds = ('<outline xmlUrl="https://a.example"/>', '<outline xmlUrl="https://b.example"/>')
    inner = ('<outline text="Inner">', feeds[1], "</outline>")
    apart = read('<outline text="One">', feeds[0], *inner, "</outline>", feeds[1])
    assert [one.topic for one in apart] == ["One", "Inner", None]
    whole = read('<outline text="All my feeds">', feeds[0], *inner, "</outline>")
    assert [one.topic for one in whole] == [None, "Inner"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "gb18030"])
def test_a_list_is_read_in_its_encoding(encoding: str) -> None:
    declared = "" if encoding == "cp1252" else f'<?xml version="1.0" encoding="{encoding}"?>'
    name = "Grüße" if encoding == "cp1252" else "酷壳 Grüße"
    text = f'{declared}<opml><outline text="{name}" xmlUrl="https://a.example/f"/></opml>'
    (found,) = opml.read(text.encode(encoding))
    assert found.name == name


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"hello", b"<html><p>Hi</p></html>"])
def test_what_is_no_list_names_nothing(content: bytes) -> None:
    assert opml.read(content) == []


def test_an_attack_takes_linear_time() -> None:
    started = time.process_time()
    for attack in (b'<outline text="', b"<outline a='x", b"<!--", b"<outline>", b"<outline "):
        opml.read(attack * 50_000)
    assert time.process_time() - started < 5


SOURCES = [
    Outline(line=1, name='Zoë\'s "notes"', url="https://zoe.example/feed?a=1&b=2"),
    Outline(
        line=2, name="A < B", url="https://a.example/f", home="https://a.example/", topic="R&D"
    ),
    Outline(line=3, name="By page", url="https://page.example/blog", kind="listing", topic="R&D"),
]


@pytest.mark.parametrize("sources", [SOURCES, SOURCES[1:], SOURCES[:1], []])
def test_what_was_written_is_read_back(sources: list[Outline]) -> None:
    def told(outlines: list[Outline]) -> set[tuple[str | None, ...]]:
        return {(one.name, one.url, one.kind, one.home, one.topic) for one in outlines}

    assert told(opml.read(opml.write(sources, title="Mine & <yours>").encode())) == told(sources)


def test_what_was_written_is_xml_that_other_readers_take() -> None:
    tree = ET.fromstring(opml.write(SOURCES, title="Mine & <yours>"))  # noqa: S314 - our own words
    assert tree.findtext("head/title") == "Mine & <yours>"
    feeds = [one for one in tree.iter("outline") if one.get("xmlUrl")]
    assert [one.get("text") for one in feeds] == ['Zoë\'s "notes"', "A < B"]
    assert all(one.get("type") == "rss" for one in feeds)
    (folder,) = [one for one in tree.iter("outline") if len(one)]
    assert folder.get("text") == "R&D"


def test_every_feed_of_real_lists_is_found(shared_data: Path) -> None:
    folder = shared_data / "opml"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    lists = [entry for entry in manifest if entry["file"].endswith(".opml")]
    assert len(lists) == 12
    for entry in lists:
        found = opml.read((folder / entry["file"]).read_bytes())
        fit = [one for one in found if one.trouble is None]
        assert all(one.name for one in fit), entry["file"]
        if entry["well_formed"]:
            assert len(found) == len(fit) == entry["feeds"], entry["file"]
        else:  # the manifest's own count misses the line with the bare "&"
            assert len(fit) == entry["feeds"] + 1, entry["file"]
