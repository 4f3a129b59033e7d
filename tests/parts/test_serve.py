"""One process serves the pages and rings the bell, until it is told to stop."""

import logging
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from mailboxes import PopHost
from newsroom import FRIDAY, MONDAY, SAID_YES, Newsroom, newsroom

from digest.app import App
from digest.clock import Clock
from digest.config import load
from digest.editions.state import EditionState
from digest.schedule import Bell
from digest.service import Tick

ANY_PORT = "[web]\nport = 0\n"


@pytest.fixture
def room(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Newsroom]:
    with newsroom(tmp_path, database_url=database_url) as room:
        room.configure(ANY_PORT)
        room.call(capsys, "source", "add", room.blog("cold-reads"), "--at", MONDAY)
        room.call(capsys, "subscriber", "add", "ada@example.org", "emmy@example.org", *SAID_YES)
        yield room


@contextmanager
def serving(room: Newsroom, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `digest serve`; give the process and the address it says it serves."""
    process = room.start("serve", *arguments)
    assert process.stderr
    try:
        line = process.stderr.readline()
        assert line.startswith("pages on http://127.0.0.1:"), line + process.stderr.read()
        yield process, line.split()[2].rstrip(";")
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=30)


def test_it_answers_sends_what_is_due_and_ends_when_asked(room: Newsroom) -> None:
    with serving(room, "--at", FRIDAY) as (process, address):
        assert httpx.get(f"{address}/healthz").text == "ok\n"
        assert room.mail.settles(lambda: len(room.mail.accepted) == 2, seconds=60)
        archive = wait_for_page(f"{address}/1")
        assert "cold-reads" in archive
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


def test_asked_to_stop_in_mid_send_it_finishes_the_letter_in_hand(
    room: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    room.configure(ANY_PORT + "[delivery]\nconnections = 1\n")
    room.mail.delay = 1.5  # between accepting a letter and saying so
    with serving(room, "--at", FRIDAY) as (process, _):
        assert room.mail.settles(lambda: len(room.mail.accepted) == 1, seconds=60)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0
    counts = room.call(capsys, "issue", "show", "2026-W24", "--json").data["counts"]
    assert counts == {"accepted": 1, "pending": 1}
    room.call(capsys, "audit")


def test_without_the_scheduler_nothing_is_sent(room: Newsroom) -> None:
    with serving(room, "--at", FRIDAY, "--no-scheduler") as (process, address):
        assert httpx.get(f"{address}/healthz").status_code == 200
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0
    assert room.mail.connections == 0
    assert room.rows()["edition"] == []


def test_it_visits_the_mailbox_of_bounces(room: Newsroom) -> None:
    with PopHost() as host:
        host.put(b"Subject: away until Monday\r\n\r\nI am not here.\r\n")
        room.configure(
            f"""{ANY_PORT}[bounces.mailbox]
kind = "pop3"
host = "127.0.0.1"
port = {host.port}
security = "none"
username = "bounces"
password = "secret"
"""
        )
        with serving(room, "--at", MONDAY):
            end = time.monotonic() + 60
            while host.folders["INBOX"] and time.monotonic() < end:
                time.sleep(0.05)
        assert host.folders["INBOX"] == []


def test_ctrl_c_ends_it_with_130(room: Newsroom) -> None:
    with serving(room, "--no-scheduler") as (process, _):
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.startswith("digest: interrupted")


def test_a_client_that_never_reads_does_not_keep_it_alive(room: Newsroom) -> None:
    with serving(room, "--no-scheduler") as (process, address):
        host, _, port = address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=1) as deaf:
            with pytest.raises(TimeoutError):  # it reads nothing, so at last nobody hears it
                ask_for_ever(deaf)
            assert httpx.get(f"{address}/healthz").status_code == 200
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
    assert process.returncode == 0


def ask_for_ever(sock: socket.socket) -> None:
    while True:
        sock.sendall(100 * b"GET /style.css HTTP/1.1\r\nHost: x\r\n\r\n")


def test_a_taken_port_is_one_sentence_and_begins_nothing(
    room: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        room.configure(f"[web]\nport = {taken.getsockname()[1]}\n")
        ended = room.call(capsys, "serve", "--at", FRIDAY, code=5)
    assert "see [web] host and port" in ended.err
    assert room.rows()["edition"] == []
    assert room.mail.connections == 0


def test_a_held_issue_is_told_once_while_it_lasts(
    room: Newsroom, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    room.call(capsys, "issue", "hold", "--reason", "Ada looks", "--at", FRIDAY)
    clock = Clock.starting_at(datetime(2026, 6, 12, 5, 0, tzinfo=UTC))
    app = App(load(room.folder / "config.toml"), clock=clock, stop=threading.Event())
    tick = Tick(app)
    with caplog.at_level(logging.WARNING, logger="digest.service"):
        for _ in range(3):
            tick()
    app.close()
    assert [r.message for r in caplog.records if r.name == "digest.service"] == [
        f"issue 2026-W24 is {EditionState.HELD}: Ada looks"
    ]


def test_a_tick_that_fails_is_one_line_and_the_next_one_tries_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rung = threading.Semaphore(0)

    def fail() -> None:
        rung.release()
        raise OSError("the relay is gone")

    bell = Bell(fail, seconds=0.05, stop=threading.Event())
    with caplog.at_level(logging.INFO, logger="digest.schedule"):
        bell.start()
        for _ in range(3):
            assert rung.acquire(timeout=30)
        bell.stop()
    told = [r for r in caplog.records if r.name == "digest.schedule"]
    assert len(told) >= 3
    assert all("OSError: the relay is gone" in r.message and not r.exc_info for r in told)


def test_a_ring_that_falls_into_work_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    Bell(lambda: None, seconds=0.05, stop=threading.Event())
    logging.getLogger("apscheduler.scheduler").warning("skipped: maximum number of instances")
    assert caplog.records == []


def test_a_stopped_bell_waits_for_the_work_in_hand_and_rings_no_more() -> None:
    begun, may_end = threading.Event(), threading.Event()
    rings: list[str] = []

    def work() -> None:
        rings.append("begun")
        begun.set()
        may_end.wait(30)
        rings.append("ended")

    stop = threading.Event()
    bell = Bell(work, seconds=0.05, stop=stop)
    bell.start()
    assert begun.wait(30)
    stopping = threading.Thread(target=bell.stop)
    stopping.start()
    assert stop.wait(30)
    assert rings == ["begun"]
    may_end.set()
    stopping.join(30)
    assert rings == ["begun", "ended"]


def wait_for_page(address: str) -> str:
    """Ask until the page is there (the issue is in the archive when it is sealed)."""
    end = time.monotonic() + 30
    while (answer := httpx.get(address)).status_code != 200:
        assert time.monotonic() < end, answer.text
        time.sleep(0.05)
    return answer.text
