"""An operator's Friday in a browser, with scripts and without: from sign-in to who missed it."""

from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from browsing import NEEDS_BROWSER, chromium, served
from console import app_of
from desk import Desk, Turnstile
from mailhost import say
from newsroom import MONDAY, SAID_YES, Newsroom, newsroom
from playwright.sync_api import Browser
from visitor import Wristwatch

from digest import staff
from digest.accounts.passwords import Passwords
from digest.accounts.roles import Role
from digest.delivery.audit import audit
from digest.service import site_of

pytestmark = NEEDS_BROWSER

PASSWORD = "four words of hers"  # noqa: S105 - of a made-up account
CUT = "What a Hundred Nights of Queue Lengths Taught Us About Paging Peo…"
WHOLE = "A Hundred Nights of Queue Lengths"
NOTE = "Argue with this one."
BEFORE_SEVEN = datetime.fromisoformat("2026-06-12T06:30+02:00")
ADA, ALAN, GRACE, HEDY = (f"{name}@example.org" for name in ("ada", "alan", "grace", "hedy"))
EMMY = "emmy@example.org"  # reads German
NOBODY_THERE = "550 5.1.1 no such mailbox"
_DARK = 3 * 60  # what the three parts of a dark colour come to at most
_BACKGROUND = "body => getComputedStyle(body).backgroundColor.match(/\\d+/g).map(Number)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def room(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Newsroom]:
    """Open a newsroom on the eve: five readers, three new posts, and the title of one is cut."""
    with newsroom(tmp_path, database_url=database_url) as room:
        room.configure('[email]\nlanguages = ["en", "de"]\n[delivery]\nconnections = 1\n')
        room.call(capsys, "source", "add", room.blog(), "--name", "plain", "--at", MONDAY)
        room.call(capsys, "fetch", "--at", MONDAY)
        room.blog("One", "Two", CUT)
        room.call(capsys, "fetch", "--at", "2026-06-11T08:00")
        for readers in ((ADA, ALAN, GRACE, HEDY), (EMMY, "--language", "de")):
            room.call(capsys, "subscriber", "add", *readers, *SAID_YES, "--at", MONDAY)
        yield room


