"""The JSON interface keeps what its document says, also when it is asked for nonsense."""

from typing import Any

import pytest
from people import NOW
from visitor import Visitor, site_of

from digest.clock import Clock
from storage.database import Database
from subscribers import keys
from subscribers.keys import Scope

SUBSCRIBERS = "/api/v1/subscribers"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Program:
    """A program with a key for everything."""

    def __init__(self, database: Database) -> None:
        with database.begin() as session:
            key = keys.create(session, name="a program", scopes=tuple(Scope), now=NOW)
        self.visitor = Visitor(site_of(database, clock=Clock.starting_at(NOW)))
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """Send one request and return the answer."""
        return self.visitor.ask(method, path, headers=self.headers, **more)


@on_sqlite
@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/api/v1/signups", {"ip": False}, "/ip"),  # of which 0.0.0.0 was made
        ("/api/v1/signups", {"ip": 1}, "/ip"),
        (SUBSCRIBERS, {"again": 0}, "/again"),
        (SUBSCRIBERS, {"again": "yes"}, "/again"),
    ],
)
def test_a_value_of_another_type_is_refused_and_not_made_into_one(
    database: Database, path: str, body: dict[str, Any], pointer: str
) -> None:
    whole = {"email": "ada@example.org"} | body
    whole |= {"consent": "Yes"} if "signups" in path else {"source": "a list"}
    answer = Program(database).ask("POST", path, json=whole)
    assert answer.status_code == 422
    assert [wrong["pointer"] for wrong in answer.json()["errors"]] == [pointer]


@on_sqlite
def test_a_number_is_no_moment(database: Database) -> None:
    answer = Program(database).ask("PATCH", f"{SUBSCRIBERS}/1", json={"paused_until": 1_800_000})
    assert answer.json()["errors"][0]["pointer"] == "/paused_until"


@on_sqlite
def test_a_body_that_is_no_text_is_a_problem_that_the_document_names(database: Database) -> None:
    program = Program(database)
    answer = program.ask("POST", f"{SUBSCRIBERS}/1/unsubscribe", content=b"/\xff\xfe\x0f")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    document = program.ask("GET", "/api/openapi.json").json()
    for path in document["paths"].values():
        assert all({"400", "413"} <= set(named["responses"]) for named in path.values())


@on_sqlite
@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (SUBSCRIBERS, "GET, POST"),
        (f"{SUBSCRIBERS}/1", "DELETE, GET, PATCH"),
        ("/api/v1/signups", "POST"),
    ],
)
def test_a_wrong_method_is_answered_with_all_the_right_ones(
    database: Database, path: str, allowed: str
) -> None:
    answer = Program(database).ask("OPTIONS", path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
