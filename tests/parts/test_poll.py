"""All sources: who is due, who is taken, and what is written down."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from internet import Internet
from sqlalchemy import select

from digest.errors import UsageError
from digest.http import Client
from digest.posts import store
from digest.processes import Processes
from digest.reading import HttpSettings
from digest.sources.claim import being_read
from digest.sources.guard import Parser
from digest.sources.poll import PollResult, poll
from digest.sources.settings import PollSettings
from digest.sources.state import State
from digest.tables import PostRow, SourceRow
from storage.database import Database

NOW = datetime(2026, 6, 12, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


def feed(*titles: str, name: str = "quay") -> str:
    items = "".join(
        f"<item><title>{title}</title><link>https://{name}.example/{title}</link></item>"
        for title in titles
    )
    return f'<rss version="2.0"><channel><title>{name.title()}</title>{items}</channel></rss>'


@pytest.fixture
def web() -> Iterator[Internet]:
    with Internet() as web:
        yield web


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser() as parser:
        yield parser


class Desk:
    """A database with sources, and a poller for it."""

    def __init__(self, database: Database, parser: Parser, processes: Processes) -> None:
        self.database = database
        self.processes = processes
        self._parser = parser
        self._client = Client(HttpSettings(allow_networks=("127.0.0.0/8",), deadline=2.0))

    def add(self, url: str, *, name: str = "quay", **columns: Any) -> None:
        """Add a source."""
        with self.database.begin() as session:
            session.add(SourceRow(name=name, url=url, added_at=NOW, **columns))

    def row(self, name: str = "quay") -> SourceRow:
        """Return what is written down of a source."""
        with self.database.read() as session:
            return session.scalars(select(SourceRow).where(SourceRow.name == name)).one()

    def titles(self) -> set[str]:
        """Return the titles of all saved posts."""
        with self.database.read() as session:
            return set(session.scalars(select(PostRow.title)))

    def poll(
        self,
        *,
        now: datetime = NOW,
        due_only: bool = True,
        settings: PollSettings | None = None,
        **more: Any,
    ) -> dict[str, PollResult]:
        """Poll; return the result of each source by its name."""
        results = poll(
            self.database,
            client=self._client,
            parser=self._parser,
            now=lambda: now,
            settings=settings or PollSettings(gap_seconds=0),
            processes=self.processes,
            due_only=due_only,
            **more,
        )
        assert len({result.name for result in results}) == len(results)
        return {result.name: result for result in results}


@pytest.fixture
def desk(database: Database, parser: Parser, tmp_path: Path) -> Desk:
    return Desk(database, parser, Processes(tmp_path / "processes"))


def test_a_first_reading_saves_posts_and_says_so(desk: Desk, web: Internet) -> None:
    desk.add(web.serve("/feed.xml", feed("one", "two"), etag='"1"', last_modified="then"))
    result = desk.poll()["quay"]
    assert (result.state, result.new, result.known) == (State.NEW_POSTS, 2, 0)
    assert desk.titles() == {"one", "two"}
    row = desk.row()
    assert (row.state, row.detail, row.entries, row.failures) == ("new posts", None, 2, 0)
    assert (row.title, row.etag, row.last_modified) == ("Quay", '"1"', "then")
    assert row.checked_at == row.first_read_at == row.succeeded_at == NOW
    assert row.next_check_at == NOW + HOUR


def test_an_unchanged_source_is_asked_and_nothing_is_saved(desk: Desk, web: Internet) -> None:
    desk.add(web.serve("/feed.xml", feed("one"), etag='"1"'))
    desk.poll()
    result = desk.poll(now=NOW + HOUR)["quay"]
    assert (result.state, result.new, result.known) == (State.UNCHANGED, 0, 0)
    row = desk.row()
    assert (row.etag, row.first_read_at, row.succeeded_at) == ('"1"', NOW, NOW + HOUR)


def test_only_what_is_new_counts_as_new(desk: Desk, web: Internet) -> None:
    desk.add(web.serve("/feed.xml", feed("one", "two")))
    desk.poll()
    assert desk.poll(now=NOW + HOUR)["quay"].state is State.UNCHANGED
    web.serve("/feed.xml", feed("one", "two", "three"))
    result = desk.poll(now=NOW + 2 * HOUR)["quay"]
    assert (result.state, result.new, result.known) == (State.NEW_POSTS, 1, 2)
    assert desk.row().first_read_at == NOW


def test_a_source_that_is_not_due_is_left_alone_unless_all_are_wanted(
    desk: Desk, web: Internet
) -> None:
    desk.add(web.serve("/feed.xml", feed("one")), next_check_at=NOW + HOUR)
    assert desk.poll() == {}
    assert web.asked == []
    assert desk.poll(due_only=False)["quay"].state is State.NEW_POSTS
    assert desk.poll(now=NOW + HOUR - timedelta(seconds=1)) == {}
    assert len(desk.poll(now=NOW + HOUR)) == 1


def test_a_paused_source_is_never_read(desk: Desk, web: Internet) -> None:
    desk.add(web.serve("/feed.xml", feed("one")), paused_at=NOW)
    assert desk.poll(due_only=False, names=["quay"]) == {}
    assert web.asked == []


def test_sources_can_be_named_and_an_unknown_name_is_an_error(desk: Desk, web: Internet) -> None:
    for name in ("pier", "quay"):
        desk.add(web.serve(f"/{name}", feed("one", name=name)), name=name)
    assert desk.poll(names=["pier"]).keys() == {"pier"}
    with pytest.raises(UsageError, match="nowhere"):
        desk.poll(names=["pier", "nowhere"])


def test_one_bad_source_never_hurts_another(desk: Desk, web: Internet) -> None:
    desk.add(web.serve("/a", "garbage"), name="broken")
    desk.add(web.serve("/b", status=500), name="down")
    desk.add("http://10.0.0.1/feed", name="private")
    desk.add(web.serve("/c", feed("one")), name="strange", kind="no such kind")
    desk.add(web.serve("/d", feed("fine")), name="fine")
    states = {name: result.state for name, result in desk.poll().items()}
    assert states == {
        "broken": State.MALFORMED,
        "down": State.SERVER_ERROR,
        "private": State.ADDRESS_REFUSED,
        "strange": State.FAILED,
        "fine": State.NEW_POSTS,
    }
    assert desk.titles() == {"fine"}


def test_failures_are_counted_waited_for_and_forgotten(desk: Desk, web: Internet) -> None:
    desk.add(web.serve("/feed.xml", feed("one"), etag='"1"'))
    desk.poll()
    web.serve("/feed.xml", status=503)
    moment = NOW + HOUR
    for failures, minutes in enumerate((15, 30, 60), start=1):
        assert desk.poll(now=moment)["quay"].state is State.SERVER_ERROR
        row = desk.row()
        assert (row.failures, row.state) == (failures, "server error")
        assert row.next_check_at == moment + timedelta(minutes=minutes)
        moment = row.next_check_at
    assert (row.etag, row.entries, row.succeeded_at) == ('"1"', 1, NOW)
    web.serve("/feed.xml", feed("one", "two"))
    desk.poll(now=moment)
    row = desk.row()
    assert (row.failures, row.detail, row.etag) == (0, None, None)


def test_a_site_that_asks_us_to_stay_away_is_obeyed(desk: Desk, web: Internet) -> None:
    desk.add(web.serve("/feed.xml", status=429, headers={"Retry-After": "86400"}))
    desk.poll()
    assert desk.row().next_check_at == NOW + timedelta(days=1)


def test_a_suddenly_empty_source_keeps_what_we_know_of_it(desk: Desk, web: Internet) -> None:
    desk.add(web.serve("/feed.xml", feed(*"abcde"), etag='"1"'))
    desk.poll()
    web.serve("/feed.xml", feed(), etag='"2"')
    assert desk.poll(now=NOW + HOUR)["quay"].state is State.SUDDENLY_EMPTY
    row = desk.row()
    assert (row.entries, row.etag, row.failures) == (5, '"1"', 1)


def test_an_unforeseen_error_is_the_sources_own_and_saves_nothing(
    desk: Desk, web: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = store.save

    def failing(session: Any, *, posts: Any, **more: Any) -> store.Saved:
        saved = save(session, posts=posts, **more)
        if any(post.title == "bad" for post in posts):
            raise ZeroDivisionError("ada@quay.example")
        return saved

    monkeypatch.setattr(store, "save", failing)
    desk.add(web.serve("/a", feed("bad"), etag='"1"'), name="bad")
    desk.add(web.serve("/b", feed("good"), etag='"1"'), name="good")
    results = desk.poll()
    assert results["bad"].state is State.FAILED
    assert results["good"].state is State.NEW_POSTS
    assert desk.titles() == {"good"}
    row = desk.row("bad")
    assert (row.etag, row.failures, row.first_read_at) == (None, 1, None)
    assert row.detail == "an unforeseen error (ZeroDivisionError)"


def test_two_pollers_at_once_read_every_source_once(desk: Desk, web: Internet) -> None:
    names = [f"quay-{number}" for number in range(8)]
    for name in names:
        desk.add(web.slow(f"/{name}", feed("one", name=name), seconds=0.05), name=name)
    settings = PollSettings(gap_seconds=0, per_host=4)
    with ThreadPoolExecutor(2) as pollers:
        first, second = pollers.map(lambda _: desk.poll(settings=settings), range(2))
    assert sorted([*first, *second]) == names
    assert sorted(asked.path for asked in web.asked) == [f"/{name}" for name in names]


def test_a_source_that_is_being_read_belongs_to_its_poller(desk: Desk, web: Internet) -> None:
    lease: list[datetime | None] = []
    others: list[dict[str, PollResult]] = []
    named: list[list[str]] = []

    def look() -> None:
        lease.append(desk.row().claimed_until)
        others.extend((desk.poll(), desk.poll(due_only=False)))
        with desk.database.read() as session:
            named.append(being_read(session, now=NOW, processes=desk.processes))

    desk.add(web.serve("/feed.xml", feed("one"), before=look))
    desk.poll()
    assert lease == [NOW + timedelta(minutes=5)]
    assert others == [{}, {}]
    assert named == [["quay"]]
    row = desk.row()
    assert (row.claimed_by, row.claimed_until) == (None, None)


def test_a_claim_ends_with_its_process_or_with_its_lease(desk: Desk, web: Internet) -> None:
    url = web.serve("/feed.xml", feed("one"))
    until = NOW + timedelta(minutes=5)
    desk.add(url, claimed_by="elsewhere.example:1:ff", claimed_until=until)
    assert desk.poll() == {}
    assert desk.poll(now=until)["quay"].state is State.NEW_POSTS
    with desk.processes.enter() as name:
        dead = name.replace(name.split(":")[1], "1")
    (desk.processes.folder / f"{dead.replace(':', '-')}.lock").touch()  # as a killed one leaves it
    with desk.database.begin() as session:
        row = session.scalars(select(SourceRow)).one()
        row.claimed_by, row.claimed_until = dead, NOW + HOUR
    assert desk.poll(due_only=False)["quay"].state is State.UNCHANGED


def test_one_host_is_asked_one_thing_at_a_time_and_hosts_in_parallel(
    desk: Desk, web: Internet
) -> None:
    busy: dict[str, int] = {"one": 0, "two": 0}
    most: dict[str, int] = {"one": 0, "two": 0, "all": 0}
    lock = threading.Lock()

    def work(host: str) -> None:
        with lock:
            busy[host] += 1
            most[host] = max(most[host], busy[host])
            most["all"] = max(most["all"], sum(busy.values()))
        time.sleep(0.1)
        with lock:
            busy[host] -= 1

    for host, address in (("one", "127.0.0.1"), ("two", "localhost")):
        for number in range(3):
            path = f"/{host}/{number}"
            web.serve(path, feed(f"{host}{number}"), before=lambda host=host: work(host))
            desk.add(web.url(path, host=address), name=path)
    desk.poll()
    assert most == {"one": 1, "two": 1, "all": 2}


def test_there_is_a_gap_between_two_questions_to_a_host(desk: Desk, web: Internet) -> None:
    moments: list[float] = []
    for number in range(3):
        url = web.serve(f"/{number}", feed("x"), before=lambda: moments.append(time.monotonic()))
        desk.add(url, name=str(number))
    desk.poll(settings=PollSettings(gap_seconds=0.2))
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert len(gaps) == 2
    assert min(gaps) >= 0.2


def test_stop_ends_between_two_sources(desk: Desk, web: Internet) -> None:
    stop = threading.Event()
    for number in range(5):
        desk.add(web.serve(f"/{number}", feed(str(number))), name=str(number))
    results = desk.poll(stop=stop, report=lambda _: stop.set())
    assert len(results) == 1
    (name,) = results
    assert desk.row(name).state == "new posts"
    assert len(web.asked) == 1
    assert len(desk.poll()) == 4


def test_each_source_is_reported_once_and_never_two_at_a_time(desk: Desk, web: Internet) -> None:
    reported: list[str] = []
    inside = threading.Lock()

    def report(result: PollResult) -> None:
        assert inside.acquire(blocking=False)
        time.sleep(0.01)
        reported.append(result.name)
        inside.release()

    names = [str(number) for number in range(10)]
    for name in names:
        desk.add(web.serve(f"/{name}", feed(name)), name=name)
    desk.poll(report=report, settings=PollSettings(gap_seconds=0, per_host=8))
    assert sorted(reported) == names


def test_the_same_post_in_two_sources_is_saved_once(desk: Desk, web: Internet) -> None:
    for number in range(8):
        desk.add(web.serve(f"/{number}", feed("shared")), name=str(number))
    results = desk.poll(settings=PollSettings(gap_seconds=0, per_host=8))
    assert sum(result.new for result in results.values()) == 1
    assert desk.titles() == {"shared"}


def test_a_source_removed_while_it_is_read_leaves_nothing(desk: Desk, web: Internet) -> None:
    def remove() -> None:
        with desk.database.begin() as session:
            session.delete(session.scalars(select(SourceRow)).one())

    desk.add(web.serve("/feed.xml", feed("one"), before=remove))
    assert desk.poll()["quay"].new == 0
    assert desk.titles() == set()


def test_no_connection_to_the_database_is_held_while_the_web_is_read(
    desk: Desk, web: Internet
) -> None:
    held: list[int] = []
    pool: Any = desk.database.engine.pool
    desk.add(web.serve("/feed.xml", feed("one"), before=lambda: held.append(pool.checkedout())))
    desk.poll()
    assert held == [0]
