"""What needs a person: each kind when it is made to happen, and nothing when all is well."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from console import Console, app_of
from mailhost import close
from newsroom import FRIDAY, SAID_YES, Ended, Newsroom
from sqlalchemy import update
from visitor import Wristwatch

from digest import checkup, duplicating, needs, planning, questions, steering
from digest.app import App
from digest.checks.finding import Finding as Check
from digest.editions import store as editions
from digest.figures import findings
from digest.needs import Kind
from digest.render.lint import Finding
from digest.tables import PostRow, SourceRow

MONDAY = "2026-06-08T12:00"  # later than the last slot, so that none was missed
THURSDAY = "2026-06-11T12:00"
FRIDAY_NOON = "2026-06-12T12:00"
Call = Callable[..., Ended]


@pytest.fixture
def call(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*arguments: str, code: int = 0, at: str = FRIDAY) -> Ended:
        return room.call(capsys, *arguments, "--at", at, code=code)

    call("source", "add", room.blog("cold-reads"), "--name", "Plain", at=MONDAY)
    call("fetch", at=THURSDAY)
    call("subscriber", "add", "ada@example.org", "grace@example.org", *SAID_YES, at=MONDAY)
    return call


@contextmanager
def app_at(room: Newsroom, at: str) -> Iterator[App]:
    moment = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    app = app_of(room, clock=Wristwatch.starting_at(moment))
    yield app
    app.close()


def kinds(room: Newsroom, at: str = FRIDAY) -> list[Kind]:
    with app_at(room, at) as app:
        return [need.kind for need in needs.needs(app)]


def test_nothing_is_needed_when_all_is_well(room: Newsroom, call: Call) -> None:
    with app_at(room, THURSDAY) as app:
        assert needs.needs(app, plan=planning.plan(app, questions.current_period(app))) == []
        assert needs.nothing(app) == "Nothing needs you. Next: issue 1, tomorrow 07:00."
    call("run")
    with app_at(room, FRIDAY_NOON) as app:
        assert needs.needs(app) == []
        assert needs.nothing(app) == "Nothing needs you. Next: issue 2, Fri 19 Jun 07:00."


def test_an_issue_that_left_before_its_slot_is_not_the_next_one(room: Newsroom, call: Call) -> None:
    call("send", "--now", "--people", "2", at=THURSDAY)
    following = "2026-W25, due Fri 19 Jun 2026 07:00"
    assert f"next is {following}" in call("run", at=THURSDAY).out
    with app_at(room, THURSDAY) as app:
        assert needs.coming(app) == "Next: issue 2, Fri 19 Jun 07:00."
        assert questions.current_period(app).name == "2026-W25"
        told = " ".join(one.sentence for one in checkup.examine(app))
        assert "next issue 2026-W25, Fri 19 Jun 2026 07:00" in told
        assert "the next is due Fri 19 Jun 2026 07:00" in Console(app).get("/settings").text
        with app.database.read() as session:
            before = editions.find(session, app.newsletter, period="2026-W24")
        assert before is not None
        earlier = replace(before, due_at=before.due_at - timedelta(weeks=1))
        assert duplicating.next_after(app, earlier).name == "2026-W25"
    assert f"nothing to do: issue 1 (2026-W24) is sent; next is {following}" in call("run").out


def test_a_slot_that_nobody_took_is_a_run_that_did_not_complete(room: Newsroom, call: Call) -> None:
    del call
    assert kinds(room, FRIDAY) == []  # it may be coming
    assert kinds(room, "2026-06-12T07:31") == [Kind.RUN]


def test_an_issue_that_nobody_goes_on_sending_is_one_too(room: Newsroom, call: Call) -> None:
    room.mail.script = {"rcpt": [close()] * 50}  # nobody can be served
    call("run", code=4)
    assert kinds(room, "2026-06-12T07:20") == []
    assert kinds(room, FRIDAY_NOON) == [Kind.RUN]


def test_unknown_letters_wait_for_a_word(room: Newsroom, call: Call) -> None:
    room.mail.script = {"taken": [close()]}
    call("run", code=4)
    with app_at(room, FRIDAY) as app:
        (need,) = needs.needs(app)
    assert need.kind is Kind.UNKNOWN
    assert need.sentence == "Issue 1: 1 letter is unknown, they may have arrived or not"
    assert need.path == "/issues/2026-W24/result"
    assert need.command == "digest resolve 2026-W24 --as sent, or --as resend"


def test_a_paused_and_a_held_issue_wait(room: Newsroom, call: Call) -> None:
    call("issue", "hold", "--reason", "the editor is ill", at=THURSDAY)
    assert kinds(room) == [Kind.HELD]
    call("issue", "approve", at=THURSDAY)
    room.mail.script = {"rcpt": [close()] * 50}
    call("run", code=4)
    with app_at(room, FRIDAY) as app:
        steering.pause(app, questions.edition_named(app, None), reason="the relay is slow")
        (need,) = needs.needs(app)
    assert (need.kind, need.sentence) == (Kind.PAUSED, "Issue 1 is paused: the relay is slow")


def test_an_empty_week_is_told_with_what_could_be_read(room: Newsroom, call: Call) -> None:
    with app_at(room, THURSDAY) as app, app.database.begin() as session:
        session.execute(update(PostRow).values(decision="dropped"))
    call("run")
    with app_at(room, FRIDAY) as app:
        (need,) = needs.needs(app)
    assert need.kind is Kind.EMPTY
    assert need.sentence == "Empty week: no new posts; 1 source, all reached"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"state": "gone", "failures": 3}, "“Plain” is failing: "),
        ({"alarm": "flood", "alarm_reason": "40 posts"}, "“Plain” is quarantined: "),
        ({"alarm": "drift", "alarm_reason": "no list"}, "“Plain” is drifted: "),
    ],
)
def test_a_source_in_trouble_waits_unless_it_is_paused(
    room: Newsroom, call: Call, values: dict[str, object], sentence: str
) -> None:
    del call
    with app_at(room, THURSDAY) as app:
        with app.database.begin() as session:
            session.execute(update(SourceRow).values(**values))
        (need,) = needs.needs(app)
        assert need.kind is Kind.SOURCE
        assert need.sentence.startswith(sentence)
        with app.database.begin() as session:
            session.execute(update(SourceRow).values(paused_at=app.clock.now()))
        assert needs.needs(app) == []


def test_a_silent_source_waits(room: Newsroom, call: Call) -> None:
    del call
    assert Kind.SOURCE in kinds(room, "2026-10-01T12:00")


def test_a_held_excerpt_waits(room: Newsroom, call: Call) -> None:
    del call
    with app_at(room, THURSDAY) as app:
        with app.database.begin() as session:
            session.execute(update(PostRow).values(held="machine chatter"))
        (need,) = needs.needs(app, plan=planning.draw(app, questions.current_period(app)))
    assert (need.kind, need.sentence) == (Kind.EXCERPT, "1 excerpt to check: “cold-reads”")


def test_a_held_excerpt_that_comes_too_late_for_any_issue_waits_for_nobody(
    room: Newsroom, call: Call
) -> None:
    del call
    with app_at(room, "2026-10-01T12:00") as app:
        with app.database.begin() as session:
            session.execute(update(PostRow).values(held="machine chatter"))
        found = needs.needs(app, plan=planning.draw(app, questions.current_period(app)))
    assert Kind.EXCERPT not in {need.kind for need in found}


def test_what_the_last_check_up_found_waits(room: Newsroom, call: Call) -> None:
    del call
    with app_at(room, THURSDAY) as app:
        missing = Check(level="error", sentence="DMARC is missing for digest.example")
        findings.keep(app, [Check(level="ok", sentence="SPF passes"), missing])
        (need,) = needs.needs(app)
    assert (need.kind, need.path) == (Kind.DOMAIN, "/deliverability")
    assert need.sentence == "The last check-up found: DMARC is missing for digest.example"


def test_the_plan_tells_of_a_failed_check_and_of_a_missing_approval(
    room: Newsroom, call: Call
) -> None:
    del call
    room.configure('[schedule]\napproval = "manual"')
    with app_at(room, THURSDAY) as app:
        plan = planning.plan(app, questions.current_period(app))
        found = needs.needs(app, plan=plan)
        assert [need.kind for need in found] == [Kind.APPROVAL]
        assert "if nobody approves by tomorrow 07:00 it is held" in found[0].sentence
        broken = replace(plan, findings=(_finding("too large"), _finding("a dead link")))
        check = needs.needs(app, plan=broken)[0]
    assert check.kind is Kind.CHECK
    assert "too large (and 1 more)" in check.sentence


def _finding(words: str) -> Finding:
    return Finding(message=words, is_error=True)
