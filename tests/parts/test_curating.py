"""What people decide about sources: the rule, muted words; and what is kept of each reading."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from console import Console, app_of
from newsroom import FRIDAY, MONDAY, SAID_YES, Ended, Newsroom
from people import NOW
from shapes import documented, fits
from sqlalchemy import func, select

from digest import curating, sourcebook
from digest.app import App
from digest.errors import ConfigurationError, UsageError
from digest.posts.store import Saved
from digest.sources import diary
from digest.sources.capture import Answer
from digest.sources.fetch import Fetched
from digest.sources.state import State
from digest.tables import PostRow, ReadingRow, SourceRow
from storage.database import Database

Call = Callable[..., Ended]

CARDS = """<!doctype html><html><head><title>Plain</title></head><body>
<div class="odd"><b class="name">Cold reads</b><a href="/cold">more</a><i>1 June 2026</i></div>
<div class="odd"><b class="name">Warm reads</b><a href="/warm">more</a><i>2 June 2026</i></div>
<div class="ad"><b>Buy <script>alert(1)</script> this</b><a href="/ad">now</a></div>
</body></html>"""
SELECTORS = {"post": "div.odd", "title": "b.name", "link": "a", "date": "i"}
OPTIONS = [word for part, text in SELECTORS.items() for word in (f"--{part}", text)]


@pytest.fixture
def app(room: Newsroom) -> Iterator[App]:
    app = app_of(room)
    yield app
    app.close()


def add(database: Database, url: str = "https://plain.example/feed", **facts: Any) -> int:
    with database.begin() as session:
        row = SourceRow(name="plain", url=url, added_at=NOW, **facts)
        session.add(row)
        session.flush()
        return row.id


def row_of(database: Database) -> SourceRow:
    with database.read() as session:
        return session.scalars(select(SourceRow)).one()


# The rule


def test_a_page_is_read_by_its_selectors_once_they_are_kept(
    room: Newsroom, call: Call, database: Database
) -> None:
    url = room.web.serve("/blog", CARDS, headers={"Content-Type": "text/html", "ETag": '"1"'})
    add(database, url, kind="listing", etag='"1"', shape="old", entries=9, alarm=None)
    shown = call("source", "rule", "plain", "--json").data
    assert shown == {
        "source": "plain", "kind": "listing", "topic": None, "selectors": {}, "changed": False,
    }  # fmt: skip
    tried = call("source", "rule", "plain", *OPTIONS, "--dry-run", "--json").data
    assert fits(tried, documented("source", "rule", number=1))
    assert [post["title"] for post in tried["posts"]] == ["Cold reads", "Warm reads"]
    assert row_of(database).recipe is None
    kept = call("source", "rule", "plain", *OPTIONS, "--topic", "Storage", "--json").data
    assert fits(kept, documented("source", "rule"))
    assert (kept["selectors"], kept["topic"], kept["changed"]) == (SELECTORS, "Storage", True)
    row = row_of(database)
    assert (row.etag, row.shape, row.entries, row.next_check_at) == (None, None, None, None)
    call("fetch", "--at", MONDAY)
    with database.read() as session:
        assert set(session.scalars(select(PostRow.title))) == {"Cold reads", "Warm reads"}
    cleared = call("source", "rule", "plain", "--clear", "--topic", "", "--json").data
    assert (cleared["selectors"], cleared["topic"], cleared["kind"]) == ({}, None, "listing")
    noted = call("log", "--json").data
    assert [entry["action"] for entry in noted].count("edit source") == 2


@pytest.mark.parametrize(
    ("kind", "selectors", "error"),
    [
        ("feed", {"post": "article"}, "selectors are for a page that lists posts"),
        ("listing", {"title": "h2"}, "does not say where the posts are"),
        ("listing", {"post": "div["}, "is no CSS selector"),
        ("gopher", {}, "nothing reads sources of kind 'gopher'"),
    ],
)
def test_a_rule_that_could_find_nothing_is_refused(
    kind: str, selectors: dict[str, str], error: str
) -> None:
    with pytest.raises((UsageError, ConfigurationError), match=error):
        curating.rule_of(kind=kind, selectors=selectors)


def test_another_topic_alone_leaves_the_reading_as_it_was(app: App) -> None:
    add(app.database, etag='"1"', shape="old", next_check_at=NOW)
    rule = curating.rule_of(kind="feed", topic="Storage")
    curating.change_rule(app, "plain", rule, write=False)
    assert row_of(app.database).topic is None
    curating.change_rule(app, "plain", rule)
    row = row_of(app.database)
    assert (row.topic, row.etag, row.shape, row.next_check_at) == ("Storage", '"1"', "old", NOW)
    with pytest.raises(UsageError, match="no source is named"):
        curating.change_rule(app, "gone", rule)


# Muted words


def test_a_muted_word_keeps_posts_out_takes_approval_back_and_lets_them_in_again(
    room: Newsroom, call: Call
) -> None:
    for name in ("plain", "other"):
        url = room.blog(f"{name}-reads", f"{name}-webinar", path=f"/{name}.xml")
        call("source", "add", url, "--name", name, "--at", MONDAY)
    call("subscriber", "add", "ada@example.org", *SAID_YES, "--at", MONDAY)
    call("fetch", "--at", FRIDAY)
    call("issue", "approve", "--at", FRIDAY)
    told = call("source", "mute", "Webinar", "--source", "plain", "--json").data
    assert fits(told, documented("source", "mute"))
    assert told == {"changed": ["Webinar"], "muted": [{"word": "Webinar", "source": "plain"}]}
    (edition,) = call("issue", "list", "--json").data
    assert edition["state"] == "held"
    assert titles(call) == {"plain-reads", "other-reads", "other-webinar"}
    assert call("source", "mute", "webinar", "--dry-run", "--json").data["muted"] == told["muted"]
    call("source", "mute", "webinar", "no such", "webinar")
    assert titles(call) == {"plain-reads", "other-reads"}
    assert "nothing to do" in call("source", "mute", "WEBINAR").out
    why = call("why", "https://plain.example/plain-webinar", "--at", FRIDAY).out
    assert "because it has a muted word in its title (webinar)" in why
    call("source", "mute", "webinar", "--undo")
    call("source", "mute", "webinar", "--undo", "--source", "plain")
    assert titles(call) == {"plain-reads", "plain-webinar", "other-reads", "other-webinar"}
    assert "none of these words is muted" in call("source", "mute", "x", "--undo", code=2).err
    assert "cannot be muted" in call("source", "mute", "++", code=2).err


def titles(call: Call) -> set[str]:
    """Return the posts of the coming issue."""
    return set(call("issue", "show", "--at", FRIDAY, "--json").data["posts"])


# What is kept of each reading


def test_the_last_readings_are_kept_and_no_more(database: Database) -> None:
    source = add(database)
    saved = Saved(new=1, changed=0, known=2, held=0)
    for number in range(diary.KEPT + 3):
        answer = Answer(status=200, media="text/html", size=3, content=b"")
        fetched = Fetched(state=State.UNCHANGED, detail=f"reading {number}", answer=answer)
        with database.begin() as session:
            diary.write(session, source, fetched, state=State.NEW_POSTS, saved=saved, now=NOW)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(ReadingRow)) == diary.KEPT
        newest, next_one = diary.readings(session, source, most=2)
        assert (newest.detail, next_one.detail) == ("reading 52", "reading 51")
        assert (newest.status, newest.size, newest.new, newest.listed) == (200, 3, 1, None)
        assert diary.capture(session, source, most=10) is None


def test_a_good_answer_a_bad_one_and_none_are_told_apart(
    room: Newsroom, call: Call, database: Database
) -> None:
    url = room.web.serve("/feed.xml", "<rss><channel><script>no feed</script>")
    add(database, url)
    call("fetch", "--at", MONDAY, code=4)
    room.web.serve("/feed.xml", "gone for now", status=503)
    call("fetch", "--at", "2026-06-02T12:00", code=4)
    room.blog("cold-reads")
    call("fetch", "--at", "2026-06-04T12:00")
    told = call("source", "readings", "plain", "--json").data
    assert fits(told, documented("source", "readings"))
    assert [(one["state"], one["status"], one["new"]) for one in told] == [
        ("new posts", 200, 1), ("server error", 503, 0), ("malformed", 200, 0),
    ]  # fmt: skip
    raw = call("source", "raw", "plain", "--limit", "40", "--json").data
    assert fits(raw, documented("source", "raw"))
    assert raw["text"] == '<?xml version="1.0"?><rss version="2.0">'
    assert raw["cut"]
    assert raw["bytes"] > 100


def test_nothing_is_kept_of_an_answer_where_the_operator_wants_that(
    room: Newsroom, call: Call, database: Database
) -> None:
    room.configure("[sources]\ncapture = 0")
    add(database, room.blog("cold-reads"))
    call("fetch", "--at", MONDAY)
    assert "[sources] capture" in call("source", "raw", "plain", code=2).err
    assert call("source", "readings", "plain", "--json").data[0]["status"] == 200


# In the console


def test_a_rule_is_tried_in_the_console_before_it_is_kept(room: Newsroom, app: App) -> None:
    source = add(app.database, room.web.serve("/blog", CARDS), kind="listing")
    console = Console(app, role="editor")
    page = f"/sources/{source}/rule"
    assert "Keep this rule" in console.get(page).text
    tried = console.post(page, do="try", kind="listing", topic="", **SELECTORS)
    assert "It would bring 2 posts" in tried.text
    assert 'value="div.odd"' in tried.text
    assert row_of(app.database).recipe is None
    refused = console.post(page, do="save", kind="listing", post="div[")
    assert refused.status_code == 422
    assert 'value="div["' in refused.text
    kept = console.follow(console.post(page, do="save", kind="listing", **SELECTORS)).text
    assert "plain is read as listing from its next reading on." in kept
    assert "title: b.name" in kept
    assert Console(app, role="viewer").get(page).status_code == 403


def test_what_a_source_answered_is_shown_as_words(room: Newsroom, app: App) -> None:
    source = add(app.database, room.web.serve("/blog", CARDS), kind="listing")
    console = Console(app, role="viewer")
    assert console.get(f"/sources/{source}/raw").status_code == 422
    assert f"/sources/{source}/raw" not in console.get(f"/sources/{source}").text
    app.poll(names=None, due_only=False, report=lambda _: None)
    page = console.get(f"/sources/{source}/raw").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    about = console.get(f"/sources/{source}").text
    assert "The last readings" in about
    assert f"/sources/{source}/raw" in about


def test_words_are_muted_and_heard_again_in_the_console(app: App) -> None:
    source = add(app.database)
    console = Console(app, role="editor")
    for page, name in (("/sources", None), (f"/sources/{source}", "plain")):
        muted = console.follow(console.post(f"{page}/mute", word="<b>ads</b>", do="mute")).text
        assert "“&lt;b&gt;ads&lt;/b&gt;” is muted" in muted
        assert [one.source for one in curating.muted(app)] == [name]
        again = console.follow(console.post(f"{page}/mute", word="<b>ads</b>", do="unmute")).text
        assert "is heard again" in again
        assert curating.muted(app) == []
    assert console.post("/sources/mute", word=" ").status_code == 422
    assert Console(app, role="viewer").post("/sources/mute", word="ads").status_code == 403


def test_readings_of_another_source_are_not_shown(app: App) -> None:
    source = add(app.database)
    with app.database.begin() as session:
        session.add(SourceRow(name="other", url="https://other.example", added_at=NOW))
        session.flush()
        for minutes, whose in enumerate((source, source + 1)):
            at = NOW + timedelta(minutes=minutes)
            session.add(ReadingRow(source_id=whose, at=at, state="unchanged", new=0))
    assert [one.at for one in sourcebook.readings(app, "plain", most=9)] == [NOW]
