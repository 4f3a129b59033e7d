"""Signing in to the console by the operators' own identity provider: who gets in, and who not."""

import re
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from console import CHEAP as PASSWORDS
from console import Browser, Console, app_of
from identity import (
    ANNA,
    CLIENT_ID,
    CLIENT_SECRET,
    IdentityProvider,
    curve_key,
    rsa_key,
    signed_by_the_public_key,
    unsigned,
)
from newsroom import Newsroom
from people import KEYRING, NOW
from sqlalchemy.orm import Session
from visitor import Wristwatch

from digest import admission, staff
from digest.accounts import identities, totp
from digest.accounts.oidc.attempt import Attempt
from digest.accounts.oidc.errors import ProviderError
from digest.accounts.oidc.provider import Provider, Reply
from digest.accounts.oidc.settings import OidcSettings
from digest.accounts.oidc.vouched import Vouched
from digest.accounts.roles import Role
from digest.app import App
from digest.errors import ConfigurationError
from digest.reading import HttpSettings

PASSWORD = "correct horse battery staple"  # noqa: S105 - of a made-up account
SALT = "what the page gave"
GROUPS = 'roles = { writers = "editor", heads = "publisher" }'


@pytest.fixture
def clock() -> Wristwatch:
    return Wristwatch.starting_at(NOW)


@pytest.fixture
def provider(clock: Wristwatch) -> Iterator[IdentityProvider]:
    with IdentityProvider(clock=clock) as provider:
        yield provider


@pytest.fixture
def open_app(
    room: Newsroom, clock: Wristwatch, provider: IdentityProvider
) -> Iterator[Callable[..., App]]:
    """Open the app with the provider's section and more settings in it."""
    opened: list[App] = []

    def open_app(more: str = "") -> App:
        room.configure(provider.settings(more))
        opened.append(app_of(room, clock=clock))
        return opened[-1]

    yield open_app
    for app in opened:
        app.close()


@pytest.fixture
def app(open_app: Callable[..., App]) -> App:
    app = open_app()
    staff.add(app, "anna", role=Role.ADMIN, email="anna@example.org")
    return app


def way_back(browser: Browser, provider: IdentityProvider, *, after: str = "", **says: Any) -> str:
    """Press the button and sign in at the provider; return the path on which one comes back."""
    sent = browser.get(f"/sign-in/provider?next={after}")
    assert sent.status_code == 303, sent.text
    back = urlsplit(provider.authorize(sent.headers["location"], {**ANNA, **says}))
    assert back.netloc == "localhost:8025"
    return f"{back.path.removeprefix('/console')}?{back.query}"


def come(browser: Browser, provider: IdentityProvider, **says: Any) -> httpx.Response:
    return browser.get(way_back(browser, provider, **says))


def another(browser: Browser, *, ip: str = "127.0.0.1") -> Browser:
    """Return somebody else's browser at the same console; to build one for each takes long."""
    other = copy(browser)
    other.cookies, other.ip = {}, ip
    return other


def is_in(browser: Browser) -> bool:
    return browser.get("/settings/me").status_code == 200


def test_whom_the_provider_vouches_for_gets_where_they_were_going(
    app: App, provider: IdentityProvider
) -> None:
    browser = Browser(app)
    form = browser.get("/sign-in?next=/console/settings/me%3Fx%3D1")
    link = re.search(r'href="/console(/sign-in/provider\?next=[^"]+)"', form.text)
    assert link
    sent = browser.get(link[1])
    kept = sent.headers["set-cookie"].lower()
    assert all(word in kept for word in ("httponly", "samesite=lax", "path=/"))
    back = provider.authorize(sent.headers["location"], ANNA)
    answer = browser.ask("GET", back)
    assert answer.headers["location"] == "/console/settings/me?x=1"
    assert "digest-oidc" not in browser.cookies
    assert is_in(browser)
    assert [(e.actor, e.action, e.facts.get("by")) for e in staff.log(app, most=2)] == [
        ("anna", "sign in", "provider"),
        ("anna", "bind account", None),
    ]
    assert come(another(browser), provider, email=None).status_code == 303  # known by subject


