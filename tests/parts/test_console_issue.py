"""The console's page of an open issue: every button, what it refuses, and the mail in its frame."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from console import Console, app_of
from newsroom import FRIDAY, MONDAY, SAID_YES, Newsroom, newsroom
from people import NOW
from sqlalchemy import select, update
from visitor import Wristwatch

from digest.app import App
from digest.tables import Base, EditionRow, LogEntryRow, PostRow
from storage.database import Database
from storage.settings import DatabaseSettings

HOSTILE = '<script>alert(1)</script>" onload=x {{7*7}}'
CUT = "What a Hundred Nights of Queue Lengths Taught Us About Paging Peo…"
THURSDAY = "2026-06-11T08:00"
ISSUE = "/issues/2026-W24"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def room(tmp_path: Path, capsys: Capture) -> Iterator[Newsroom]:
    url = f"sqlite:///{tmp_path}/digest.sqlite3"
    database = Database(DatabaseSettings(url=url))
    database.create()
    Base.metadata.create_all(database.engine)
    database.close()
    with newsroom(tmp_path, database_url=url) as room:
        add = ("source", "add", room.blog(), "--name", "plain")
        for command in (add, ("subscriber", "add", "ada@example.org", *SAID_YES), ("fetch",)):
            room.call(capsys, *command, "--at", MONDAY)
        room.blog("One", "Two", CUT)
        room.call(capsys, "fetch", "--at", THURSDAY)
        yield room


@pytest.fixture
def app(room: Newsroom) -> Iterator[App]:
    app = app_of(room, clock=Wristwatch.starting_at(NOW - timedelta(days=1)))
    yield app
    app.close()


@pytest.fixture
def console(app: App) -> Console:
    return Console(app)


def ids(app: App) -> dict[str, int]:
    with app.database.read() as session:
        return {row.title: row.id for row in session.scalars(select(PostRow))}


def order(page: str) -> list[str]:
    """Return the titles of the list, in its order."""
    listed = page.partition('id="posts"')[2]
    return [part.partition("<")[0] for part in listed.split('rel="noreferrer noopener">')[1:]]


def press(console: Console, path: str, *, status: int = 303, **form: Any) -> str:
    answer = console.post(f"{ISSUE}{path}", **form)
    assert answer.status_code == status, answer.text
    page = console.follow(answer).text if status == 303 else answer.text
    return str(page)


def test_an_issue_is_put_right_tested_and_approved_on_its_page(
    console: Console, app: App, room: Newsroom, capsys: Capture
) -> None:
    page = console.get(ISSUE).text
    assert "Waits for your word on 1 post; without it, it is held Fri 12 Jun 2026 07:00." in page
    assert "1 post waits for you: nothing is sealed before that is decided." in page
    assert "its title is cut" in page
    held, posts = ids(app)[CUT], ids(app)
    refused = press(console, "/approve", status=409)
    assert "is not fit to mail" in refused
    press(console, f"/posts/{held}/edit", title="A Hundred Nights of Queues", summary="Counted.")
    press(console, f"/posts/{posts['Two']}/lead")
    page = press(console, f"/posts/{posts['Two']}/note", note="Argue with this one.")
    assert f"Under &#39;Two&#39; (post {posts['Two']}, Plain) stands: Argue with this one." in page
    assert order(page)[0] == "Two"
    page = press(console, f"/posts/{posts['One']}/up")
    page = press(console, f"/posts/{held}/skip")
    assert "A Hundred Nights of Queues</h3>" in page
    page = press(console, f"/posts/{held}/unskip")
    page = press(console, "/words", subject="Two and others", preheader="", introduction="Hello.")
    assert 'value="Two and others"' in page
    page = press(console, "/test", addresses="me@example.com, boss@example.com")
    assert "me@example.com has the test" in page
    page = press(console, "/approve")
    assert "Approved: sends Fri 12 Jun 2026 07:00 to 1 person, unless you hold it" in page
    room.call(capsys, "run", "--at", FRIDAY)
    mails = [message_from_bytes(m.message, policy=policy.default) for m in room.mail.accepted]
    assert [mail["Subject"] for mail in mails] == [
        "[Test] Two and others",
        "[Test] Two and others",
        "Two and others",
    ]
    body = mails[-1].get_body(("plain",))
    assert body is not None
    words = body.get_content()
    assert "Argue with this one." in words
    assert "A Hundred Nights of Queues" in words
    assert console.get(ISSUE).headers["location"] == f"/console{ISSUE}/sending"
    with app.database.read() as session:
        actors = set(session.scalars(select(LogEntryRow.actor).where(LogEntryRow.actor == "anna")))
    assert actors == {"anna"}


def test_a_change_takes_the_approval_back_and_the_page_says_how(console: Console, app: App) -> None:
    posts = ids(app)
    press(console, f"/posts/{posts[CUT]}/take")
    press(console, "/approve")
    page = press(console, f"/posts/{posts['One']}/skip")
    assert "What has changed since anna approved it" in page
    assert f"removed: &#39;One&#39; [Plain, post {posts['One']}]" in page
    assert "Held: nothing is sent until somebody approves it" in page
    assert "Held" in console.get("/issues").text


def test_what_is_refused_keeps_what_was_typed(console: Console, app: App, room: Newsroom) -> None:
    press(console, f"/posts/{ids(app)[CUT]}/skip")
    page = press(console, "/send", status=422, people="7")
    assert "would go to 1 people now, not to 7" in page
    assert 'name="people" value="7"' in page
    assert "in digits" in press(console, "/send", status=422, people="all")
    page = press(console, "/words", status=422, subject="x" * 79, introduction="Typed.")
    assert "Typed.</textarea>" in page
    assert "no subscription" not in press(console, "/test", status=422, addresses="nobody")
    assert room.mail.accepted == []
    with app.database.read() as session:
        assert session.scalars(select(EditionRow.state)).all() == ["draft"]


def test_who_may_only_look_sees_no_button_and_presses_none(app: App, room: Newsroom) -> None:
    viewer, editor = Console(app, role="viewer"), Console(app, role="editor")
    assert "<form" not in viewer.get(ISSUE).text.partition('id="preview"')[0].partition("<main")[2]
    before = room.rows()
    for path in ("/words", "/posts/1/skip", "/posts/1/note", "/test"):
        assert viewer.post(f"{ISSUE}{path}").status_code == 403
    for path in ("/approve", "/hold", "/send"):
        assert editor.post(f"{ISSUE}{path}").status_code == 403
        assert (
            f"{path}" not in editor.get(ISSUE).text.partition('id="leave"')[2].partition("</s")[0]
        )
    assert room.rows() == before


def test_looking_changes_nothing(console: Console, room: Newsroom) -> None:
    before = room.rows()
    for path in (
        "",
        "?lens=dark&width=640",
        "/lens?lens=outlook",
        "/weight",
        "/checks",
        "/lens?as=1",
    ):
        assert console.get(f"{ISSUE}{path}").status_code == 200
    for path in ("/issues", "/issues/next", "/issues/2026-W40"):
        assert console.get(path).status_code == 200
    assert console.get("/issues/nonsense").status_code == 422
    for path in ("/approve", "/hold", "/send", "/words", "/posts/1/skip"):
        assert console.get(f"{ISSUE}{path}").status_code == 405
    assert room.rows() == before


def test_a_hostile_title_is_inert_in_the_page_and_in_the_frame(console: Console, app: App) -> None:
    with app.database.begin() as session:
        session.execute(update(PostRow).values(title=HOSTILE, summary=HOSTILE))
    page, frame = console.get(ISSUE), console.get(f"{ISSUE}/lens?lens=desktop")
    assert "<script>alert" not in page.text + frame.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "{{7*7}}" in page.text
    assert "sandbox" in page.text.partition("<iframe")[2].partition(">")[0]
    policy_of_frame = frame.headers["content-security-policy"]
    assert "default-src 'none'" in policy_of_frame
    assert "script" not in policy_of_frame
    assert policy_of_frame.endswith("sandbox")
    assert frame.headers["referrer-policy"] == "no-referrer"
    assert "href=" not in frame.text
    assert "<iframe" not in frame.text


LensTest = Callable[[str], bool]


@pytest.mark.parametrize(
    ("query", "shows"),
    [
        ("lens=text", lambda html: "<pre" in html and "About One" in html),
        ("lens=no-styles", lambda html: "<style" not in html),
        ("lens=dark", lambda html: "prefers-color-scheme" not in html),
        ("lens=sepia", lambda html: "About One" in html),
        ("lens=inbox-line", lambda html: "<b>The Weekly Dive</b>" in html),
        ("lens=read-aloud", lambda html: "<b>heading 2, link</b> One" in html),
        ("as=1", lambda html: "ada@example.org" in html),
    ],
)
def test_the_frame_shows_what_is_asked_for(console: Console, query: str, shows: LensTest) -> None:
    answer = console.get(f"{ISSUE}/lens?{query}")
    assert shows(answer.text)


def test_two_lenses_stand_side_by_side(console: Console) -> None:
    page = console.get(f"{ISSUE}?lens=phone&beside=outlook&as=1").text
    frames = [frame.partition(">")[0] for frame in page.split("<iframe")[1:]]
    assert [frame.partition('title="')[2].partition('"')[0] for frame in frames] == [
        "The mail, phone",
        "The mail, outlook",
    ]
    assert "lens=outlook&amp;as=1" in frames[1]
    assert 'class="mail w640"' in frames[1]
    assert "lens=dark&amp;beside=outlook&amp;as=1" in page
    for query in ("beside=phone&lens=phone", "beside=sepia", ""):
        assert console.get(f"{ISSUE}?{query}").text.count("<iframe") == 1


def test_a_person_is_looked_up_by_address_and_stands_in_no_address(console: Console) -> None:
    answer = console.post(f"{ISSUE}/as", reader="Ada@Example.org")
    assert answer.headers["location"] == f"/console{ISSUE}?as=1#preview"
    refused = console.post(f"{ISSUE}/as", reader="nobody@example.org")
    assert refused.status_code == 422
    assert "nobody is known" in refused.text.lower()
    assert console.get(f"{ISSUE}/lens?as=99").status_code == 409


def test_who_is_looked_at_is_named_and_can_be_let_go(console: Console) -> None:
    page = console.follow(console.post(f"{ISSUE}/as", reader="ada@example.org")).text
    assert '<a href="/console/subscribers/1">a***@example.org</a>' in page
    assert 'value="1"' not in page
    assert ">as anybody</a>" in page
    assert ">as anybody</a>" not in console.get(ISSUE).text


def test_the_chosen_look_stays_whatever_button_is_pressed(console: Console, app: App) -> None:
    look = "lens=dark&beside=outlook&width=800&as=1"
    page = console.get(f"{ISSUE}?{look}").text
    forms = re.findall(
        r'<form method="post" action="(/console/issues/[^"]+)" hx-post="([^"]+)"', page
    )
    assert len(forms) > 5
    assert {(unescape(a), unescape(b)) for a, b in forms} == {
        (f"{unescape(a).partition('?')[0]}?{look}",) * 2 for a, _ in forms
    }
    for path, form in (
        ("/words", {"subject": "Ours"}),
        (f"/posts/{ids(app)['One']}/skip", {}),
        ("/hold", {}),
    ):
        answer = console.post(f"{ISSUE}{path}?{look}", **form)
        assert answer.headers["location"] == f"/console{ISSUE}?{look}"
    refused = console.post(f"{ISSUE}/send?{look}", people="many")
    assert refused.status_code == 422
    assert 'aria-current="true">dark</a>' in refused.text
    usual = console.post(f"{ISSUE}/hold")
    assert usual.headers["location"] == f"/console{ISSUE}"
