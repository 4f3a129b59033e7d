"""The frame of the console: from where it is reached, what a form must carry, what a page says."""

import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from console import CHEAP, ORIGIN, Browser, Console, app_of
from fastapi.routing import APIRoute
from newsroom import Newsroom, newsroom
from sqlalchemy import select
from visitor import Visitor

from digest import staff
from digest.accounts.roles import Role
from digest.accounts.settings import ConsoleSettings
from digest.app import App
from digest.errors import ConfigurationError, PersonNeededError, UsageError
from digest.pages import WebSettings
from digest.service import site_of
from digest.shipped import shipped_templates
from digest.tables import ApiKeyRow, Base
from digest.web.console.cookies import Cookies
from digest.web.console.frame import Frame, percent, status_of
from digest.web.console.gate import Gate, Person
from digest.web.console.mount import rooms
from digest.web.console.reception import Guests
from digest.web.console.statics import Statics
from storage.database import Database
from storage.settings import DatabaseSettings

PUBLIC = "https://digest.example"
ADMIN = Person(name="anna", role=Role.ADMIN)
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
CANARY = "a-canary-that-nobody-may-see"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    url = f"sqlite:///{tmp_path}/digest.sqlite3"
    database = Database(DatabaseSettings(url=url))
    database.create()
    Base.metadata.create_all(database.engine)
    database.close()
    with newsroom(tmp_path, database_url=url) as room:
        yield room


@pytest.fixture
def app(room: Newsroom) -> Iterator[App]:
    app = app_of(room)
    yield app
    app.close()


def with_settings(app: App, /, **sections: Any) -> App:
    app.config = app.config.model_copy(update=sections)
    return app


def routes_of(app: App) -> list[APIRoute]:
    """Return every page that stands behind the gate."""
    cookies = Cookies(is_https=True)
    gate = Gate(app, reception=Guests(guest=ADMIN), cookies=cookies)
    frame = Frame(app, gate=gate, statics=Statics(base="/console"))
    routes = [route for room in rooms(frame, passwords=CHEAP) for route in room.router().routes]
    return [route for route in routes if isinstance(route, APIRoute)]


def methods_of(route: APIRoute) -> set[str]:
    assert route.methods, route.path
    return route.methods


def keys_of(app: App) -> list[str]:
    with app.database.read() as session:
        return list(session.scalars(select(ApiKeyRow.name)))


def test_every_page_asks_at_the_gate_who_is_there(app: App) -> None:
    routes = routes_of(app)
    asked = [
        route
        for route in routes
        if any(
            getattr(one.call, "__qualname__", "") == "needs.<locals>.let_in"
            for one in route.dependant.dependencies
            if one.call
        )
    ]
    assert [route.path for route in routes if route not in asked] == []
    assert len(routes) > 10


def test_nobody_who_is_not_signed_in_sees_a_page_or_does_anything(room: Newsroom, app: App) -> None:
    before, browser = room.rows(), Browser(app)
    for route in routes_of(app):
        path = re.sub(r"\{[^}]*\}", "1", route.path)
        for method in methods_of(route) - {"HEAD"}:
            answer = browser.ask(method, f"/console{path}", headers={"Origin": ORIGIN})
            assert answer.status_code == (303 if method == "GET" else 401), path
            assert answer.headers.get("location", "/console/sign-in").startswith("/console/sign-in")
    assert room.rows() == before


def test_s13_opening_pages_changes_nothing(room: Newsroom, app: App) -> None:
    console, before = Console(app), room.rows()
    for route in routes_of(app):
        if "GET" in methods_of(route) and "{" not in route.path:
            assert console.get(route.path).status_code < 500, route.path
    assert room.rows() == before


