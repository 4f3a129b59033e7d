"""The JSON interface: keys and scopes, people in and out, and problems that programs can read."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from people import ADA, CAST, EMMY, KEYRING, NOW, subscribe
from sqlalchemy import func, select
from starlette.routing import Mount

from digest import welcome
from digest.clock import Clock
from digest.delivery.state import DeliveryState
from digest.editions.issue import NewsletterSettings
from digest.joining import SignupSettings
from digest.logbook import entries
from digest.posts.topics import TopicSettings
from digest.tables import NoticeRow, SourceRow
from digest.web.api import SubscriberApi
from digest.web.site import build_site
from storage.database import Database
from subscribers import audience, consent, keys
from subscribers.keys import Scope
from subscribers.preferences import Preferences
from subscribers.settings import KeySettings
from subscribers.signup import Application
from subscribers.tables import ApiKeyRow, ConsentEventRow, ConsentKind, SubscriberRow

PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Api:
    """The interface, asked with one key and without a network between."""

    database: Database
    app: Any
    key: str

    def ask(self, method: str, path: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        """Send one request below ``/api`` and return the answer."""
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"}
        if key == "":
            headers = {}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://digest.example", headers=headers
            ) as client:
                return await client.request(method, f"/api{path}", **more)

        return asyncio.run(ask())


def make_key(database: Database, *scopes: Scope, name: str = "the tests") -> str:
    with database.begin() as session:
        return keys.create(session, name=name, scopes=scopes, now=NOW)


def make_api(
    database: Database,
    *,
    per_minute: int = 600,
    paces: tuple[str, ...] = ("weekly", "monthly"),
    key: str = "the tests",
) -> Api:
    interface = SubscriberApi(
        database=database,
        keyring=KEYRING,
        clock=Clock.starting_at(NOW),
        newsletter=NewsletterSettings(),
        topics=TopicSettings(),
        languages=("en", "de"),
        paces=paces,
        settings=KeySettings(requests_per_minute=per_minute),
        signup=SignupSettings(),
    )
    site = Mount("/api", interface.application())
    return Api(database=database, app=site, key=make_key(database, *Scope, name=key))


@pytest.fixture
def api(database: Database) -> Api:
    return make_api(database)


def kinds(api: Api, subscriber_id: int) -> list[str]:
    with api.database.read() as session:
        return [event.kind for event in consent.history(session, subscriber_id=subscriber_id)]


def count(api: Api, table: Any) -> int:
    with api.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_it_stands_on_the_site_and_describes_itself(database: Database) -> None:
    site = build_site(database=database, keyring=KEYRING, clock=Clock.starting_at(NOW))
    api = Api(database=database, app=site, key=make_key(database, Scope.READ))
    document = api.ask("GET", "/openapi.json", key="")
    assert document.json()["openapi"].startswith("3.")
    assert document.headers["x-content-type-options"] == "nosniff"
    assert api.ask("GET", "/v1/subscribers").json() == {"subscribers": [], "next": None}
    assert api.ask("GET", "/v1/teapots").headers["content-type"] == PROBLEM


# --- Who may ask -----------------------------------------------------------------------------


def test_every_resource_asks_for_a_key_with_its_scope(api: Api) -> None:
    paths = api.ask("GET", "/openapi.json", key="").json()["paths"]
    powerless = make_key(api.database, name="no scope at all")
    asked = 0
    for path, methods in paths.items():
        for method in methods:
            address = path.replace("{subscriber_id}", "1")
            assert api.ask(method.upper(), address, key="").status_code == 401, path
            assert api.ask(method.upper(), address, key=powerless).status_code == 403, path
            asked += 1
    assert asked == 10


@pytest.mark.parametrize("key", ["digest_" + "x" * 43, "digest_short", "Ünknown".encode().hex()])
def test_an_unknown_key_is_refused_and_not_repeated(api: Api, key: str) -> None:
    answer = api.ask("GET", "/v1/subscribers", key=key)
    assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)
    assert "Bearer" in answer.headers["www-authenticate"]
    assert key not in answer.text


def test_s5_a_revoked_key_opens_nothing_and_its_secret_stands_nowhere(api: Api) -> None:
    key = make_key(api.database, Scope.READ, name="old program")
    assert api.ask("GET", "/v1/subscribers", key=key).status_code == 200
    with api.database.begin() as session:
        known = {one.name: one for one in keys.everything(session)}
        assert known["old program"].used_at is not None
        assert keys.find(session, key) == known["old program"]
        rows = [vars(row) for row in session.scalars(select(ApiKeyRow))]
        assert key not in repr(rows)
        assert key.removeprefix("digest_") not in repr(rows)
        assert keys.revoke(session, name="old program", now=NOW)
        assert not keys.revoke(session, name="old program", now=NOW)
    assert api.ask("GET", "/v1/subscribers", key=key).status_code == 401


def test_a_program_that_runs_wild_is_told_when_to_go_on(database: Database) -> None:
    """Two interfaces stand for two processes: they know of each other through the database."""
    api = make_api(database, per_minute=3)
    twin = replace(make_api(database, per_minute=3, key="the twin"), key=api.key)
    answers = [one.ask("GET", "/v1/subscribers") for one in (api, twin, api, twin, api)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    other = make_key(database, Scope.READ, name="another program")
    assert api.ask("GET", "/v1/subscribers", key=other).status_code == 200


# --- People ----------------------------------------------------------------------------------


def test_a_reader_is_added_with_the_source_once(api: Api) -> None:
    new = {"email": " ADA@Example.org ", "source": "paper list", "name": "Ada", "language": "de"}
    first = api.ask("POST", "/v1/subscribers", json=new)
    again = api.ask("POST", "/v1/subscribers", json=new)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["outcome"], again.json()["outcome"]) == ("added", "known")
    reader = first.json()["subscriber"]
    assert (reader["email"], reader["name"], reader["language"], reader["status"]) == (
        "ADA@example.org",
        "Ada",
        "de",
        "confirmed",
    )
    with api.database.read() as session:
        history = consent.history(session, subscriber_id=reader["id"])
    assert [(one.kind, one.source) for one in history] == [
        (ConsentKind.ADDED, "paper list (JSON interface)")
    ]
    found = api.ask("POST", "/v1/subscribers/search", json={"email": "ada@example.ORG"}).json()
    assert [one["id"] for one in found["subscribers"]] == [reader["id"]]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "ada@example.org"}, "/source"),
        ({"email": "ada@example.org", "source": ""}, "/source"),
        ({"email": "ada@example.org", "source": "x", "admin": True}, "/admin"),
        ({"email": ["ada@example.org"], "source": "x"}, "/email"),
        ({"email": "ada@example.org\r\nBcc: emmy@example.org", "source": "x"}, None),
        ({"email": "nobody", "source": "x"}, None),
    ],
)
def test_what_cannot_be_taken_is_named_and_not_repeated(
    api: Api, body: dict[str, Any], pointer: str | None
) -> None:
    answer = api.ask("POST", "/v1/subscribers", json=body)
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    assert (problem["title"], problem["status"]) == ("Unprocessable Content", 422) or problem[
        "title"
    ] == "Unprocessable Entity"
    assert [one["pointer"] for one in problem.get("errors", [])] == ([pointer] if pointer else [])
    assert "ada@example.org" not in answer.text
    assert count(api, SubscriberRow) == 0


def test_whoever_left_is_not_brought_back_without_a_new_consent(api: Api) -> None:
    with api.database.begin() as session:
        (ada,) = subscribe(session, ADA)
    left = api.ask("POST", f"/v1/subscribers/{ada}/unsubscribe", json={"source": "by phone"})
    assert left.json()["status"] == "unsubscribed"
    new = {"email": ADA.email, "source": "x"}
    refused = api.ask("POST", "/v1/subscribers", json=new)
    assert (refused.status_code, refused.headers["content-type"]) == (409, PROBLEM)
    back = api.ask("POST", "/v1/subscribers", json={**new, "again": True})
    assert (back.status_code, back.json()["outcome"]) == (200, "returned")
    assert kinds(api, ada) == ["added", "removed", "added"]


def test_the_choices_change_and_only_those_that_are_named(api: Api) -> None:
    with api.database.begin() as session:
        (ada,) = subscribe(session, ADA)
        for topic in ("Cold reads", "Warm reads"):
            session.add(
                SourceRow(
                    name=topic, url=f"https://{topic[:4]}.example/", topic=topic, added_at=NOW
                )
            )
    until = (NOW + timedelta(days=9)).isoformat()
    path = f"/v1/subscribers/{ada}"
    changed = api.ask("PATCH", path, json={"topics": ["cold-reads"], "paused_until": until}).json()
    assert (changed["topics"], changed["pace"], changed["language"]) == (
        ["cold-reads"],
        "weekly",
        "en",
    )
    assert changed["paused_until"].startswith(until[:19])
    changed = api.ask("PATCH", path, json={"topics": None, "pace": "monthly"}).json()
    assert (changed["topics"], changed["pace"]) == (None, "monthly")
    changed = api.ask("PATCH", path, json={"paused_until": None, "language": "de"}).json()
    assert (changed["paused_until"], changed["language"]) == (None, "de")
    for wrong in ({"topics": ["teapots"]}, {"language": "tlh"}, {"pace": "daily"}):
        assert api.ask("PATCH", path, json=wrong).status_code == 422
    assert api.ask("GET", path).json() == changed


def test_a_pace_that_there_are_no_issues_for_is_refused_unless_it_is_theirs(
    database: Database,
) -> None:
    api = make_api(database, paces=("weekly",))
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
    path, monthly = f"/v1/subscribers/{ada}", {"pace": "monthly"}
    refused = api.ask("PATCH", path, json=monthly)
    assert refused.status_code == 422
    assert "the pace is one of weekly" in refused.text
    with database.begin() as session:
        session.get_one(SubscriberRow, ada).pace = "monthly"
    assert api.ask("PATCH", path, json=monthly).json()["pace"] == "monthly"


def test_pages_stay_in_order_while_people_come_and_go(api: Api) -> None:
    with api.database.begin() as session:
        ids = subscribe(session, *CAST)
    first = api.ask("GET", "/v1/subscribers?limit=2").json()
    with api.database.begin() as session:
        session.get_one(SubscriberRow, ids[0]).status = "unsubscribed"
    seen = [one["id"] for one in first["subscribers"]]
    after = first["next"]
    while after:
        page = api.ask("GET", f"/v1/subscribers?limit=2&after={after}").json()
        seen += [one["id"] for one in page["subscribers"]]
        after = page["next"]
    assert seen == ids
    left = api.ask("GET", "/v1/subscribers?status=unsubscribed").json()
    assert [one["id"] for one in left["subscribers"]] == ids[:1]
    for wrong in ("after=nonsense", "after=MQ", "limit=0", "limit=1001", "status=alive"):
        assert api.ask("GET", f"/v1/subscribers?{wrong}").status_code == 422, wrong


@pytest.mark.parametrize(("place", "status"), [(2**31 - 1, 200), (2**31, 422), (10**20, 422)])
def test_a_page_after_a_number_that_no_database_takes_is_refused(
    api: Api, place: int, status: int
) -> None:
    after = urlsafe_b64encode(f"after {place}".encode()).decode().rstrip("=")
    answer = api.ask("GET", f"/v1/subscribers?after={after}")
    assert answer.status_code == status
    assert ("none of the values that 'next' had" in answer.text) == (status == 422)


def test_erasing_forgets_and_a_new_entry_is_refused(api: Api) -> None:
    with api.database.begin() as session:
        (ada,) = subscribe(session, ADA)
    for _ in range(2):
        assert api.ask("DELETE", f"/v1/subscribers/{ada}").status_code == 204
    shown = api.ask("GET", f"/v1/subscribers/{ada}").json()
    assert (shown["email"], shown["name"], shown["status"]) == (None, None, "erased")
    refused = api.ask("POST", "/v1/subscribers", json={"email": ADA.email, "source": "x"})
    assert refused.status_code == 409
    assert "erasure" in refused.json()["detail"]
    assert kinds(api, ada) == ["added", "erased"]


def test_what_came_after_an_erasure_is_erased_too_and_noted(api: Api) -> None:
    with api.database.begin() as session:
        (ada,) = subscribe(session, ADA)
    api.ask("DELETE", f"/v1/subscribers/{ada}")
    with api.database.begin() as session:
        wanted = Application(mailbox=ADA.mailbox, wishes=Preferences(), source="sign-up form")
        welcome.apply(session, wanted, keyring=KEYRING, now=NOW)
    for _ in range(2):
        assert api.ask("DELETE", f"/v1/subscribers/{ada}").status_code == 204
    with api.database.read() as session:
        assert session.scalars(select(NoticeRow.email)).all() == [None]
        assert [one.action for one in entries(session, most=5)] == ["erase reader"] * 2


def test_an_erased_sign_up_by_a_program_names_nobody(api: Api) -> None:
    body = {
        "email": ADA.email,
        "consent": f"I, the owner of {ADA.email} agree.",
        "form": f"https://blog.example/join?email={ADA.email}",
    }
    assert api.ask("POST", "/v1/signups", json=body).status_code == 202
    with api.database.begin() as session:
        ada = session.scalars(select(SubscriberRow.id)).one()
        (asked,) = consent.history(session, subscriber_id=ada)
        assert asked.evidence["consent_as_shown"] == body["consent"]
        assert asked.evidence["form"] == "https://blog.example/join"
    api.ask("DELETE", f"/v1/subscribers/{ada}")
    with api.database.read() as session:
        asked, _ = consent.history(session, subscriber_id=ada)
    assert asked.evidence["consent"]["text"] == "I, the owner of (address) agree."
    assert ADA.email not in str(asked.evidence)


def test_what_a_key_was_used_for_stands_in_the_log(api: Api) -> None:
    with api.database.begin() as session:
        (ada,) = subscribe(session, ADA)
    for method, path in (("GET", "/export"), *[("DELETE", f"/subscribers/{ada}")] * 2):
        api.ask(method, f"/v1{path}")
    with api.database.read() as session:
        noted = [(one.actor[:4], one.action, one.about) for one in entries(session, most=5)]
    assert noted == [
        ("key ", "erase reader", f"reader {ada}"),
        ("key ", "export readers", "readers"),
    ]


def test_everything_about_one_and_the_list_of_all_come_out(api: Api) -> None:
    with api.database.begin() as session:
        ada, emmy = subscribe(session, ADA, EMMY)
    one = api.ask("GET", f"/v1/subscribers/{ada}/export").json()
    assert (one["subscriber"]["address"], one["consent"][0]["kind"]) == (ADA.email, "added")
    everybody = api.ask("GET", "/v1/export")
    people = [json.loads(line) for line in everybody.text.splitlines()]
    assert [person["email"] for person in people] == [ADA.email, EMMY.email]
    assert everybody.headers["content-type"].startswith("application/jsonl")
    assert emmy != ada


@pytest.mark.parametrize("path", ["/v1/subscribers/999", "/v1/teapots", "/v1/subscribers/0"])
def test_nobody_and_nothing_are_problems_too(api: Api, path: str) -> None:
    answer = api.ask("GET", path)
    assert (answer.status_code, answer.headers["content-type"]) == (
        422 if path.endswith("/0") else 404,
        PROBLEM,
    )
    assert api.ask("PUT", "/v1/subscribers").status_code == 405


# --- Sign-up ---------------------------------------------------------------------------------


def test_a_signup_asks_its_owner_and_tells_the_program_nothing(api: Api) -> None:
    with api.database.begin() as session:
        (emmy,) = subscribe(session, EMMY)
    body = {"consent": "Send me the digest.", "ip": "192.0.2.77", "form": "https://blog.example/"}
    answers = [
        api.ask("POST", "/v1/signups", json={**body, "email": email})
        for email in ("new@example.org", "new@example.org", EMMY.email)
    ]
    assert {(one.status_code, one.text) for one in answers} == {(202, answers[0].text)}
    with api.database.read() as session:
        new = session.scalars(
            select(SubscriberRow).where(SubscriberRow.email == "new@example.org")
        ).one()
        assert not audience.wanted_among(session, [new.id])
        event, *_ = consent.history(session, subscriber_id=new.id)
        letters = select(NoticeRow.subscriber_id, NoticeRow.kind)
        waiting = session.execute(letters.where(NoticeRow.state == DeliveryState.PENDING)).all()
    assert [tuple(one) for one in waiting] == [(new.id, "confirm"), (emmy, "exists")]
    assert (event.kind, event.source) == (ConsentKind.REQUESTED, "sign-up by the JSON interface")
    assert event.evidence["consent"]["text"] == "Send me the digest."
    assert (event.evidence["ip"], event.evidence["address"]) == ("192.0.2.0/24", "new@example.org")


def test_s3_signups_have_the_budgets_of_the_form(api: Api) -> None:
    answers = [
        api.ask(
            "POST",
            "/v1/signups",
            json={"email": f"x{n}@example.org", "consent": "Yes.", "ip": "192.0.2.77"},
        ).status_code
        for n in range(21)
    ]
    assert answers == [202] * 20 + [429]
    assert count(api, ConsentEventRow) == 20


# --- Bad input -------------------------------------------------------------------------------


def test_a_body_of_ten_megabytes_is_refused_before_it_is_read(database: Database) -> None:
    site = build_site(database=database, keyring=KEYRING, clock=Clock.starting_at(NOW))
    api = Api(database=database, app=site, key=make_key(database, *Scope))
    taken = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(160):
            taken += 65_536
            yield b"x" * 65_536

    announced = api.ask(
        "POST", "/v1/subscribers", content=body(), headers={"Content-Length": str(10_485_760)}
    )
    assert (announced.status_code, taken) == (413, 0)
    assert announced.headers["content-type"] == PROBLEM
    unannounced = api.ask("POST", "/v1/subscribers", content=body())
    assert (unannounced.status_code, unannounced.headers["content-type"]) == (413, PROBLEM)
    assert taken < 1_000_000


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"email": "\xff"}', b'"' + b"x" * 60_000])
def test_what_is_no_json_object_is_a_problem(api: Api, content: bytes) -> None:
    answer = api.ask(
        "POST", "/v1/subscribers", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == PROBLEM