def test_a_link_to_the_provider_leads_nowhere_else_at_its_end(
    app: App, provider: IdentityProvider
) -> None:
    browser = Browser(app)
    for after in (
        "//evil.example/",
        "https://evil.example/",
        "/u/1",
        "",
        "/console/\\evil.example",
    ):
        assert come(browser, provider, after=after).headers["location"] == "/console/", after


def test_whatever_is_wrong_with_the_token_nobody_gets_in_and_strangers_learn_nothing(
    app: App, provider: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    now = int(app.clock.now().timestamp())
    other = rsa_key("other")
    signers = {
        "alg none": unsigned,
        "hs256": lambda claims: signed_by_the_public_key(claims, key=rsa_key()),
        "another key": lambda claims: provider.signed(claims, key=other),
        "another key under a known name": lambda claims: provider.signed(
            claims, key=type(other).import_key({**other.as_dict(private=True), "kid": "first"})
        ),
        "rs512": lambda claims: provider.signed(claims, alg="RS512"),
        "no token": lambda claims: f"{len(claims)}",
    }
    wrong: dict[str, dict[str, Any]] = {
        "another nonce": {"nonce": "of another attempt"},
        "no nonce": {"nonce": None},
        "another issuer": {"iss": "https://evil.example"},
        "another audience": {"aud": "another application"},
        "for another application too": {"aud": ["digest at work", "another application"]},
        "issued to another": {"azp": "another application"},
        "expired": {"exp": now - 61},
        "no end": {"exp": None},
        "an endless end": {"exp": float("nan")},
        "of the future": {"iat": now + 3600},
        "nobody": {"sub": None},
        "somebody without a name": {"sub": ""},
        "not verified": {"email_verified": False},
        "verification not said": {"email_verified": None},
        "an unknown person": {"email": "nobody@example.org"},
        "no address": {"email": ["anna@example.org"]},
    }
    assert len(signers) + len(wrong) == 22
    first = Browser(app)
    for number, fault in enumerate([*signers, *wrong]):
        browser = another(first, ip=f"127.0.{number}.1")
        provider.sign = signers.get(fault, provider.signed)
        caplog.clear()
        answer = come(browser, provider, **wrong.get(fault, {}))
        assert (fault, answer.status_code) == (fault, 401)
        assert "fits no account here" in answer.text, fault
        assert not is_in(browser)
        assert "refused: " in caplog.text, fault
        assert "@example.org" not in caplog.text
    assert [entry.action for entry in staff.log(app, most=9)] == ["add account"]


def test_an_attempt_counts_once_in_its_own_browser_and_for_ten_minutes(
    app: App, provider: IdentityProvider, clock: Wristwatch
) -> None:
    browser = Browser(app)
    thief = another(browser)
    path = way_back(browser, provider)
    wrong_state = re.sub(r"state=\w\w", "state=00", path)
    for other, where in (
        (thief, path),
        (browser, wrong_state),
        (browser, "/sign-in/provider/back"),
    ):
        refused = other.get(where)
        assert (refused.status_code, "begin again" in refused.text) == (401, True)
    kept = browser.cookies["digest-oidc"]
    assert browser.get(path).status_code == 303
    assert browser.get(path).status_code == 401  # the browser has let go of it
    browser.cookies["digest-oidc"] = thief.cookies["digest-oidc"] = kept
    replayed = [browser.get(path), thief.get(path)]  # and the provider of the code
    assert [answer.status_code for answer in replayed] == [401, 401]
    assert not is_in(thief)
    late = way_back(thief, provider)
    clock.wind(minutes=10)
    assert thief.get(late).status_code == 401
    assert not is_in(thief)


def test_an_answer_of_another_provider_or_a_refusal_signs_nobody_in(
    app: App, provider: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    browser = Browser(app)
    mixed_up = re.sub(r"iss=[^&]+", "iss=https://evil.example", way_back(browser, provider))
    assert browser.get(mixed_up).status_code == 401
    nameless = re.sub(r"&iss=[^&]+", "", way_back(browser, provider))
    assert browser.get(nameless).status_code == 401
    refused = re.sub(r"code=[^&]+", "error=access_denied", way_back(browser, provider))
    assert browser.get(refused).status_code == 401
    assert "access_denied" in caplog.text
    assert not is_in(browser)


def test_new_keys_of_the_provider_are_read_when_they_are_used(
    app: App, provider: IdentityProvider
) -> None:
    browser = Browser(app)
    path = way_back(browser, provider)
    new = curve_key()
    provider.keys = [new]
    provider.sign = lambda claims: provider.signed(claims, key=new, alg="ES256")
    assert browser.get(path).status_code == 303
    assert provider.asked.count("/keys") == 2
    provider.keys = [rsa_key()]  # and what it withdrew counts no more after ten minutes
    app.clock.wind(minutes=11)  # type: ignore[attr-defined] # the test's own
    assert come(another(browser), provider).status_code == 401


def test_a_disabled_account_stays_shut_and_one_that_was_another_persons_too(
    app: App, provider: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    staff.add(app, "grace", role=Role.ADMIN, email="grace@example.org")
    browser = Browser(app)
    assert come(browser, provider).status_code == 303
    staff.disable(app, "anna")
    assert not is_in(browser)
    assert come(browser, provider).status_code == 401
    staff.enable(app, "anna")
    assert come(browser, provider, sub="a successor with her address").status_code == 401
    assert "digest user email" in caplog.text
    staff.set_email(app, "anna", email="anna@example.org")
    assert come(browser, provider, sub="a successor with her address").status_code == 303
    assert come(another(browser), provider).status_code == 401
    staff.set_email(app, "grace", email="anna@EXAMPLE.org")
    assert come(another(browser), provider, sub="a third").status_code == 401


def test_the_second_factor_of_the_account_is_asked_for_here_too(
    app: App, provider: IdentityProvider, clock: Wristwatch
) -> None:
    anna = staff.one(app, "anna")
    [secret] = totp.secrets_of(app.keyring, account_id=anna.id, salt=SALT)
    code = totp.code(secret, now=clock.now())
    staff.turn_factor_on(app, "anna", salt=SALT, code=code)
    clock.wind(seconds=60)
    browser = Browser(app)
    asked = come(browser, provider, after="/console/issues")
    assert (asked.status_code, "Six digits" in asked.text, is_in(browser)) == (200, True, False)
    wrong = browser.send("/sign-in/provider/code", code="000000")
    assert (wrong.status_code, is_in(browser)) == (401, False)
    thief = another(browser)
    assert thief.send("/sign-in/provider/code", code="000000").status_code == 401
    right = browser.send("/sign-in/provider/code", code=totp.code(secret, now=clock.now()))
    assert right.headers["location"] == "/console/issues"
    assert is_in(browser)
    late = another(browser)
    come(late, provider)
    clock.wind(minutes=5)
    late.send("/sign-in/provider/code", code=totp.code(secret, now=clock.now()))
    assert not is_in(late)


def test_groups_make_accounts_and_keep_their_roles_and_nobody_elses(
    open_app: Callable[..., App], provider: IdentityProvider
) -> None:
    app = open_app(GROUPS)
    staff.add(app, "anna", role=Role.VIEWER, email="anna@example.org")
    first = Browser(app)
    assert come(first, provider, groups=["heads"]).status_code == 303
    assert staff.one(app, "anna").role is Role.VIEWER  # by hand
    hedy = {"sub": "2", "email": "hedy@example.org", "name": "Hedy L."}
    assert come(another(first), provider, **hedy, groups=["cooks"]).status_code == 401
    browser = another(first)
    assert come(browser, provider, **hedy, groups=["cooks", "writers"]).status_code == 303
    assert staff.one(app, "Hedy L.").role is Role.EDITOR
    assert come(another(first), provider, **hedy, groups=["writers", "heads"]).status_code == 303
    assert staff.one(app, "Hedy L.").role is Role.PUBLISHER
    assert not is_in(browser)  # the session of before
    assert come(another(first), provider, **hedy, groups=[]).status_code == 401
    actions = [(entry.actor, entry.action) for entry in staff.log(app, most=9)]
    assert ("the identity provider", "add account") in actions
    assert ("the identity provider", "change role") in actions
    double = {"sub": "3", "email": "other@example.org", "name": "HEDY L."}
    assert come(another(first), provider, **double, groups=["writers"]).status_code == 401


def test_two_first_sign_ins_of_one_person_at_the_same_moment_both_get_in(
    open_app: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app(GROUPS)
    claims = {**ANNA, "groups": ["heads"]}
    anna = Vouched(issuer="https://login.example", subject="1", claims=claims)
    # SQLite lets the second begin when the first has ended.
    have_looked = threading.Barrier(1 if app.database.is_sqlite else 2, timeout=30)
    find, have_waited = identities.find, set[int]()

    def find_together(session: Session, *, issuer: str, subject: str) -> identities.Identity | None:
        found = find(session, issuer=issuer, subject=subject)
        if threading.get_ident() not in have_waited:
            have_waited.add(threading.get_ident())
            have_looked.wait()
        return found

    def come_in(_: int) -> str:
        with app.database.begin() as session:
            settings = app.config.console.oidc
            return admission.admit(session, anna, settings=settings, now=NOW).name

    monkeypatch.setattr(identities, "find", find_together)
    with ThreadPoolExecutor(2) as browsers:
        assert list(browsers.map(come_in, range(2))) == ["Anna", "Anna"]
    assert [account.name for account in staff.everybody(app)] == ["Anna"]


def test_another_claim_names_the_account_and_may_stand_in_the_userinfo(
    open_app: Callable[..., App], provider: IdentityProvider
) -> None:
    app = open_app('claim = "preferred_username"')
    staff.add(app, "anna", role=Role.EDITOR)
    provider.userinfo = {"sub": ANNA["sub"], "preferred_username": "Anna"}
    browser = Browser(app)
    assert come(another(browser), provider, sub="1").status_code == 401  # about somebody else
    assert come(another(browser), provider).status_code == 303
    assert come(another(browser), provider, sub="1", preferred_username="").status_code == 401


def test_without_passwords_only_the_provider_and_links_of_the_machine_sign_in(
    open_app: Callable[..., App], provider: IdentityProvider
) -> None:
    app = open_app("only = true")
    staff.add(app, "anna", role=Role.ADMIN, email="anna@example.org")
    staff.set_password(app, "anna", password=PASSWORD, passwords=PASSWORDS)
    browser = Browser(app)
    assert 'name="password"' not in browser.get("/sign-in").text
    link = urlsplit(staff.make_link(app, "anna")).path.removeprefix("/console")
    forged = browser.send("/sign-in", page=link, name="anna", password=PASSWORD)
    assert (forged.status_code, is_in(browser)) == (401, False)
    assert come(browser, provider).status_code == 303
    way_out = another(browser)
    way_out.send(link, page=link)
    assert is_in(way_out)


def test_the_ways_over_the_provider_are_counted_like_all_tries(
    app: App, provider: IdentityProvider
) -> None:
    browser = Browser(app)
    path = way_back(browser, provider)
    statuses = [another(browser).get("/sign-in/provider").status_code for _ in range(30)]
    assert statuses == [303] * 29 + [429]
    assert browser.get(path).status_code == 429
    assert not is_in(browser)


def test_a_provider_that_is_down_leaves_the_other_ways_open(
    app: App, provider: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    staff.set_password(app, "anna", password=PASSWORD, passwords=PASSWORDS)
    provider.close()
    browser = Browser(app)
    answer = browser.get("/sign-in/provider")
    assert (answer.status_code, "cannot be asked just now" in answer.text) == (503, True)
    assert "was not heard (unreachable)" in caplog.text
    assert browser.sign_in(name="anna", password=PASSWORD).status_code == 303


def test_a_provider_that_names_other_places_is_not_believed(
    app: App, provider: IdentityProvider, clock: Wristwatch, caplog: pytest.LogCaptureFixture
) -> None:
    browser = Browser(app)
    for metadata, words in (
        ({"issuer": "https://evil.example"}, "write exactly that"),
        ({"token_endpoint": "http://evil.example/token"}, "no https address as token_endpoint"),
        ({"jwks_uri": "http://localhost.evil.example"}, "no https address as jwks_uri"),
    ):
        provider.metadata = metadata
        assert browser.get("/sign-in/provider").status_code == 503
        assert words in caplog.text
        clock.wind(seconds=10)  # meanwhile nobody asks it again
    provider.metadata = {}
    assert browser.get("/sign-in/provider").status_code == 303


@pytest.mark.parametrize(
    ("method", "secret"),
    [("client_secret_post", CLIENT_SECRET), ("none", "")],
)
def test_the_secret_goes_the_way_that_the_provider_asks_for(
    provider: IdentityProvider, clock: Wristwatch, method: str, secret: str
) -> None:
    provider.method = method
    assert vouched(provider, clock=clock, client_secret=secret).subject == ANNA["sub"]


def test_the_code_and_the_secret_follow_no_redirect(
    provider: IdentityProvider, clock: Wristwatch
) -> None:
    provider.metadata = {"token_endpoint": f"{provider.issuer}/moved"}
    with pytest.raises(ProviderError, match="307"):
        vouched(provider, clock=clock, client_secret=CLIENT_SECRET)


def test_a_provider_inside_is_asked_only_where_its_network_is_named(
    provider: IdentityProvider, clock: Wristwatch
) -> None:
    with pytest.raises(ProviderError, match="allow_networks"):
        vouched(provider, clock=clock, allow_networks=())
    assert provider.asked == []


def vouched(provider: IdentityProvider, *, clock: Wristwatch, **settings: Any) -> Vouched:
    """Go the whole way without a console."""
    named = {"issuer": provider.issuer, "client_id": CLIENT_ID, "allow_networks": ("127.0.0.0/8",)}
    asking = Provider(
        OidcSettings(**{**named, **settings}),
        http=HttpSettings(allow_networks=("127.0.0.0/8",)),  # of the feeds: it does not count
        clock=clock,
    )
    attempt = Attempt.begin(KEYRING, after="/", now=clock.now())
    ours = "http://localhost/back"
    back = provider.authorize(asking.address(attempt, redirect_uri=ours), ANNA)
    said = dict(parse_qsl(urlsplit(back).query))
    reply = Reply(code=said["code"], redirect_uri=ours, issuer=said["iss"])
    return asking.vouched(reply, attempt=attempt)


def test_without_the_extra_the_console_says_which_one(
    open_app: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app()
    monkeypatch.setitem(sys.modules, "digest.accounts.oidc.provider", None)
    with pytest.raises(ConfigurationError, match=r"pip install weekly-digest\[oidc\]"):
        Browser(app)


def test_an_address_is_changed_on_the_page_of_people_and_by_the_command_line(
    app: App, room: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    console = Console(app)
    form = {"name": "anna", "email": "anna@example.com"}
    assert console.post("/settings/people/email", **form).status_code == 303
    assert staff.one(app, "anna").email == "anna@example.com"
    wrong = console.post("/settings/people/email", name="anna", email="anna")
    assert (wrong.status_code, "not an email address" in wrong.text) == (422, True)
    room.call(capsys, "user", "email", "anna", "a@example.org", "--dry-run")
    assert staff.one(app, "anna").email == "anna@example.com"
    room.call(capsys, "user", "email", "anna", "a@example.org")
    assert staff.one(app, "anna").email == "a@example.org"
    assert staff.log(app, most=1)[0].action == "change address"
