"""Blogs that want to stop the week, or just are broken: each ends in a named state, alone."""

import gc
import json
import multiprocessing
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from internet import Internet
from sqlalchemy import select

from digest.http import Client
from digest.processes import Processes
from digest.reading import HttpSettings
from digest.sources.guard import Parser
from digest.sources.poll import PollResult, poll
from digest.sources.settings import PollSettings
from digest.sources.state import State
from digest.tables import PostRow, SourceRow
from storage.database import Database

NOW = datetime(2026, 6, 12, 7, tzinfo=UTC)
WITHIN = "the-secret-of-the-house"
HEAVY = ("bomb", "endless", "laughs", "nested", "seven megabytes", "ten megabytes")
GROWTH = 50_000_000  # bytes that this process may take on while it reads these at once
SECONDS = 60.0  # for all of them; one may take three to be fetched and five to be parsed
TITLES = tuple(f"Größe {word}" for word in ("one", "two", "three", "four", "five"))

# What becomes of both kinds. Where there are two states, the machine's load decides.
BOTH: dict[str, set[State]] = {
    "403": {State.HTTP_ERROR},
    "404": {State.NOT_FOUND},
    "410": {State.GONE},
    "429": {State.RATE_LIMITED},
    "500": {State.SERVER_ERROR},
    "bomb": {State.TOO_LARGE},
    "circle": {State.TOO_MANY_REDIRECTS},
    "cut": {State.NEW_POSTS},
    "drip": {State.TIMED_OUT},
    "endless": {State.TOO_LARGE, State.TIMED_OUT},
    "good": {State.NEW_POSTS},
    "laughs": {State.NEW_POSTS, State.TOO_SLOW_TO_PARSE},
    "latin-1 as utf-8": {State.NEW_POSTS},
    "seven megabytes": {State.NEW_POSTS, State.TOO_SLOW_TO_PARSE},
    "silent": {State.TIMED_OUT},
    "ten megabytes": {State.TOO_LARGE, State.TIMED_OUT},
    "unknown encoding": {State.NEW_POSTS},
    "utf-16 as utf-8": {State.NEW_POSTS},
    "utf-16": {State.NEW_POSTS},
    "utf-32": {State.NEW_POSTS},
}
ONE: dict[str, dict[str, set[State]]] = {
    "feed": {
        "blank": {State.MALFORMED},
        "cut json": {State.MALFORMED},
        "empty": {State.MALFORMED},
        "external": {State.EMPTY},
        "nested": {State.EMPTY, State.TOO_SLOW_TO_PARSE},
        "noise": {State.MALFORMED},
        "other kind": {State.NOT_A_FEED},
        "prose": {State.NOT_A_FEED},
        "utf-16 without mark": {State.NEW_POSTS},
        "zeros": {State.MALFORMED},
    },
    "listing": {
        "blank": {State.NO_POSTS},
        "cut json": {State.NO_POSTS},
        "empty": {State.NO_POSTS},
        "external": {State.NEW_POSTS},
        "nested": {State.MALFORMED, State.TOO_SLOW_TO_PARSE},
        "noise": {State.NO_POSTS},
        "other kind": {State.NO_POSTS},
        "prose": {State.NO_POSTS},
        "utf-16 without mark": {State.NO_POSTS},
        "zeros": {State.NO_POSTS},
    },
}


def feed(*titles: str, name: str, head: str = "", encoding: str = "utf-8") -> str:
    items = "".join(
        f"<item><title>{title}</title><link>https://quay.example/{name}/{number}</link></item>"
        for number, title in enumerate(titles)
    )
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>{head}<rss version="2.0"><channel>'
        f"<title>Quay</title>{items}</channel></rss>"
    )


def listing(*titles: str, name: str, head: str = "", encoding: str = "utf-8") -> str:
    cards = "".join(
        f'<article class="post"><h2><a href="/posts/{name}/{number}">{title}</a></h2>'
        f'<time datetime="2026-06-0{number + 1}">June</time><p>About the {number}.</p></article>'
        for number, title in enumerate(titles)
    )
    meta = f'<meta charset="{encoding}">'
    return f"<!doctype html><html><head>{meta}{head}</head><body><main>{cards}</main></body></html>"


WRITERS: dict[str, Callable[..., str]] = {"feed": feed, "listing": listing}


def laughs() -> str:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE rss [<!ENTITY l0 "ha">{entities}]>'


def thieves(*urls: str) -> str:
    """Ask the parser to fetch these, as the content of the entities e0, e1, ... and at once."""
    entities = "".join(f'<!ENTITY e{n} SYSTEM "{url}">' for n, url in enumerate(urls))
    return f'<!DOCTYPE rss [{entities}<!ENTITY % now SYSTEM "{urls[0]}">%now;]>'


def encodings(kind: str) -> dict[str, bytes]:
    """Write the posts in encodings that are wrong, rare, or not said."""

    def whole(name: str, encoding: str = "utf-8") -> str:
        return WRITERS[kind](*TITLES, name=name, encoding=encoding)

    return {
        "good": whole("good").encode(),
        "latin-1 as utf-8": whole("latin").encode("latin-1"),
        "unknown encoding": whole("klingon", "klingon").encode(),
        "utf-16 as utf-8": whole("wrong").encode("utf-16"),
        "utf-16 without mark": whole("bare", "utf-16").encode("utf-16-be"),
        "utf-16": whole("utf-16", "utf-16").encode("utf-16"),
        "utf-32": whole("utf-32", "utf-32").encode("utf-32"),
    }


