"""The database: an engine with the right pragmas, and the two scopes in which it is used."""

import os
import select
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.orm import Session

from storage.settings import DatabaseSettings
from storage.statement import Statement
from storage.together import Together, Work

_IDLE_LIMIT = 30_000  # milliseconds after which PostgreSQL drops what a frozen process has locked
_LOG_PATIENCE = 1_000  # milliseconds
_CONNECTION_LIVES = 300  # seconds: routers on the way forget a silent one, and tell nobody
_LOCK = Statement("SELECT pg_advisory_xact_lock(:key)")
V = TypeVar("V")
T = TypeVar("T")
_ONLY_OWNER = 0o600
_MANY = 48_000  # KiB of pages
_MORE_CONNECTIONS = 100  # beyond the five kept open: each sending thread may want one


class DatabaseUnreachableError(OSError):
    """The database does not answer."""


class DatabaseMissingError(DatabaseUnreachableError):
    """There is no file where the database should be."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"there is no database at {file.absolute()}; check [database] url. 'digest init' or"
            " 'digest migrate' makes a new one, 'digest backup restore' brings one back"
        )


class Database:
    """One engine, and the scopes ``begin()`` (write) and ``read()``."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self.url = make_url(settings.url)
        self.engine = _create_engine(settings)
        self._patience = settings.busy_timeout
        self._turn = threading.Lock()
        self._together = Together(self._begin_alone)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite (one writer at a time, a file on this machine)."""
        return self.engine.dialect.name == "sqlite"

    @property
    def file(self) -> Path | None:
        """The file of SQLite; None where the database is none."""
        return _file_of(self.url)

    @property
    def is_missing(self) -> bool:
        """Whether it is a file that is not there."""
        return self.file is not None and not self.file.exists()

    def create(self) -> None:
        """Make an empty file, which only its owner can read, where it is missing.

        Nothing else makes one: a command in the wrong folder shall say so, and leave nothing
        behind. SQLite gives the files beside it (-wal, -shm) the same mode.
        """
        if self.file and self.is_missing:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.file, os.O_CREAT | os.O_WRONLY, _ONLY_OWNER))

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a write transaction; commit at the end, roll back on an error.

        On SQLite it starts with BEGIN IMMEDIATE: a plain BEGIN lets two writers read the same row
        and lose one update without any error. The writers of one process take turns before that:
        SQLite's own way to wait for a lock is to sleep and look again, ever longer.
        """
        with (
            self._taking_turns(),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def together(self, work: Callable[[Session], T]) -> T:
        """Do ``work`` in a write transaction that others may share; return what it returns.

        Where many threads write a little each, they wait for the disk once, and not one after the
        other: see `Together.do` for what that asks of ``work``.
        """
        return self._together.do(lambda session, _: [work(session)], None)

    def together_all(self, work: Work[V, T], value: V) -> T:
        """Do the same for one value, where ``work`` takes all values that have come by then.

        Each statement is then run for all of them in one go (`Statement.run_all`).
        """
        return self._together.do(work, value)

    @contextmanager
    def _begin_alone(self) -> Iterator[Session]:
        """Open the transaction of a group; two groups at once could wait for each other's rows."""
        with self.begin() as session:
            one_at_a_time(session, "together")
            yield session

    @contextmanager
    def _taking_turns(self) -> Iterator[None]:
        """Wait for the other writers of this process; whose patience ends, hears SQLite's error."""
        is_mine = self.is_sqlite and self._turn.acquire(timeout=self._patience)
        try:
            yield
        finally:
            if is_mine:
                self._turn.release()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a read-only scope, which takes no write lock and never commits."""
        engine = self.engine.execution_options(read_only=True)
        with Session(engine, expire_on_commit=False) as session:
            yield session

    def empty_log(self) -> None:
        """Have SQLite write its log of changes into the file and cut it: it holds what was deleted.

        Whoever reads meanwhile is waited for, a second at most; then the next one that asks does
        it. PostgreSQL keeps and reuses its log by its own rules.
        """
        if not self.is_sqlite:
            return
        with self._taking_turns(), closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout = {_LOG_PATIENCE}")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute(f"PRAGMA busy_timeout = {self._patience * 1000:.0f}")
            cursor.close()

    def ping(self) -> None:
        """Ask the database for one row, or raise `DatabaseUnreachableError` saying why not."""
        if self.file and self.is_missing:
            raise DatabaseMissingError(self.file)
        try:
            with self.read() as session:
                session.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            where = self.url.render_as_string(hide_password=True)
            reason = getattr(error, "orig", error)
            raise DatabaseUnreachableError(
                f"the database {where} does not answer ({reason}); check [database] url"
            ) from error

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def _create_engine(settings: DatabaseSettings) -> Engine:
    url = make_url(settings.url)
    if url.get_backend_name() != "sqlite":
        engine = create_engine(
            url,
            pool_recycle=_CONNECTION_LIVES,
            max_overflow=_MORE_CONNECTIONS,
            hide_parameters=True,
            connect_args={"options": f"-c idle_in_transaction_session_timeout={_IDLE_LIMIT}"},
        )
        event.listen(engine, "checkout", _refuse_closed)
        return engine
    engine = create_engine(
        url,
        connect_args={"timeout": settings.busy_timeout},
        max_overflow=_MORE_CONNECTIONS,
        hide_parameters=True,
    )
    if _file_of(url):
        event.listen(engine, "do_connect", _open_existing)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _file_of(url: URL) -> Path | None:
    """Return the file of SQLite; None where it is in memory, or named by an address of its own."""
    name = url.database if url.get_backend_name() == "sqlite" else None
    return Path(name) if name and name != ":memory:" and not name.startswith("file:") else None


def _open_existing(_dialect: Any, _record: Any, places: list[str], options: dict[str, Any]) -> None:
    """Have SQLite fail where there is no file; by itself it would make one, open to all."""
    if not options.get("uri"):  # the pool gives the same list again
        places[0] = f"file:{quote(places[0])}?mode=rw"
        options["uri"] = True


def _refuse_closed(connection: Any, _record: Any, _proxy: Any) -> None:
    """Have the pool open another connection where the server has closed this one.

    While nothing is asked the server says nothing but that it goes away. To look whether it has
    takes no way to it and back, which asking (``pool_pre_ping``) takes each time.
    """
    unread = select.poll()
    unread.register(connection.fileno(), select.POLLIN)
    if unread.poll(0):
        raise DisconnectionError("the server has closed this connection")


def _prepare_sqlite(connection: DBAPIConnection, _record: Any) -> None:
    """Take transactions into our own hands, and choose durability.

    synchronous=FULL: in WAL mode NORMAL may lose the last commits in a power cut, and a lost
    intent is a letter sent twice. secure_delete=ON: what is deleted is written over, which only
    some builds do by themselves.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def room_for_many(connection: Connection) -> Iterator[None]:
    """Keep more of SQLite's pages in memory meanwhile, for a statement that writes very many rows.

    Keys that are hashes land on another page each time. With the usual 2 MB nearly every row would
    read a page from the disk again, and write another to it.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    usual = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
    connection.exec_driver_sql(f"PRAGMA cache_size = -{_MANY}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size = {usual}")


def clock_of(session: Session) -> float:
    """Return the database's own clock, in seconds since 1970.

    Leases are compared in this time, so that two machines whose clocks differ agree.
    """
    dialect = session.get_bind().dialect.name
    sql = (
        "SELECT (julianday('now') - 2440587.5) * 86400.0"
        if dialect == "sqlite"
        else "SELECT extract(epoch FROM clock_timestamp())"
    )
    return float(session.execute(text(sql)).scalar_one())


def one_at_a_time(session: Session, what: str) -> None:
    """Let only one transaction at a time do this, until it ends.

    SQLite has one writer anyway; PostgreSQL takes an advisory lock of this name.
    """
    if session.get_bind().dialect.name == "postgresql":
        key = zlib.crc32(f"digest:{what}".encode())
        _LOCK.run(session, {"key": key})


def runs_of(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return the first and last of each unbroken run of these numbers.

    A statement that names the ends of a run is the same for any number of rows: it is prepared
    once, where a list of five hundred ids is parsed anew each time.
    """
    ordered = sorted(set(numbers))
    breaks = [n for n, (one, next_) in enumerate(pairwise(ordered), start=1) if next_ != one + 1]
    edges = [0, *breaks, len(ordered)]
    return [(ordered[start], ordered[end - 1]) for start, end in pairwise(edges) if start < end]
