"""Sign-up and one-click unsubscribe over HTTP: the whole site behind a socket, asked by clients.

The clients are connections that are kept, in a process of their own (`clients.py`), and share the
cores with the site and its database (see `behind.py`).
"""

import sys
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from behind import Load, Spent, databases, load, serving
from sqlalchemy import insert

from digest.clock import Clock
from digest.joining import SignupLimits, SignupSettings
from digest.tables import SubscriberRow
from digest.web.site import SiteSettings, build_site
from storage.database import Database
from subscribers.tokens import Keyring, Purpose

REQUESTS, QUICK_REQUESTS = 3000, 600
CLIENTS = 8
PER_SECOND, P99_MS = 300.0, 250.0
KEYRING = Keyring((b"a secret of the benchmark, long enough",))
_NO_LIMIT = 10**9
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def measure(*, quick: bool) -> list[dict[str, Any]]:
    """Return rate and p99 for each of the two requests on each database."""
    count = QUICK_REQUESTS if quick else REQUESTS
    with databases("signup") as kinds:
        return [row for name, on, spent in kinds for row in _on(name, on, spent, count=count)]


def _on(name: str, database: Database, spent: Spent, *, count: int) -> list[dict[str, Any]]:
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
    rows = []
    with serving(site) as port:
        for what, ask in (("POST /subscribe", _subscribe), ("RFC 8058 POST", _leave)):
            requests = [_request(*ask(number)) for number in range(count)]
            found = load(port, requests, connections=CLIENTS, database=spent)
            rows += _rows(f"{what}, {name}", found)
    database.close()
    return rows


def _rows(name: str, found: Load) -> list[dict[str, Any]]:
    note = (
        f"{found.rate:,.0f} requests/s; p50 {found.p50:.0f} ms, p99 {found.p99:.0f} ms; {found.cpu}"
    )
    return [
        {
            "name": f"{name}: requests per second",
            "ratio": round(found.rate / PER_SECOND, 2),
            "must": ">= 1",
            "reference": f"{PER_SECOND:g}/s",
            "note": note,
        },
        {
            "name": f"{name}: p99",
            "ratio": round(found.p99 / P99_MS, 2),
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
            "mailbox_key": f"{n:020}",
            "language": "en",
            "status": "confirmed",
            "created_at": now,
            "confirmed_at": now,
        }
        for n in range(count)
    ]
    with database.begin() as session:
        session.execute(insert(SubscriberRow), rows)


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