def bodies(kind: str, *, secrets: tuple[str, str]) -> dict[str, bytes]:
    """Write what is cut off, oversized, or meant to harm the one who parses it."""
    write = WRITERS[kind]
    other = WRITERS["listing" if kind == "feed" else "feed"]
    cut = write(*TITLES, name="cut").encode()
    deep = "<div>" * 200_000
    items = [{"id": n, "url": f"https://quay.example/json/{n}", "title": "x"} for n in range(5)]
    return {
        "blank": b" \n" * 1000,
        "cut": cut[: len(cut) * 4 // 5],
        "cut json": json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})[
            :-40
        ].encode(),
        "empty": b"",
        "external": write("&e0;", "&e1;", name="external", head=thieves(*secrets)).encode(),
        "laughs": write("&l11;", *TITLES, name="laughs", head=laughs()).encode(),
        "nested": (feed(deep, name="deep") if kind == "feed" else f"<html>{deep}").encode(),
        "noise": bytes(range(256)) * 400,
        "other kind": other(*TITLES, name="other").encode(),
        "prose": b"<html><body><h1>Parked</h1><p>This domain is for sale.</p></body></html>",
        "seven megabytes": write(*TITLES[1:], "x y " * 1_750_000, name="seven").encode(),
        "ten megabytes": write(*TITLES[1:], "x y " * 2_500_000, name="ten").encode(),
        "zeros": bytes(100_000),
    }


def serve_all(web: Internet, kind: str, folder: Path) -> dict[str, str]:
    """Serve every trouble; return the address of each by its name."""
    (folder / "secret.txt").write_text(WITHIN)
    secrets = (web.serve("/inside", WITHIN), (folder / "secret.txt").as_uri())
    served = encodings(kind) | bodies(kind, secrets=secrets)
    urls = {name: web.serve(f"/{name.replace(' ', '-')}", body) for name, body in served.items()}
    urls |= {name: web.serve(f"/{name}", status=int(name)) for name in BOTH if name.isdecimal()}
    return urls | {
        "bomb": web.bomb("/bomb", unfolded=100_000_000),
        "circle": web.redirect("/circle", web.url("/circle")),
        "drip": web.drip("/drip"),
        "endless": web.endless("/endless"),
        "silent": web.silent("/silent"),
    }


def serve_until_told(connection: Connection, kind: str, folder: Path) -> None:
    """Be the web: say where everything is, and at the end what was asked for."""
    with Internet() as web:
        connection.send(serve_all(web, kind, folder))
        connection.recv()
        connection.send([asked.path for asked in web.asked])


@dataclass
class Web:
    """A fake web in a process of its own, whose memory is not ours."""

    connection: Connection
    urls: dict[str, str]

    def asked(self) -> list[str]:
        """End it; return the paths that were asked for."""
        self.connection.send("end")
        paths: list[str] = self.connection.recv()
        return paths


@contextmanager
def hostile_web(kind: str, folder: Path) -> Iterator[Web]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve_until_told, args=(theirs, kind, folder), daemon=True)
    process.start()
    try:
        yield Web(ours, ours.recv())
    finally:
        process.kill()
        process.join()


@contextmanager
def peak() -> Iterator[list[int]]:
    """Watch what this process holds; the list gets how much that grew at most, in bytes."""
    gc.collect()
    grown = [0]
    before = resident()
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            grown[0] = max(grown[0], resident() - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield grown
    finally:
        ended.set()
        watcher.join()


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def poll_all(
    database: Database, urls: dict[str, str], *, kind: str, folder: Path
) -> list[PollResult]:
    with database.begin() as session:
        for name, url in urls.items():
            session.add(SourceRow(name=name, url=url, kind=kind, added_at=NOW))
    with Parser() as parser:
        return poll(
            database,
            client=Client(HttpSettings(allow_networks=("127.0.0.0/8",), deadline=3.0)),
            parser=parser,
            now=lambda: NOW,
            settings=PollSettings(gap_seconds=0, per_host=8),
            processes=Processes(folder / "processes"),
            due_only=True,
        )


def titles(database: Database, name: str) -> set[str]:
    with database.read() as session:
        found = select(PostRow.title).join(SourceRow, SourceRow.id == PostRow.source_id)
        return set(session.scalars(found.where(SourceRow.name == name)))


@pytest.mark.parametrize("kind", ["feed", "listing"])
def test_every_trouble_has_a_name_and_stays_alone(
    kind: str, database: Database, tmp_path: Path
) -> None:
    expected = BOTH | ONE[kind]
    start = time.monotonic()
    with hostile_web(kind, tmp_path) as web:
        results = poll_all(database, web.urls, kind=kind, folder=tmp_path)
        asked = web.asked()
    assert time.monotonic() - start < SECONDS
    states = {result.name: result.state for result in results}
    assert states.keys() == expected.keys() == web.urls.keys()
    assert {n: state for n, state in states.items() if state not in expected[n]} == {}
    assert "/inside" not in asked
    with database.read() as session:
        texts = [f"{post.title} {post.summary}" for post in session.scalars(select(PostRow))]
    assert not any(WITHIN in text for text in texts)
    for name in set(encodings(kind)) - {"latin-1 as utf-8"}:
        read = State.NEW_POSTS in expected[name]
        assert titles(database, name) == (set(TITLES) if read else set()), name
    assert len(titles(database, "cut")) in {3, 4}


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc to see its memory")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", ["feed", "listing"])
def test_the_heaviest_at_once_take_little_memory(
    kind: str, database: Database, tmp_path: Path
) -> None:
    with hostile_web(kind, tmp_path) as web, peak() as grown:
        heavy = {name: web.urls[name] for name in HEAVY}
        results = poll_all(database, heavy, kind=kind, folder=tmp_path)
    assert {result.name for result in results} == set(HEAVY)
    assert grown[0] < GROWTH