@pytest.fixture
def desk(browser: Browser, room: Newsroom, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """Seat somebody with an account before the pages, not signed in yet."""
    has_scripts, has_axe = request.param
    watch = Wristwatch.starting_at(BEFORE_SEVEN)
    app = app_of(room, clock=watch)
    staff.add(app, "anna", role=Role.ADMIN)
    staff.set_password(app, "anna", password=PASSWORD, passwords=Passwords())
    page = browser.new_context(java_script_enabled=has_scripts).new_page()
    page.set_default_timeout(60_000)
    with served(site_of(app)) as url:
        yield Desk(page=page, url=url, app=app, watch=watch, room=room, has_axe=has_axe)
        page.context.close()
    app.close()


@pytest.mark.parametrize(
    ("database_url", "desk"),
    [("sqlite", (True, True)), ("postgres", (True, False)), ("sqlite", (False, False))],
    indirect=True,
    ids=["with scripts", "with scripts on PostgreSQL", "without scripts"],
)
def test_an_operator_brings_an_issue_to_its_readers_and_learns_who_missed_it(desk: Desk) -> None:
    sign_in(desk)
    mend_the_held_excerpt(desk)
    choose_the_lead_and_say_why(desk)
    look_as_emmy_does_on_a_phone_in_the_dark(desk)
    send_a_test(desk)
    approve(desk)
    watch_it_pause_it_and_take_grace_off(desk)
    resume(desk)
    see_who_is_missing_and_why(desk)
    assert desk.faults == []
    test, *letters = [taken.recipient for taken in desk.room.mail.accepted]
    assert test == "boss@example.com"
    assert sorted(letters) == [ADA, ALAN, EMMY]
    with desk.app.database.read() as session:
        assert audit(session) == []


def sign_in(desk: Desk) -> None:
    desk.page.goto(f"{desk.url}/console/")
    desk.page.get_by_label("Name").fill("anna")
    desk.page.get_by_label("Password").fill(PASSWORD)
    desk.examine("sign-in")
    desk.press("Sign in")
    desk.is_at("Needs you")
    desk.examine("today")


def mend_the_held_excerpt(desk: Desk) -> None:
    desk.follow("1 excerpt to check")
    desk.sees("1 post waits for you: nothing is sealed before that is decided.")
    desk.examine("the issue, with a held excerpt")
    waiting = desk.page.locator("#waiting")
    waiting.get_by_label("Its title").fill(WHOLE)
    waiting.get_by_role("button", name="Mail it in these words").click()
    desk.is_told(f"'{WHOLE}' is mailed in these words.")
    desk.is_at("3 of 3 new posts")


def choose_the_lead_and_say_why(desk: Desk) -> None:
    desk.press("Lead with: Two")
    desk.is_told("opens it")
    lead = desk.page.locator("#posts li").filter(has_text="lead").first
    lead.get_by_text("Note", exact=True).click()
    lead.get_by_label("Why it is here, in your words").fill(NOTE)
    lead.get_by_role("button", name="Keep the note").click()
    desk.is_told(f"stands: {NOTE}")


def look_as_emmy_does_on_a_phone_in_the_dark(desk: Desk) -> None:
    desk.follow("phone-dark")
    desk.page.get_by_label("As a person: address or number").fill(EMMY)
    desk.press("Look")
    desk.page.locator("iframe.mail[title='The mail, phone-dark'][src$='as=5']").wait_for()
    mail = desk.page.frame_locator("iframe.mail")
    mail.get_by_text(NOTE).wait_for()
    assert mail.locator("html").get_attribute("lang") == "de"
    assert sum(mail.locator("body").evaluate(_BACKGROUND)) < _DARK
    desk.examine("the issue, put right and looked at")


def send_a_test(desk: Desk) -> None:
    desk.page.get_by_label("Send a test").fill("boss@example.com")
    desk.press("Send the test")
    desk.is_told("boss@example.com has the test")
    (taken,) = desk.room.mail.accepted
    mail = message_from_bytes(taken.message, policy=policy.default)
    assert (mail["Subject"], mail["To"]) == ("[Test] Two", "boss@example.com")


def approve(desk: Desk) -> None:
    desk.press("Approve: it leaves")
    desk.is_told("Approved as it looks now; it leaves Fri 12 Jun 2026 07:00.")


def watch_it_pause_it_and_take_grace_off(desk: Desk) -> None:
    """Ada has her letter and Alan's is at the door when it is paused: his still goes in."""
    door, mail = Turnstile(), desk.room.mail
    mail.on_accept, mail.script = door, {f"rcpt:{HEDY}": say(NOBODY_THERE)}
    desk.watch.wind(minutes=30)
    with desk.ringing() as finish:
        assert mail.settles(lambda: mail.copies(ADA) == 1, seconds=60)
        desk.follow("Issues")
        desk.follow("Issue 1")
        desk.is_at("Issue 1 is going out")
        desk.sees("of 5 accepted · 5 to go")
        door.let_through(letters=1)
        desk.sees("of 5 accepted · 4 to go")
        desk.count()
        desk.page.reload()
        desk.examine("the issue on its way")
        desk.press("Pause")
        desk.is_at("4 people are still to be served. Resume sends to them only.")
        door.let_through(letters=99)
        finish()
    desk.is_at("3 people are still to be served. Resume sends to them only.")
    desk.examine("the issue, paused")
    take_off(desk, GRACE)


def take_off(desk: Desk, address: str) -> None:
    """Somebody has telephoned, and wants no more mail."""
    desk.follow("Subscribers")
    desk.page.get_by_label("Email address").fill(address)
    desk.press("Find")
    desk.is_at(address)
    desk.press("Remove")
    desk.is_told("They are off the list and get no more mail.")


def resume(desk: Desk) -> None:
    desk.follow("Issues")
    desk.follow("Issue 1")
    desk.press("Resume: send to 3 people")
    desk.is_told("to the 3 people still to be served, and to nobody else.")
    with desk.ringing():
        desk.page.wait_for_url("**/result")


def see_who_is_missing_and_why(desk: Desk) -> None:
    desk.count()
    desk.page.reload()
    desk.sees("3 accepted of 4 tried")
    missed = desk.page.locator("section").filter(has_text="Who did not get it, and why")
    hedy = missed.get_by_role("row").filter(has_text="h***@example.org").inner_text()
    assert NOBODY_THERE in hedy
    grace = missed.get_by_role("row").filter(has_text="g***@example.org").inner_text()
    assert "left before the letter was handed over" in grace
    desk.examine("the result")
    desk.follow("h***@example.org")
    desk.is_at(HEDY)
    desk.sees(NOBODY_THERE)
    desk.examine("one who missed it")
