"""A sealed issue, as its operator meets it again: who was not reached, how it looked, a copy."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from console import Console, app_of
from mailhost import say
from newsroom import FRIDAY, MONDAY, SAID_YES, Ended, Newsroom, newsroom
from people import NOW
from sqlalchemy import select, update
from visitor import Wristwatch

from digest.tables import EditionRow, LogEntryRow, PostRow

THURSDAY = "2026-06-11T08:00"
MONDAY_AFTER = "2026-06-15T08:00"
SENT, NEXT = "2026-W24", "2026-W25"
HELLO = "Hello, all of you."

Call = Callable[..., Ended]


@pytest.fixture
def room(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Newsroom]:
    """Send an issue that three of four readers do not get."""
    names = [f"{name}@example.org" for name in ("ada", "grace", "emmy", "alan")]
    with newsroom(tmp_path, database_url=database_url) as room:
        add = ("source", "add", room.blog(), "--name", "plain")
        for command in (add, ("subscriber", "add", *names, *SAID_YES), ("fetch",)):
            room.call(capsys, *command, "--at", MONDAY, code=None)
        room.blog("One", "Two")
        words = ("--subject", "A subject of ours", "--introduction", HELLO)
        room.call(capsys, "fetch", "--at", THURSDAY)
        room.call(capsys, "issue", "words", SENT, *words, "--at", THURSDAY)
        room.mail.script = {"rcpt": [say(f"550 5.1.{n} nobody here") for n in (1, 2, 3)]}
        room.call(capsys, "run", "--at", FRIDAY)
        yield room


@pytest.fixture
def call(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*arguments: str, code: int = 0) -> Ended:
        return room.call(capsys, *arguments, "--at", MONDAY_AFTER, code=code)

    return call


def test_who_was_not_reached_is_named_page_by_page(call: Call) -> None:
    first = call("issue", "show", SENT, "--most", "2", "--json").data
    rest = call("issue", "show", SENT, "--after", str(first["next_after"]), "--json").data
    assert (len(first["unserved"]), len(rest["unserved"])) == (2, 1)
    named = [*first["unserved"], *rest["unserved"]]
    assert {one["code"] for one in named} == {"550 5.1.1", "550 5.1.2", "550 5.1.3"}
    assert [one["delivery"] for one in named] == sorted({one["delivery"] for one in named})
    assert rest["next_after"] is None
    text = call("issue", "show", SENT, "--most", "2").out
    assert f"Next: digest issue show {SENT} --after {first['next_after']}" in text
    listed = call("send", SENT, "--dry-run", "--list").out
    assert listed.count("@example.org") == 3


def test_what_was_sent_is_looked_at_as_it_was(room: Newsroom) -> None:
    app = app_of(room, clock=Wristwatch.starting_at(NOW + timedelta(days=3)))
    with app.database.begin() as session:
        session.execute(update(PostRow).values(title="Another title"))
    console, at = Console(app), f"/issues/{SENT}"
    for query in ("lens=phone", "lens=text", "lens=phone&as=1", "lens=read-aloud"):
        seen = console.get(f"{at}/lens?{query}").text
        assert "About Two." in seen
        assert "Another title" not in seen
    assert "A subject of ours" in console.get(f"{at}/lens?lens=inbox-line").text
    assert "links." in console.get(f"{at}/weight").text
    assert console.get(f"{at}/checks").headers["location"] == f"/console{at}/sending"
    assert f"{at}/lens?lens=read-aloud" in console.get(f"{at}/result").text
    app.close()


def test_the_next_issue_begins_with_the_words_of_this_one(room: Newsroom, call: Call) -> None:
    before = room.rows()
    tried = call("issue", "duplicate", SENT, "--dry-run", "--json").data
    assert (tried["period"], tried["introduction"]) == (NEXT, HELLO)
    assert room.rows() == before
    made = call("issue", "duplicate", SENT).out
    assert "begins with the introduction of issue 2026-W24; its subject stays behind" in made
    refused = call("issue", "duplicate", SENT, code=2).err
    assert "is not written over" in refused
    assert "cannot begin with itself" in call("issue", "duplicate", SENT, "--to", SENT, code=2).err
    app = app_of(room, clock=Wristwatch.starting_at(NOW + timedelta(days=3)))
    with app.database.read() as session:
        kept = session.execute(
            select(EditionRow.period, EditionRow.introduction).order_by(EditionRow.period)
        ).all()
        noted = session.scalars(
            select(LogEntryRow.facts).where(LogEntryRow.action == "duplicate issue")
        ).one()
    assert kept == [(SENT, HELLO), (NEXT, HELLO)]
    assert noted["source"] == SENT
    console = Console(app)
    copied = console.post(f"/issues/{SENT}/duplicate", to="2026-W26")
    assert copied.headers["location"] == "/console/issues/2026-W26"
    assert HELLO in console.follow(copied).text
    assert console.post(f"/issues/{SENT}/duplicate").status_code == 422
    assert Console(app, role="viewer").post(f"/issues/{SENT}/duplicate").status_code == 403
    app.close()


def test_a_week_that_was_held_hands_its_decisions_on(
    room: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    room.blog("One", "Two", "Three", "Four", day="Tue, 16 Jun 2026")
    late = ("--at", "2026-06-18T08:00")
    room.call(capsys, "fetch", *late)
    shown = room.call(capsys, "issue", "show", NEXT, "--json", *late).data
    numbers = {one["title"]: str(one["id"]) for one in shown["order"]}
    assert set(numbers) == {"Three", "Four"}
    room.call(capsys, "issue", "skip", numbers["Four"], NEXT, *late)
    room.call(capsys, "issue", "hold", NEXT, *late)
    made = room.call(capsys, "issue", "duplicate", NEXT, *late).out
    assert "issue 2026-W26 begins with the decisions about posts of issue 2026-W25" in made
    after = ("--at", "2026-06-25T08:00")
    following = room.call(capsys, "issue", "show", "2026-W26", "--json", *after).data
    reasons = {one["title"]: one["reason"] for one in following["refused"]}
    assert following["posts"] == ["Three"]
    assert reasons["Four"] == "was skipped by a person"
