"""Counted links (S16): they lead to stored targets only, and count readers without naming any."""

import re
from collections.abc import Callable
from email import message_from_bytes, policy

import pytest
from books import WEEK, send_to
from guest import Guest
from newsroom import FRIDAY, MONDAY, SAID_YES, Ended, Newsroom

from digest import clicks
from digest.clicking import ClickSettings, html_with, text_with
from digest.clicks import Clicked
from digest.editions.issue import Also, Issue, IssuePost, NewsletterSettings
from digest.tables import Base, ClickRow, LinkRow
from digest.web.clicks import Watch
from storage.database import Database

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
ON = ClickSettings(count=True)
COLD = IssuePost(
    post_id=1,
    url="https://plain.example/cold?a=1&b=2",
    title="Cold reads",
    source="Plain",
    topic="Storage",
    also=(Also(post_id=3, url="https://other.example/x", title="Warm reads", source="Other"),),
)
ISSUE = Issue(
    newsletter=NewsletterSettings(),
    period=WEEK.name,
    number=24,
    day=WEEK.end_day,
    posts=(COLD, IssuePost(post_id=2, url="javascript:alert(1)", title="No link", source="Plain")),
)
Call = Callable[..., Ended]


@pytest.fixture
def guest(database: Database) -> Guest:
    edition = send_to(database, readers=1)
    with database.begin() as session:
        clicks.keep_links(session, edition.id, ISSUE, settings=ON)
    return Guest(database)


def keys(guest: Guest) -> list[str]:
    with guest.database.read() as session:
        return [row.key for row in session.query(LinkRow).order_by(LinkRow.id)]


def counted(guest: Guest) -> list[Clicked]:
    with guest.database.read() as session:
        return clicks.of_issue(session, 1)


def test_a_link_leads_to_where_it_was_written_down_to_lead(guest: Guest) -> None:
    first, second = keys(guest)
    answer = guest.ask("GET", f"/r/{first}", headers=BROWSER)
    assert answer.status_code == 302
    assert answer.headers["location"] == COLD.url
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers
    query = "?url=https://evil.example/&next=//evil.example&to=https:evil.example"
    turned = guest.ask("GET", f"/r/{second}{query}", headers={"Host": "evil.example"} | BROWSER)
    assert turned.headers["location"] == COLD.also[0].url


def test_odd_names_lead_nowhere(guest: Guest) -> None:
    real = keys(guest)[0]
    odd = [
        *(f"{real[:n]}" for n in range(len(real))),
        *(real[:n] + letter + real[n + 1 :] for n in range(8) for letter in "Az0_-%25./é"),
        *(f"{real}{tail}" for tail in ("x", "/", "%00", "%0d%0aLocation:%20https://evil.example")),
        *(
            "https://evil.example",
            "//evil.example",
            "%2F%2Fevil.example",
            "..%2f..%2fetc",
            "1",
            "-1",
        ),
        *("' OR 1=1 --", "AAAAAAAA' --", "%", "________", "9" * 5000),
        *(f"{number:08d}" for number in range(100)),
    ]
    for name in odd:
        if name == real:
            continue
        answer = guest.ask("GET", f"/r/{name}", headers=BROWSER)
        assert answer.status_code == 404, name
        assert "location" not in answer.headers
    assert sum(one.clicks for one in counted(guest)) == 0


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", BROWSER),
        ("GET", BROWSER | {"Purpose": "prefetch"}),
        ("GET", BROWSER | {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", BROWSER | {"X-Moz": "prefetch"}),
        ("GET", BROWSER | {"Sec-Fetch-Mode": "no-cors"}),
        ("GET", {"User-Agent": ""}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; SomeBot/1.0)"}),
        ("GET", {"User-Agent": "python-requests/2.32"}),
        ("GET", {"User-Agent": "BarracudaCentral scanner"}),
    ],
)
def test_a_machine_is_led_on_and_not_counted(
    guest: Guest, method: str, headers: dict[str, str]
) -> None:
    answer = guest.ask(method, f"/r/{keys(guest)[0]}", headers=headers)
    assert answer.headers["location"] == COLD.url
    assert {one.clicks for one in counted(guest)} == {0}


