"""The settings pages: people and roles, one's own password and second factor, the log."""

import io
import re
from base64 import b32decode
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from console import CHEAP, Browser, Console, app_of
from newsroom import SAID_YES, Newsroom
from people import NOW
from visitor import Wristwatch

from digest import people, staff
from digest.accounts import totp
from digest.accounts.roles import Role
from digest.app import App

OWN = {"page": "/settings/me"}
PASSWORD = "four words of hers"  # noqa: S105 - of a made-up account


@pytest.fixture
def app(room: Newsroom) -> Iterator[App]:
    app = app_of(room, clock=Wristwatch.starting_at(NOW))
    yield app
    app.close()


def noted(app: App) -> list[tuple[str, str, str]]:
    """Return who did what to what, the newest first."""
    return [(one.actor, one.action, one.about) for one in staff.log(app, most=20)]


def test_an_admin_adds_somebody_who_sets_a_password_and_a_second_factor(app: App) -> None:
    page = Console(app).post("/settings/people", name="Grace", role="editor", email="g@example.org")
    link = re.search(r"<pre>(http[^<]+)</pre>", page.text)
    assert link
    path, grace = urlsplit(link[1]).path.removeprefix("/console"), Browser(app)
    assert grace.follow(grace.send(path, page=path)).status_code == 200

    short = grace.send("/settings/me/password", **OWN, new="short", again="short")
    assert (short.status_code, "12 to 1000 characters" in short.text) == (422, True)
    set_ = grace.send("/settings/me/password", **OWN, new=PASSWORD, again=PASSWORD)
    assert "Your password is changed." in grace.follow(set_).text

    factor = grace.get("/settings/me/factor").text
    [salt] = re.findall(r'name="salt" value="([^"]+)"', factor)
    [text] = re.findall(r'class="mono">([A-Z2-7]+)</span>', factor)
    assert 'src="data:image/svg+xml' in factor
    code = totp.code(b32decode(text), now=app.clock.now())
    form = {**OWN, "salt": salt, "password": PASSWORD}
    wrong = grace.send("/settings/me/factor", **form, code="000000")
    assert (wrong.status_code, salt in wrong.text) == (422, True)
    codes = grace.send("/settings/me/factor", **form, code=code)
    assert len(re.findall(r"^(?:<pre>)?\w{4}-\w{4}-\w{4}$", codes.text, re.MULTILINE)) == 10
    assert staff.one(app, "grace").has_factor
    assert ("anna", "add account", "account Grace") in noted(app)
    assert noted(app)[0] == ("Grace", "turn second factor on", "account Grace")


def test_a_second_factor_needs_the_password_and_a_code_to_go(app: App) -> None:
    staff.add(app, "grace", role=Role.EDITOR)
    staff.set_password(app, "grace", password=PASSWORD, passwords=CHEAP)
    grace = Browser(app)
    grace.sign_in(name="grace", password=PASSWORD)
    account = staff.one(app, "grace")
    [secret] = totp.secrets_of(app.keyring, account_id=account.id, salt="a salt")
    form = {**OWN, "salt": "a salt", "code": totp.code(secret, now=app.clock.now())}
    assert grace.send("/settings/me/factor", **form, password="a guess").status_code == 422  # noqa: S106
    assert grace.send("/settings/me/factor", **form, password=PASSWORD).status_code == 200
    assert grace.send("/settings/me/factor/off", **OWN, code=form["code"]).status_code == 422
    assert staff.one(app, "grace").has_factor
    codes = staff.turn_factor_on(app, "grace", salt="a salt", code=form["code"])
    [again] = [Browser(app)]
    again.sign_in(name="grace", password=PASSWORD, code=codes[0])
    assert again.send("/settings/me/factor/off", **OWN, code=codes[1]).status_code == 303
    assert not staff.one(app, "grace").has_factor


def test_one_can_sign_out_another_browser_of_ones_own_and_of_nobody_else(app: App) -> None:
    for name in ("grace", "ada"):
        staff.add(app, name, role=Role.VIEWER)
        staff.set_password(app, name, password=PASSWORD, passwords=CHEAP)
    here, there, ada = Browser(app), Browser(app), Browser(app)
    here.sign_in(name="grace", password=PASSWORD)
    there.sign_in(name="grace", password=PASSWORD)
    ada.sign_in(name="ada", password=PASSWORD)
    [number] = re.findall(r"/sessions/(\d+)/end", here.get("/settings/me").text)
    assert (
        "had ended before"
        in ada.follow(ada.send(f"/settings/me/sessions/{number}/end", **OWN)).text
    )
    assert there.get("/settings/me").status_code == 200
    here.send(f"/settings/me/sessions/{number}/end", **OWN)
    assert there.get("/settings/me").status_code == 303


@pytest.mark.parametrize(
    ("action", "form"), [("disable", {}), ("role", {"role": "editor"}), ("role", {"role": "boss"})]
)
def test_the_last_admin_stays(app: App, action: str, form: dict[str, str]) -> None:
    staff.add(app, "grace", role=Role.ADMIN)
    staff.add(app, "ada", role=Role.ADMIN)
    staff.disable(app, "ada")
    answer = Console(app).post(f"/settings/people/{action}", name="grace", **form)
    assert answer.status_code == 422
    account = staff.one(app, "grace")
    assert (account.role, account.disabled_at) == (Role.ADMIN, None)