def test_a_page_stands_in_the_frame(app: App) -> None:
    answer = Console(app, role="viewer").get("/settings")
    assert answer.status_code == 200
    assert '<a href="/console/settings" data-go="settings" aria-current="page">' in answer.text
    assert "/settings/people" not in answer.text  # not for a viewer
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_no_template_has_anything_that_the_policy_forbids() -> None:
    folder = shipped_templates() / "console"
    forbidden = re.compile(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|javascript:|\|\s*safe\b")
    found = {p.name: forbidden.findall(p.read_text("utf-8")) for p in folder.glob("*.j2")}
    assert {name: what for name, what in found.items() if what} == {}
    posts = re.compile(r'<form[^>]*method="post".*?</form>', re.DOTALL)
    assert [
        path.name
        for path in folder.glob("*.j2")
        for form in posts.findall(path.read_text("utf-8"))
        if 'name="csrf"' not in form
    ] == []


def test_what_others_wrote_is_as_they_published_it() -> None:
    content = Statics(base="/console").files["htmx.min.js"]
    assert sha256(content).hexdigest() == (  # htmx.org 4.0.1, dist/htmx.min.js
        "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"
    )


OPEN = ConsoleSettings(open=True, hosts=("console.example:8443",))


@pytest.mark.parametrize(
    ("base", "ip", "headers", "settings", "status"),
    [
        (ORIGIN, "127.0.0.1", {}, ConsoleSettings(), 200),
        ("http://127.0.0.1:8025", "::1", {}, ConsoleSettings(), 200),
        ("http://[::1]", "::1", {}, ConsoleSettings(), 200),
        ("http://localhost:9000", "127.0.0.1", {}, ConsoleSettings(), 200),  # through a tunnel
        (ORIGIN, "192.0.2.7", {}, ConsoleSettings(), 404),
        (PUBLIC, "127.0.0.1", {}, ConsoleSettings(), 404),  # a proxy in front
        (ORIGIN, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, ConsoleSettings(), 404),
        (ORIGIN, "127.0.0.1", {"Forwarded": "for=127.0.0.1"}, ConsoleSettings(), 404),
        (ORIGIN, "127.0.0.1", {"X-Real-IP": "192.0.2.7"}, ConsoleSettings(), 404),
        ("http://rebound.example:8025", "127.0.0.1", {}, ConsoleSettings(), 404),
        ("http://localhost.rebound.example", "127.0.0.1", {}, ConsoleSettings(), 404),
        ("http://127.0.0.1.rebound.example", "127.0.0.1", {}, ConsoleSettings(), 404),
        (PUBLIC, "192.0.2.7", {"X-Forwarded-For": "198.51.100.1"}, OPEN, 200),
        ("https://console.example:8443", "192.0.2.7", {}, OPEN, 200),
        ("https://rebound.example", "192.0.2.7", {}, OPEN, 404),
    ],
)
def test_s13_it_answers_this_machine_only_unless_it_is_opened(
    app: App, base: str, ip: str, headers: dict[str, str], settings: ConsoleSettings, status: int
) -> None:
    site = site_of(with_settings(app, console=settings))
    visitor = Visitor(site, ip=ip, base_url=base)
    assert visitor.ask("GET", "/console/sign-in", headers=headers).status_code == status


def test_where_it_does_not_answer_the_site_says_so_like_of_any_other_page(app: App) -> None:
    visitor = Visitor(site_of(app), ip="192.0.2.7")
    console, other = (visitor.ask("GET", path) for path in ("/console/", "/no-such-page"))
    assert (console.status_code, console.text) == (404, other.text)


def test_the_demo_needs_no_account_and_is_open_to_nobody_else(app: App) -> None:
    site = site_of(with_settings(app, console=OPEN), guest=ADMIN)
    assert Visitor(site, base_url=ORIGIN).ask("GET", "/console/settings").status_code == 200
    assert Visitor(site, base_url=PUBLIC).ask("GET", "/console/settings").status_code == 404
    assert Visitor(site, base_url=ORIGIN).ask("GET", "/console").headers["location"] == "/console/"


def test_passwords_do_not_travel_readable(app: App) -> None:
    readable = WebSettings(public_url="http://digest.example")
    with pytest.raises(ConfigurationError, match="ssh -L"):
        site_of(with_settings(app, console=OPEN, web=readable))


def test_over_https_cookies_are_bound_to_it(app: App) -> None:
    staff.add(app, "anna", role=Role.ADMIN)
    staff.set_password(app, "anna", password="four words of hers", passwords=CHEAP)  # noqa: S106
    browser = Browser(with_settings(app, console=OPEN), ip="192.0.2.7", origin=PUBLIC)
    answer = browser.sign_in(name="anna", password="four words of hers")  # noqa: S106
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-digest-session=")
    assert "; Secure" in cookie
    assert browser.get("/settings/me").status_code == 200


FORM = {"name": "a program", "scope": "read"}


@pytest.mark.parametrize(
    ("csrf", "headers"),
    [
        ("", {"Origin": ORIGIN}),
        ("0" * 64, {"Origin": ORIGIN}),
        ("é", {"Origin": ORIGIN}),
        (None, {}),
        (None, {"Origin": "https://evil.example"}),
        (None, {"Origin": "null"}),
        (None, {"Origin": "http://localhost:9999"}),
        (None, {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"}),
        (None, {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"}),
    ],
)
def test_s13_a_form_that_is_not_ours_does_nothing(
    app: App, csrf: str | None, headers: dict[str, str]
) -> None:
    console = Console(app)
    form = FORM | {"csrf": console.csrf if csrf is None else csrf}
    answer = console.ask("POST", "/console/settings/keys", data=form, headers=headers)
    assert answer.status_code == 403
    assert "nothing was done" in answer.text
    assert keys_of(app) == []


def test_s13_a_mark_works_in_no_other_browser_and_for_no_other_session(app: App) -> None:
    console, other = Console(app), Console(app)
    other.cookies["digest-door"] = "another door"
    assert other.post("/settings/keys", **FORM).status_code == 403
    console.cookies["digest-session"] = "another session"
    assert console.post("/settings/keys", **FORM).status_code == 403
    assert keys_of(app) == []


@pytest.mark.parametrize("headers", [{"Origin": ORIGIN}, {"Sec-Fetch-Site": "same-origin"}])
def test_our_own_form_does_what_it_says(app: App, headers: dict[str, str]) -> None:
    console = Console(app)
    form = FORM | {"csrf": console.csrf}
    answer = console.ask("POST", "/console/settings/keys", data=form, headers=headers)
    assert answer.status_code == 200
    assert keys_of(app) == ["a program"]


@pytest.mark.parametrize("role", ["viewer", "editor", "publisher"])
def test_a_role_that_is_not_enough_is_told_what_it_takes(app: App, role: str) -> None:
    console = Console(app, role=role)
    answers = [console.get("/settings/people"), console.post("/settings/keys", **FORM)]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert all(f"This needs the role admin, and anna is {role}" in one.text for one in answers)
    assert keys_of(app) == []


def test_what_was_done_is_said_once_and_only_by_us(app: App) -> None:
    console = Console(app)
    console.post("/settings/keys", name=HOSTILE, scope="read")
    answer = console.post("/settings/keys/revoke", name=HOSTILE)
    assert answer.headers["location"] == "/console/settings/keys"
    assert "opens nothing any more" in console.follow(answer).text
    assert "opens nothing any more" not in console.follow(answer).text
    console.cookies["digest-said"] = "Pay%20here." + "0" * 64
    assert "Pay here" not in console.get("/settings").text


def test_s8_what_people_type_stays_inert(app: App) -> None:
    console = Console(app)
    pages = [
        console.post("/settings/keys", name=HOSTILE, scope="read"),
        console.post("/settings/people", name=HOSTILE, role="editor"),
        console.post("/settings/people", name=HOSTILE, role=HOSTILE, email=HOSTILE),
        console.post("/settings/keys", name=HOSTILE, scope=HOSTILE),
        console.get("/settings/log"),
        console.get(f"/settings/log?about={HOSTILE}&by={HOSTILE}"),
        Console(app, name=HOSTILE).get("/settings"),
    ]
    assert [page.status_code for page in pages] == [200, 200, 422, 422, 200, 200, 200]
    for page in pages:
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "&lt;script&gt;" in page.text


def test_what_was_typed_is_still_there_when_it_is_refused(app: App) -> None:
    answer = Console(app).post("/settings/keys", name="the importer")
    assert answer.status_code == 422
    assert "Choose what the key may be used for." in answer.text
    assert 'value="the importer"' in answer.text


def test_the_settings_in_force_show_no_secret(app: App) -> None:
    config = app.config
    smtp = replace(config.carrier.smtp, password=CANARY)
    with_settings(
        app,
        carrier=replace(config.carrier, smtp=smtp),
        app=replace(config.app, secret=CANARY, old_secrets=(CANARY,)),
    )
    page = Console(app).get("/settings").text
    assert CANARY not in page
    assert "[carrier.smtp]" in page
    assert "***" in page


def test_the_log_goes_on_in_pages_and_can_be_filtered(app: App) -> None:
    console = Console(app)
    for number in range(55):
        staff.add(
            app.acting_for("grace" if number else HOSTILE), f"user {number}", role=Role.VIEWER
        )
    first = console.get("/settings/log").text
    older = re.search(r'href="([^"]+)">Older', first)
    assert older
    second = console.ask("GET", older[1].replace("&amp;", "&")).text
    assert ("account user 54" in first, "account user 0" in first) == (True, False)
    assert ("account user 54" in second, "account user 0" in second) == (False, True)
    mine = console.get("/settings/log?about=account+user+7&by=grace").text
    assert (mine.count("add account"), "account user 7<" in mine) == (1, True)


def test_errors_say_what_happened_and_tell_no_stranger_more(app: App) -> None:
    console, stranger = Console(app), Browser(app)
    lost, long = console.get("/no-such-page"), console.post("/settings/keys", name="x" * 2**21)
    assert (lost.status_code, long.status_code) == (404, 413)
    assert "There is no such page" in lost.text
    assert "Issues" not in stranger.get("/no-such-page").text
    assert console.get("/static/..%2Fbase.html.j2").status_code == 404
    assert console.get("/settings/log?about=%00").status_code == 404
    assert console.get("/settings/log?before=x").status_code == 422


def test_files_have_an_address_for_each_content(app: App) -> None:
    console = Console(app)
    found = re.findall(r'/console(/static/[^"]+)', console.get("/settings").text)
    names = {path.partition("?")[0] for path in found}
    assert names >= {"/static/tokens.css", "/static/style.css", "/static/keys.js"}
    for path in found:
        answer = console.get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("share", "words"), [(0.9977, "99.7 %"), (0.99999, "99.9 %"), (1, "100.0 %"), (0.003, "0.3 %")]
)
def test_shares_are_cut_and_never_rounded_up(share: float, words: str) -> None:
    assert percent(share) == words


def test_an_error_has_the_status_of_its_kind() -> None:
    assert status_of(PersonNeededError("look first")) == 409
    assert status_of(UsageError("no such word")) == 422