def test_a_reader_is_counted_by_link_and_day_and_nothing_else_is_kept(guest: Guest) -> None:
    before = tables(guest)
    guest.ask("GET", f"/r/{keys(guest)[0]}", headers=BROWSER)
    assert counted(guest) == [
        Clicked(name="Cold reads", clicks=1),
        Clicked(name="Warm reads", clicks=0),
    ]
    after = tables(guest)
    assert {name for name in after if after[name] != before[name]} == {"click"}
    assert set(ClickRow.__table__.columns.keys()) == {"link_id", "day", "clicks"}
    with guest.database.read() as session:
        assert clicks.by_source(session, "n", issues=5)[0] == Clicked(name="Plain", clicks=1)
        assert clicks.by_topic(session, "n", issues=5) == [Clicked(name="Storage", clicks=1)]


def tables(guest: Guest) -> dict[str, list[str]]:
    with guest.database.read() as session:
        return {
            name: [repr(tuple(row)) for row in session.execute(table.select())]
            for name, table in Base.metadata.tables.items()
        }


def test_whoever_opens_all_links_within_seconds_is_not_counted_at_all(guest: Guest) -> None:
    for key in (*keys(guest), *keys(guest)):
        guest.ask("GET", f"/r/{key}", headers=BROWSER)
    assert {one.clicks for one in counted(guest)} == {0}


def test_the_watch_tells_readers_from_machines_by_their_pace() -> None:
    watch = Watch()
    assert watch.judge("reader", 1, at=0.0) == (True, None)
    assert watch.judge("reader", 1, at=0.5) == (False, None)  # a double click
    assert watch.judge("reader", 2, at=20.0) == (True, None)
    assert watch.judge("other", 2, at=20.1) == (True, None)
    assert watch.judge("reader", 1, at=21.0) == (
        False,
        2,
    )  # too fast: the click on 2 was no reader's
    assert watch.judge("reader", 3, at=60.0) == (False, None)
    assert watch.judge("reader", 3, at=1000.0) == (True, None)


def test_only_links_of_posts_are_replaced() -> None:
    links = {COLD.url: "https://digest.example/r/AAAAAAAA"}
    html = (
        '<a href="https://plain.example/cold?a=1&amp;b=2">x</a>'
        '<a href="https://plain.example/cold">y</a><a href="https://digest.example/u/1">leave</a>'
    )
    assert html_with(html, links) == html.replace(
        "https://plain.example/cold?a=1&amp;b=2", "https://digest.example/r/AAAAAAAA"
    )
    text = f"Cold reads\n  {COLD.url}\nsee {COLD.url}x\n  https://digest.example/u/1"
    assert text_with(text, links).splitlines()[1] == "  https://digest.example/r/AAAAAAAA"
    assert text_with(text, links).count("/r/") == 1
    assert (html_with(html, {}), text_with(text, {})) == (html, text)


def test_letters_lead_through_the_counter_only_when_it_is_on(
    room: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    def call(*arguments: str) -> Ended:
        return room.call(capsys, *arguments)

    room.configure("[clicks]\ncount = true\n[email]\nlanguages = ['en']")
    call("source", "add", room.blog("cold-reads"), "--at", MONDAY, "--yes")
    call("subscriber", "add", "ada@example.org", *SAID_YES)
    call("run", "--at", FRIDAY)
    (taken,) = room.mail.accepted
    letter = message_from_bytes(taken.message, policy=policy.default)
    bodies = [letter.get_body((kind,)) for kind in ("plain", "html")]
    text, html = (body.get_content() for body in bodies if body)
    assert "https://plain.example/cold-reads" not in text + html
    (key,) = set(re.findall(r"https://digest\.example/r/([\w-]{8})", text + html))
    assert "/u/" in letter["List-Unsubscribe"]
    assert "/r/" not in letter["List-Unsubscribe"]
    assert any(
        key in row and "https://plain.example/cold-reads" in row for row in room.rows()["link"]
    )
    (by_source, by_topic) = call("stats", "clicks", "--json").data
    assert by_source["rows"] == [["Plain", 0]]
    assert by_topic["rows"] == [["Further posts", 0]]
