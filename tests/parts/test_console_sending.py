"""An issue on its way and its result, in the console: figures, buttons, and who may press them."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from console import Console, app_of
from mailhost import close, say
from newsroom import FRIDAY, MONDAY, SAID_YES, Ended, Newsroom, newsroom
from sqlalchemy import select

from digest import logbook, questions, results, steering
from digest.app import App
from digest.clock import Clock
from digest.delivery.audit import audit
from digest.delivery.state import DeliveryState
from digest.editions.state import EditionState
from digest.tables import DeliveryRow, EditionRow
from digest.web.console.live import Look, Lookout, Rhythm

Call = Callable[..., Ended]
READERS = [f"reader{number}@example.org" for number in range(5)]
ISSUE = "/issues/2026-W24"


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom(tmp_path, database_url=database_url) as room:
        room.configure("[delivery]\nconnections = 1\n[delivery.retry]\nfirst_minutes = 1.0")
        yield room


@pytest.fixture
def call(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*arguments: str, code: int = 0, at: str = FRIDAY) -> Ended:
        return room.call(capsys, *arguments, "--at", at, code=code)

    call("source", "add", room.blog("cold-reads"), at=MONDAY)
    call("fetch", at="2026-06-11T12:00")
    call("subscriber", "add", *READERS, *SAID_YES, at=MONDAY)
    return call


@pytest.fixture
def app(room: Newsroom, call: Call) -> Iterator[App]:
    del call
    app = app_of(room)
    yield app
    app.close()


def going(room: Newsroom, call: Call) -> None:
    """Begin to send: one is refused, one has it, the server leaves for the rest."""
    room.mail.script = {
        "rcpt": [say("550 5.1.1 <b>no such user</b>"), say("250 ok")] + [close()] * 50
    }
    call("run", code=4)


def figures(answer: httpx.Response) -> list[int]:
    """Read the figures of the sending page, without the candidates."""
    line = re.search(r'<p><span class="figure">(.*)</p>', answer.text)
    assert line
    words = re.sub(r"<[^>]*>| of [\d,]+ accepted", "", line[1])
    return [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", words)]


def state(app: App) -> EditionState:
    with app.database.read() as session:
        return EditionState(session.scalars(select(EditionRow.state)).one())


def proven(app: App) -> bool:
    with app.database.read() as session:
        return audit(session) == []


def test_figures_add_up_through_pause_resume_and_cancel(
    room: Newsroom, call: Call, app: App
) -> None:
    going(room, call)
    console = Console(app)
    page = console.get(f"{ISSUE}/sending")
    assert page.status_code == 200
    assert "Issue 1 is going out" in page.text
    assert sum(figures(page)) == len(READERS)
    paused = console.follow(console.post(f"{ISSUE}/pause"))
    assert (
        "Paused at 08:00. 3 people are still to be served. Resume sends to them only."
        in paused.text
    )
    assert sum(figures(paused)) == len(READERS)
    resumed = console.follow(console.post(f"{ISSUE}/resume"))
    assert "to the 3 people still to be served, and to nobody else" in resumed.text
    console.post(f"{ISSUE}/pause")
    wrong = console.post(f"{ISSUE}/cancel", people="4", reason="too late")
    assert wrong.status_code == 422
    assert "3 people of issue 2026-W24 have not been served, and not 4" in wrong.text
    assert 'value="too late"' in wrong.text
    assert state(app) is EditionState.PAUSED
    result = console.follow(console.post(f"{ISSUE}/cancel", people="3", reason="too late"))
    assert "3 people were not served" in result.text
    assert state(app) is EditionState.FAILED
    assert proven(app)
    with app.database.read() as session:
        noted = logbook.entries(session, most=9, about="issue 2026-W24")
    assert [(e.action, e.actor) for e in noted if e.actor == "anna"] == [
        ("cancel issue", "anna"),
        ("pause issue", "anna"),
        ("resume issue", "anna"),
        ("pause issue", "anna"),
    ]


def test_who_was_refused_is_shown_shortened_with_the_reply_as_text(
    room: Newsroom, call: Call, app: App
) -> None:
    going(room, call)
    page = Console(app).get(f"{ISSUE}/sending").text
    assert "r***@example.org" in page
    assert not any(address in page for address in READERS)
    assert "&lt;b&gt;no such user&lt;/b&gt;" in page
    assert "mailed no more; the person&#39;s page says since when" in page


def test_who_was_refused_before_a_person_paused_is_mailed_no_more_once_it_goes_on(
    room: Newsroom, call: Call, app: App
) -> None:
    room.mail.script = {"rcpt": [say("550 5.1.1 no such user")]}
    room.mail.on_accept = lambda _taken: _paused_by_a_person(app)
    call("run", code=None)
    assert state(app) is EditionState.PAUSED
    console = Console(app)
    assert (
        "no such mailbox: mailed no more once the issue goes on"
        in console.get(f"{ISSUE}/sending").text
    )
    room.mail.on_accept = None
    console.post(f"{ISSUE}/resume")
    call("run", at="2026-06-12T08:30")
    [refused] = results.missed(app, questions.edition_named(app, "2026-W24"))
    assert refused.then == "mailed no more; the person's page says since when"


def _paused_by_a_person(app: App) -> None:
    edition = questions.edition_named(app, "2026-W24")
    if edition.state is EditionState.SENDING:
        steering.pause(app, edition, reason="look first")


def test_after_a_kill_and_a_restart_the_rest_is_served_and_the_figures_add_up(
    room: Newsroom, call: Call, app: App
) -> None:
    going(room, call)
    room.mail.script = {}
    call("run", at="2026-06-12T08:30")
    result = Console(app).get(f"{ISSUE}/result")
    assert "4 accepted of 5 tried" in result.text
    assert "80.0 %" in result.text
    assert proven(app)


def test_the_unknown_are_decided_one_by_one(room: Newsroom, call: Call, app: App) -> None:
    room.mail.script = {"taken": [close(), say("250 ok"), close()]}
    call("run", code=4)
    console = Console(app)
    shown = console.get(f"{ISSUE}/result?state=unknown").text
    first, second = re.findall(r'name="delivery" value="(\d+)"', shown)
    said = console.follow(console.post(f"{ISSUE}/resolve", delivery=first, decision="sent"))
    assert "1 letter is taken as sent." in said.text
    console.post(f"{ISSUE}/resolve", delivery=second, decision="resend")
    assert state(app) is EditionState.SENDING  # and one more letter is to be handed over
    with app.database.read() as session:
        rows = {row.id: row for row in session.scalars(select(DeliveryRow))}
    assert rows[int(first)].state == DeliveryState.ACCEPTED
    assert "decided by anna" in (rows[int(first)].reason or "")
    assert rows[int(second)].state == DeliveryState.PENDING
    assert proven(app)


def test_who_was_put_off_until_the_deadline_is_tried_once_more(
    room: Newsroom, call: Call, app: App
) -> None:
    room.mail.script = {"rcpt": say("450 4.2.1 busy")}
    for at in (FRIDAY, "2026-06-13T12:00", "2026-06-14T06:59"):
        call("run", code=4 if at != "2026-06-14T06:59" else None, at=at)
    assert state(app) is EditionState.SENT
    console = Console(app)
    assert console.post(f"{ISSUE}/resend", people="4").status_code == 422
    said = console.follow(console.post(f"{ISSUE}/resend", people="5"))
    assert "5 people are tried once more" in said.text
    room.mail.script = {}
    call("run", at="2026-06-14T08:00")
    assert len(room.mail.accepted) == len(READERS)
    assert proven(app)


def test_a_result_names_everybody_who_was_not_reached_in_pages(
    room: Newsroom, call: Call, app: App
) -> None:
    """F24: every recipient not accepted is named, and nothing is done while a letter is open."""
    going(room, call)
    assert state(app) is EditionState.SENDING  # three letters are open
    call("issue", "cancel", "--people", "3")
    edition = questions.edition_named(app, "2026-W24")
    everybody = results.missed(app, edition)
    assert len(everybody) == len(READERS) - len(room.mail.accepted)
    first = results.missed(app, edition, most=2)
    rest = results.missed(app, edition, after=first[-1].number)
    assert [*first, *rest] == everybody
    assert all(one.said for one in everybody)
    named = call("issue", "result", "--json").data
    assert len({one["email"] for one in named["missed"]} & set(READERS)) == len(everybody)


def test_a_withdrawn_issue_needs_a_reason_and_leaves_a_line_in_the_log(
    call: Call, app: App
) -> None:
    call("run")
    console = Console(app)
    assert console.post(f"{ISSUE}/withdraw").status_code == 422
    console.post(f"{ISSUE}/withdraw", reason="A number was wrong.")
    assert state(app) is EditionState.WITHDRAWN
    with app.database.read() as session:
        assert logbook.entries(session, most=1)[0].action == "withdraw issue"


def test_only_a_publisher_decides_and_never_by_a_get_and_looking_changes_nothing(
    room: Newsroom, call: Call, app: App
) -> None:
    going(room, call)
    before = room.rows()
    editor, publisher = Console(app, role="editor"), Console(app)
    for button in ("pause", "resume", "cancel", "resolve", "resend", "withdraw"):
        assert editor.post(f"{ISSUE}/{button}").status_code == 403, button
        assert publisher.get(f"{ISSUE}/{button}").status_code == 405, button
        assert room.rows() == before, button
    console = Console(app, role="viewer")
    for path in ("/", f"{ISSUE}/sending", f"{ISSUE}/result", f"{ISSUE}/result?state=nonsense"):
        answer = console.get(path)
        assert answer.status_code == 200
        assert "<form" not in answer.text.replace("/console/sign-out", "")
    assert room.rows() == before


def test_a_result_shows_what_was_followed_where_clicks_are_counted(
    room: Newsroom, call: Call
) -> None:
    room.configure("[clicks]\ncount = true\n")
    call("run")
    counting = app_of(room)
    page = Console(counting).get(f"{ISSUE}/result").text
    counting.close()
    assert "What was followed" in page
    assert "Nobody is named" in page


def test_an_issue_that_has_left_has_a_result_and_no_sending_page(call: Call, app: App) -> None:
    call("run")
    answer = Console(app).get(f"{ISSUE}/sending")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/console{ISSUE}/result")
    stream = Console(app).get(f"{ISSUE}/events")
    assert stream.headers["content-type"].startswith("text/event-stream")


def test_today_shows_the_last_issue_the_next_one_and_what_was_done(call: Call, app: App) -> None:
    call("run")
    page = Console(app).get("/").text
    assert "Nothing needs you. Next: issue 2" in page
    assert "100.0 %" in page
    assert "0 refused of 5 tried" in page
    assert "goes to 5 people" in page
    assert "1 source, all reached." in page


def listen(lookout: Lookout, looks: list[Look], *, stop: threading.Event) -> list[str]:
    """Collect what a stream says of these looks; the last one lasts."""

    async def collect() -> list[str]:
        def fresh() -> Look:
            return looks.pop(0) if len(looks) > 1 else looks[0]

        return [event async for event in lookout.stream("an issue", fresh, stop=stop)]

    return asyncio.run(collect())


def test_a_stream_tells_each_change_once_and_ends_with_the_issue() -> None:
    same, over = Look(html="<p>1</p>\n<p>2</p>", is_over=False), Look(html="done", is_over=True)
    lookout = Lookout(clock=Clock(), rhythm=Rhythm(beat=0.0))
    assert listen(lookout, [same, same, over], stop=threading.Event()) == [
        "data: <p>1</p>\ndata: <p>2</p>\n\n",
        "data: done\n\n",
        "event: over\ndata: over\n\n",
    ]


def test_a_stream_ends_when_the_process_does_or_its_time_is_over() -> None:
    same = Look(html="going", is_over=False)
    stopped = threading.Event()
    stopped.set()
    assert listen(Lookout(clock=Clock()), [same], stop=stopped) == []
    short = Lookout(clock=Clock(), rhythm=Rhythm(beat=0.0, lives=0.0))
    assert listen(short, [same], stop=threading.Event()) == []


def test_viewers_share_a_look_and_one_too_many_is_sent_away() -> None:
    counted = []

    def fresh() -> Look:
        counted.append(1)
        return Look(html="going", is_over=False)

    lookout = Lookout(clock=Clock(), rhythm=Rhythm(beat=60.0, most=0))
    assert lookout.look("an issue", fresh) == lookout.look("an issue", fresh)
    assert len(counted) == 1
    told = listen(lookout, [Look(html="going", is_over=False)], stop=threading.Event())
    assert told == ["retry: 30000\n\n"]
