"""Webhooks over HTTP: how many events a second are proved, stored and followed up.

Each letter is told of twice: in a request of its own (Postmark's way), and in one of a hundred
(SendGrid's way). The clients share the cores with the site and its database (see `behind.py`).
"""

import base64
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from behind import Spent, databases, load, serving
from sqlalchemy import insert

from digest.clock import Clock
from digest.providers.hooks import registry
from digest.providers.hooks.settings import (
    HookSettings,
    PasswordHookSettings,
    SendgridHookSettings,
)
from digest.tables import DeliveryRow, EditionRow, SubscriberRow, VariantRow
from digest.web.site import SiteSettings, build_site
from storage.database import Database
from subscribers.tokens import Keyring

EVENTS, QUICK_EVENTS = 6000, 1000
PER_SECOND = 1000.0  # events, however many come in a request
TOGETHER = 100  # events in a request of the second way
CLIENTS = 32  # a provider tells of many letters at the same moment
KEYRING = Keyring((b"a secret of the benchmark, long enough",))
_PASSWORD = "hook:password of the benchmark"  # noqa: S105 - of the benchmark


def measure(*, quick: bool) -> list[dict[str, Any]]:
    """Return the rate of each way on each database."""
    count = QUICK_EVENTS if quick else EVENTS
    with databases("hooks") as kinds:
        return [row for name, on, spent in kinds for row in _on(name, on, spent, count=count)]


def _on(name: str, database: Database, spent: Spent, *, count: int) -> list[dict[str, Any]]:
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
    with serving(site) as port:
        for way, provider, body, each, bar in _WAYS:
            numbers = range(1, count + 1)
            bodies = [body(numbers[at : at + each]) for at in range(0, count, each)]
            requests = [_request(provider, words) for words in bodies]
            found = load(port, requests, connections=CLIENTS, database=spent)
            rate = found.rate * each
            rows.append(
                {
                    "name": f"webhooks, {way} in a request, {name}: events stored per second",
                    "ratio": round(rate / bar, 2),
                    "must": ">= 1",
                    "reference": f"{bar:g}/s",
                    "note": (
                        f"{rate:,.0f} events/s; p50 {found.p50:.0f} ms, p99 {found.p99:.0f} ms for"
                        f" a request; {found.cpu}"
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
    keys = {n: KEYRING.mailbox_keys(_reader(n))[0] for n in numbers}
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
                {"email": _reader(n), "mailbox_key": keys[n], "language": "en",
                 "status": "confirmed", "created_at": now, "confirmed_at": now}
                for n in numbers
            ],
        )  # fmt: skip
        session.execute(
            insert(DeliveryRow),
            [
                {"edition_id": 1, "subscriber_id": n, "mailbox_key": keys[n],
                 "variant_id": 1, "state": "accepted"}
                for n in numbers
            ],
        )  # fmt: skip


def _reader(number: int) -> str:
    return f"reader{number}@example.org"


def _nothing(url: str) -> bytes:
    raise ConnectionError(f"nothing is read from {url}")


def _alone(numbers: Sequence[int]) -> str:
    """Write Postmark's request for a letter; one in fifty bounced."""
    (number,) = numbers
    return json.dumps(
        {
            "RecordType": "Delivery" if number % 50 else "Bounce", "Type": "HardBounce",
            "MessageID": f"m{number}", "Recipient": _reader(number),
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
                "email": _reader(number), "delivery": f"2026-w24.{number}",
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


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(row)