@pytest.mark.parametrize("name", ["", "   ", "the schedule", "anna on host", "GRACE", "\uff27race"])
def test_a_name_that_could_be_taken_for_another_is_refused(app: App, name: str) -> None:
    staff.add(app, "Grace", role=Role.EDITOR)
    answer = Console(app).post("/settings/people", name=name, role="editor")
    assert answer.status_code == 422
    assert len(staff.everybody(app)) == 1


def test_what_an_admin_does_about_an_account_is_done_and_noted(app: App) -> None:
    staff.add(app, "grace", role=Role.EDITOR)
    console = Console(app)
    for action, form in (
        ("role", {"role": "publisher"}),
        ("disable", {}),
        ("enable", {}),
        ("reset-factor", {}),
    ):
        answer = console.post(f"/settings/people/{action}", name="grace", **form)
        assert "grace" in console.follow(answer).text
    assert [action for _, action, _ in noted(app)] == [
        "turn second factor off",
        "enable account",
        "disable account",
        "change role",
        "add account",
    ]
    assert "before: editor, after: publisher" in console.get("/settings/log").text


def test_what_the_command_line_does_stands_in_the_log_without_an_address(
    room: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    (room.folder / "list.csv").write_text("email\nimported@example.org\n", encoding="utf-8")
    feed = room.blog("cold-reads")
    for command in (
        ("source", "add", feed),
        ("subscriber", "add", "ada@example.org", "emmy@example.org", *SAID_YES),
        ("subscriber", "import", "list.csv", "--apply"),
        ("subscriber", "export"),
        ("subscriber", "remove", "ada@example.org", "--yes"),
        ("subscriber", "erase", "ada@example.org", "--yes"),
        ("suppression", "add", "hedy@example.org"),
        ("suppression", "remove", "hedy@example.org", "--yes"),
        ("apikey", "add", "importer", "--scope", "read"),
        ("apikey", "revoke", "importer"),
    ):
        room.call(capsys, *command)
    rows = room.call(capsys, "log", "--json").data
    assert [row["action"] for row in rows][::-1] == [
        "add source",
        "add readers",
        "begin import",
        "end import",
        "export readers",
        "remove reader",
        "erase reader",
        "suppress mailbox",
        "lift suppression",
        "add key",
        "revoke key",
    ]
    assert "@" not in str(rows)
    assert all(" on " in row["actor"] for row in rows)
    some = room.call(capsys, "log", "--about", "key importer", "--most", "1")
    assert "revoke key" in some.out
    assert "add key" not in some.out


def test_a_dry_run_notes_nothing(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> None:
    room.call(capsys, "source", "add", room.blog("cold-reads"), "--dry-run")
    room.call(capsys, "subscriber", "add", "ada@example.org", *SAID_YES, "--dry-run")
    room.call(capsys, "user", "add", "grace", "--link", "--dry-run")
    assert room.rows()["log_entry"] == []
    assert room.call(capsys, "log").out == "nothing was noted yet\n"


def test_accounts_from_the_command_line(
    room: Newsroom, app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    added = room.call(capsys, "user", "add", "grace", "--role", "admin", "--link", "--json").data
    path, grace = urlsplit(added["link"]).path.removeprefix("/console"), Browser(app)
    assert grace.follow(grace.send(path, page=path)).status_code == 200
    room.call(capsys, "user", "add", "ada", "--role", "boss", "--link", code=2)
    room.call(capsys, "user", "add", "ada", code=2)
    room.call(capsys, "user", "disable", "grace", code=2)
    room.call(capsys, "user", "role", "nobody", "editor", code=2)
    room.call(capsys, "user", "add", "ada", "--role", "admin", "--link")
    assert room.call(capsys, "user", "role", "grace", "viewer").out == (
        "grace is viewer, and was admin\n"
    )
    assert grace.get("/settings/me").status_code == 303
    room.call(capsys, "user", "disable", "grace")
    room.call(capsys, "user", "link", "grace", code=2)
    room.call(capsys, "user", "enable", "grace")
    room.call(capsys, "user", "reset-factor", "grace")
    assert "/console/link/" in room.call(capsys, "user", "link", "grace").out
    listed = room.call(capsys, "user", "list", "--json").data
    assert [(one["name"], one["role"], one["password"]) for one in listed] == [
        ("ada", "admin", False),
        ("grace", "viewer", False),
    ]


def test_a_password_comes_from_stdin_only(
    room: Newsroom, app: App, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def typed(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    typed("short\n")
    room.call(capsys, "user", "add", "grace", "--password-stdin", code=2)
    typed(f"{PASSWORD}\n")
    room.call(capsys, "user", "add", "ada", "--password-stdin")
    assert Browser(app).sign_in(name="ada", password=PASSWORD).status_code == 303
    typed(f"{PASSWORD[::-1]}\n")
    room.call(capsys, "user", "password", "ada")
    assert Browser(app).sign_in(name="ada", password=PASSWORD).status_code == 401
    typed("")
    room.call(capsys, "user", "password", "ada", code=2)


def test_keys_in_the_console_are_those_of_the_command_line(app: App) -> None:
    console = Console(app)
    page = console.post("/settings/keys", name="importer", scope="read")
    [key] = re.findall(r"<pre>(digest_[\w-]+)</pre>", page.text)
    assert key not in console.get("/settings/keys").text
    assert [one.name for one in people.all_keys(app)] == ["importer"]
    console.post("/settings/keys/revoke", name="importer")
    assert people.all_keys(app)[0].revoked_at is not None
    assert console.post("/settings/keys/revoke", name="nobody").status_code == 422
