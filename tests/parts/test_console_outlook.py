"""What Today says of the coming issue: it leaves by itself only where nothing stands in its way."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from console import Console, app_of
from newsroom import SAID_YES, Newsroom
from sqlalchemy import update
from visitor import Wristwatch

from digest import approval, drafting, needs, planning, printing, questions, weekly
from digest.app import App
from digest.checks.finding import Finding as Check
from digest.delivery import flows
from digest.editions.issue import Issue
from digest.figures import findings
from digest.render.composed import ComposedIssue
from digest.render.lint import Finding
from digest.shipped import shipped_templates
from digest.tables import PostRow
from digest.web.console import outlook
from digest.web.console.preflight import Preflight

MONDAY = "2026-06-08T12:00"  # later than the last slot, so that none was missed
THURSDAY = datetime(2026, 6, 11, 12, tzinfo=ZoneInfo("Europe/Berlin"))
BY_ITSELF = "sends by itself unless you stop it"
Open = Callable[..., App]


@pytest.fixture
def opened(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> Iterator[Open]:
    """Open the app, with these settings, on the day before an issue leaves."""
    room.call(capsys, "source", "add", room.blog("cold-reads"), "--at", MONDAY)
    room.call(capsys, "fetch", "--at", "2026-06-11T12:00")
    room.call(capsys, "subscriber", "add", "ada@example.org", *SAID_YES, "--at", MONDAY)
    apps: list[App] = []

    def opened(settings: str = "") -> App:
        room.configure(settings)
        apps.append(app_of(room, clock=Wristwatch.starting_at(THURSDAY)))
        return apps[-1]

    yield opened
    for app in apps:
        app.close()


def said(app: App) -> str:
    plan = planning.plan(app, questions.current_period(app))
    return outlook.will(app, plan, questions.edition(app, plan.period.name))


def in_the_way(app: App) -> list[str]:
    plan = planning.plan(app, questions.current_period(app))
    return outlook.in_the_way(app, plan, needs.needs(app, plan=plan))


def test_it_follows_what_people_decide(opened: Open) -> None:
    app = opened()
    assert (said(app), in_the_way(app)) == (BY_ITSELF, [])
    edition = weekly.open_for_person(app, questions.current_period(app))
    approved = approval.approve(app, edition)
    assert said(app) == "it leaves as it was approved, unless you hold it"
    approval.hold(app, approved, reason="the editor is ill")
    assert said(app) == "it is held, and nothing is sent until somebody approves it"


def test_a_check_that_fails_and_an_excerpt_that_waits_hold_it(opened: Open) -> None:
    app = opened('[newsletter]\npostal_address = ""')
    assert said(app).startswith("it will be held unless this is put right first: the postal")
    page = Console(app).get("/").text
    assert "it will be held unless this is put right first" in page
    assert BY_ITSELF not in page

    app = opened()
    with app.database.begin() as session:
        session.execute(update(PostRow).values(held="machine chatter"))
    assert said(app) == "it will be held unless you decide first about 1 excerpt"


def test_nothing_leaves_that_is_not_there(opened: Open) -> None:
    app = opened()
    with app.database.begin() as session:
        session.execute(update(PostRow).values(decision="dropped"))
    assert said(app) == "nothing would be sent, as too few posts are in it yet"


def test_what_keeps_letters_back_is_named_beside_it(opened: Open) -> None:
    app = opened('[hours]\nopens = "09:00"\ncloses = "17:00"')
    until = THURSDAY.replace(day=13)
    findings.keep(app, [Check(level="error", sentence="DMARC is missing for digest.example")])
    with app.database.begin() as session:
        flows.rest(session, "", until=until, said="421 not today", now=app.clock.now())
    assert said(app) == BY_ITSELF
    check_up, hours, carrier = in_the_way(app)
    assert check_up == "The last check-up found: DMARC is missing for digest.example"
    assert hours.startswith("Its letters wait: outside the sending hours; it goes on Fri 12 Jun 09")
    assert carrier.endswith("takes nothing then: 421 not today")
    page = Console(app).get("/").text
    assert all(sentence in page for sentence in (check_up, hours, "What stands in its way"))


def test_who_approves_by_hand_or_takes_all_gets_the_word_that_fits(opened: Open) -> None:
    assert said(opened('[schedule]\napproval = "manual"')).startswith("waits for approval;")
    app = opened('[schedule]\napproval = "auto"')
    plan = planning.plan(app, questions.current_period(app))
    assert outlook.will(app, replace(plan, findings=()), None) == BY_ITSELF


def test_the_coming_issue_is_rendered_again_only_when_something_about_it_has_changed(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(f'[app]\ntemplates = "{tmp_path}/own"')
    looks: list[Issue] = []
    look_at = printing.look_at

    def counted(app: App, issue: Issue, composed: Sequence[ComposedIssue]) -> tuple[Finding, ...]:
        looks.append(issue)
        return look_at(app, issue, composed)

    monkeypatch.setattr(printing, "look_at", counted)
    own = tmp_path / "own" / "edition" / "weekly" / "footer.j2"
    own.parent.mkdir(parents=True)
    own.write_bytes((shipped_templates() / "edition" / "weekly" / "footer.j2").read_bytes())
    period, preflight = questions.current_period(app), Preflight()
    first = preflight.plan(app, period)
    assert preflight.plan(app, period).findings == first.findings
    assert len(looks) == 1
    own.write_text("{{ nothing_like_it.at_all }}", encoding="utf-8")
    assert preflight.plan(app, period).findings != first.findings
    assert len(looks) == 2
    drafting.keep_own_words(app, period, drafting.own_words(app, period, subject="Ours"))
    changed = preflight.plan(app, period)
    assert len(looks) == 3
    assert changed.findings == planning.plan(app, period).findings
