"""Signing in to the console: who gets in, how often they may try, and what ends a session."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from console import CHEAP as PASSWORDS
from console import Browser, app_of
from newsroom import newsroom
from people import NOW
from sqlalchemy import select
from visitor import Wristwatch

from digest import signin, staff
from digest.accounts import totp
from digest.accounts.passwords import Passwords
from digest.accounts.roles import Role
from digest.accounts.settings import ConsoleSettings
from digest.accounts.tries import TooManyTriesError
from digest.app import App
from digest.signin import Proof, SignInError
from digest.tables import AccountRow, RecoveryCodeRow, SessionRow

PASSWORD = "correct horse battery staple"  # noqa: S105 - of a made-up account
SALT = "what the page gave"
LINK = "/console/link/"


@pytest.fixture
def clock() -> Wristwatch:
    return Wristwatch.starting_at(NOW)


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: Wristwatch) -> Iterator[App]:
    with newsroom(tmp_path, database_url=database_url) as room:
        app = app_of(room, clock=clock)
        staff.add(app, "anna", role=Role.ADMIN)
        staff.set_password(app, "anna", password=PASSWORD, passwords=PASSWORDS)
        yield app
        app.close()


def signed_in(app: App, **proof: str) -> Browser:
    browser = Browser(app)
    answer = browser.sign_in(**{"name": "anna", "password": PASSWORD, **proof})
    assert answer.status_code == 303, answer.text
    return browser


def is_in(browser: Browser) -> bool:
    return browser.get("/settings/me").status_code == 200


def link_of(app: App, name: str) -> str:
    """Return the path of a new sign-in link, below /console."""
    return urlsplit(staff.make_link(app, name)).path.removeprefix("/console")


def with_factor(app: App) -> list[str]:
    """Turn the second factor of anna on; return the recovery codes."""
    return staff.turn_factor_on(app, "anna", salt=SALT, code=code_now(app))


def code_now(app: App) -> str:
    anna = staff.one(app, "anna")
    [secret] = totp.secrets_of(app.keyring, account_id=anna.id, salt=SALT)
    return totp.code(secret, now=app.clock.now())


def test_a_name_and_its_password_lead_to_the_page_that_was_asked_for(app: App) -> None:
    browser = Browser(app)
    form = browser.follow(browser.get("/settings/me?x=1"))
    following = re.search(r'name="next" value="([^"]+)"', form.text)
    assert following
    answer = browser.sign_in(name=" Anna", password=PASSWORD, next=following[1])
    assert answer.headers["location"] == "/console/settings/me?x=1"
    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "path=/"))
    assert is_in(browser)
    [entry] = staff.log(app, most=1)
    assert (entry.actor, entry.action) == ("anna", "sign in")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example/",
        "https://evil.example/",
        "/console//evil\\.example",
        "/u/1",
        "javascript:1",
    ],
)
def test_a_link_to_the_form_leads_nowhere_else(app: App, elsewhere: str) -> None:
    answer = Browser(app).sign_in(name="anna", password=PASSWORD, next=elsewhere)
    place = urlsplit(answer.headers["location"])
    assert (place.scheme, place.netloc, place.path.split("/")[1]) == ("", "", "console")


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "incorrect horse battery staple"},
        {"name": "nobody"},
        {"name": "anna\x00"},
        {"name": "x" * 5000, "password": "y" * 5000},
        {"name": "", "password": ""},
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(app: App, wrong: dict[str, str]) -> None:
    browser = Browser(app)
    answer = browser.sign_in(**{"name": "anna", "password": PASSWORD, **wrong})
    assert answer.status_code == 401
    assert "Name, password or code is wrong." in answer.text
    assert PASSWORD not in answer.text
    assert not is_in(browser)


def test_the_password_of_nobody_takes_as_long_to_refuse() -> None:
    passwords, checked = Passwords(memory=64, passes=3), []
    hasher = passwords._hasher

    class Watched:
        hash = hasher.hash

        def verify(self, kept: str, typed: str) -> bool:
            checked.append(kept.rsplit("$", 2)[0])
            return hasher.verify(kept, typed)

    passwords._hasher = Watched()  # type: ignore[assignment] # it only watches
    assert not passwords.fits(PASSWORD, None)
    assert not passwords.fits("nobody has this password", None)
    assert passwords.fits(PASSWORD, passwords.hash(PASSWORD, name="anna"))
    assert checked == ["$argon2id$v=19$m=64,t=3,p=1"] * 3


def test_a_session_begun_by_somebody_else_is_not_the_one_after_signing_in(app: App) -> None:
    browser = Browser(app)
    browser.cookies["digest-session"] = "fixed by another"
    assert browser.sign_in(name="anna", password=PASSWORD).status_code == 303
    assert browser.cookies["digest-session"] != "fixed by another"
    with app.database.read() as session:
        [kept] = session.scalars(select(SessionRow.token_hash)).all()
    assert browser.cookies["digest-session"] not in kept


def test_s13_mass_tries_are_refused_even_with_the_right_password_at_last(
    app: App, clock: Wristwatch
) -> None:
    def tried(name: str, password: str, ip: str) -> str:
        browser = signin.Browser(ip=ip, agent="a script")
        proof = Proof(name=name, password=password)
        try:
            return signin.sign_in(app, proof, browser=browser, passwords=PASSWORDS)
        except SignInError:
            return "wrong"
        except TooManyTriesError:
            return "too many"

    first = [tried("anna", f"guess {n}", "198.51.100.7") for n in range(10)]
    assert first == ["wrong"] * 8 + ["too many"] * 2
    assert tried("ANNA ", PASSWORD, "198.51.100.250") == "too many"  # the neighbour of a guesser
    others = [tried(f"name {n}", "guess", "198.51.100.7") for n in range(30)]
    assert others == ["wrong"] * 22 + ["too many"] * 8
    assert len(tried("anna", PASSWORD, "192.0.2.1")) > 20  # she herself comes from elsewhere
    clock.wind(minutes=16)
    assert len(tried("anna", PASSWORD, "198.51.100.7")) > 20


def test_too_many_tries_are_told_with_the_way_out(app: App) -> None:
    browser = Browser(app)
    answers = [browser.sign_in(name="anna", password=PASSWORD[1:]) for _ in range(9)]
    assert [answer.status_code for answer in answers] == [401] * 8 + [429]
    assert "digest user link" in answers[-1].text
    assert is_in(by_link(app, Browser(app)))


def by_link(app: App, browser: Browser) -> Browser:
    path = link_of(app, "anna")
    browser.send(path, page=path)
    return browser


def test_a_link_signs_in_once_and_only_by_its_button(app: App, clock: Wristwatch) -> None:
    path = link_of(app, "anna")
    scanner, browser, thief = Browser(app), Browser(app), Browser(app)
    assert [scanner.get(path).status_code for _ in range(3)] == [200] * 3
    assert not is_in(scanner)
    assert browser.send(path, page=path).headers["location"] == "/console/settings/me"
    assert is_in(browser)
    assert thief.send(path, page=path).status_code == 401
    stale = link_of(app, "anna")
    clock.wind(minutes=15)
    assert thief.send(stale, page=stale).status_code == 401
    assert not is_in(thief)


def test_a_new_link_voids_the_one_before_and_a_new_password_both(app: App) -> None:
    old, new = link_of(app, "anna"), link_of(app, "anna")
    thief = Browser(app)
    assert thief.send(old, page=old).status_code == 401
    staff.set_password(app, "anna", password=PASSWORD, passwords=PASSWORDS)
    assert thief.send(new, page=new).status_code == 401


def test_the_second_factor_is_asked_for_and_its_codes_count_once(
    app: App, clock: Wristwatch
) -> None:
    with_factor(app)
    clock.wind(seconds=60)
    assert Browser(app).sign_in(name="anna", password=PASSWORD).status_code == 401
    assert Browser(app).sign_in(name="anna", password=PASSWORD, code="000000").status_code == 401
    code = code_now(app)
    signed_in(app, code=f"{code[:3]} {code[3:]}")
    assert Browser(app).sign_in(name="anna", password=PASSWORD, code=code).status_code == 401
    clock.wind(seconds=30)
    signed_in(app, code=code_now(app))


def test_a_recovery_code_stands_in_once(app: App) -> None:
    first, second, *_ = with_factor(app)
    signed_in(app, code=first.upper().replace("-", " "))
    assert Browser(app).sign_in(name="anna", password=PASSWORD, code=first).status_code == 401
    signed_in(app, code=second)


def test_the_database_alone_gives_no_code_no_session_and_no_link(app: App) -> None:
    codes = with_factor(app)
    browser = signed_in(app, code=codes[0])
    link = link_of(app, "anna")
    with app.database.read() as session:
        kept = [
            repr(tuple(row))
            for table in (AccountRow, SessionRow, RecoveryCodeRow)
            for row in session.execute(select(table.__table__))
        ]
    anna = staff.one(app, "anna")
    [secret] = totp.secrets_of(app.keyring, account_id=anna.id, salt=SALT)
    given = (PASSWORD, totp.text_of(secret), browser.cookies["digest-session"], link[6:], codes[1])
    assert [one for one in given if any(one in row for row in kept)] == []


@pytest.mark.parametrize(
    "change",
    [
        lambda app: staff.set_password(app, "anna", password=PASSWORD[::-1], passwords=PASSWORDS),
        lambda app: staff.set_role(app, "anna", role=Role.VIEWER),
        lambda app: staff.disable(app, "anna"),
        lambda app: staff.reset_factor(app, "anna"),
        with_factor,
    ],
    ids=["password", "role", "disabled", "factor lost", "factor on"],
)
def test_s13_a_change_of_the_account_ends_stolen_sessions(app: App, change: object) -> None:
    staff.add(app, "grace", role=Role.ADMIN)
    stolen = signed_in(app)
    assert is_in(stolen)
    change(app)  # type: ignore[operator] # one of the above
    assert not is_in(stolen)


def test_changing_ones_own_password_keeps_this_browser_and_no_other(app: App) -> None:
    browser, stolen = signed_in(app), signed_in(app)
    form = {"new": PASSWORD[::-1], "again": PASSWORD[::-1]}
    page = {"page": "/settings/me"}
    wrong = browser.send("/settings/me/password", **page, old="a guess at it", **form)
    assert (wrong.status_code, "The present password is wrong" in wrong.text) == (422, True)
    differing = {"new": PASSWORD[::-1], "again": PASSWORD}
    assert (
        browser.send("/settings/me/password", **page, old=PASSWORD, **differing).status_code == 422
    )
    done = browser.send("/settings/me/password", **page, old=PASSWORD, **form)
    assert done.status_code == 303
    assert (is_in(browser), is_in(stolen)) == (True, False)


def test_a_thief_of_a_session_cannot_guess_the_password_or_a_code_for_long(app: App) -> None:
    code, *_ = with_factor(app)
    stolen = signed_in(app, code=code)
    for path, form in (
        ("/settings/me/password", {"old": "a guess", "new": PASSWORD, "again": PASSWORD}),
        ("/settings/me/factor/off", {"code": "000000"}),
        ("/settings/me/factor", {"code": "000000", "password": "a guess", "salt": SALT}),
    ):
        answers = [stolen.send(path, page="/settings/me", **form).status_code for _ in range(5)]
        assert answers[-1] in {422, 429}, path
    assert answers == [429] * 5
    assert staff.one(app, "anna").has_factor


def test_a_session_ends_when_nobody_uses_it_and_at_last_in_any_case(
    app: App, clock: Wristwatch
) -> None:
    settings = ConsoleSettings(idle_hours=12, days=1)
    app.config = app.config.model_copy(update={"console": settings})
    idle, busy = signed_in(app), signed_in(app)
    states = []
    for _ in range(3):
        clock.wind(hours=7)
        states.append(is_in(busy))
    assert not is_in(idle)
    clock.wind(hours=3)
    assert (states, is_in(busy)) == ([True] * 3, False)


def test_signing_out_ends_the_session_and_not_only_the_cookie(app: App) -> None:
    browser = signed_in(app)
    stolen = Browser(app)
    stolen.cookies |= browser.cookies
    answer = browser.send("/sign-out", page="/settings/me")
    assert "You are signed out." in browser.follow(answer).text
    assert (is_in(browser), is_in(stolen)) == (False, False)


def test_a_link_from_another_site_is_asked_once_more_by_this_one(app: App) -> None:
    asked = Browser(app).get("/settings/me?a=<b>", headers={"Sec-Fetch-Site": "cross-site"})
    assert asked.status_code == 200
    assert '<meta http-equiv="refresh" content="0">' in asked.text
    assert "anna" not in asked.text


def test_without_any_account_the_form_says_how_the_first_is_made(app: App) -> None:
    with app.database.begin() as session:
        session.delete(session.scalars(select(AccountRow)).one())
    assert "digest user add NAME --role admin --link" in Browser(app).get("/sign-in").text
