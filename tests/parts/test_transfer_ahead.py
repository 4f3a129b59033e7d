"""A long list: read by a process of its own, and brought onto the list as row by row."""

import os
import signal
import subprocess
from collections.abc import Callable
from itertools import starmap
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from people import ADA, EMMY, GRACE, HEDY, KEYRING, NOW, subscribe
from sqlalchemy import Table, select
from sqlalchemy.exc import IntegrityError

from digest.tables import Base
from storage.database import Database
from subscribers import erasure, suppression, transfer_ahead
from subscribers.errors import TransferError
from subscribers.suppression import Reason
from subscribers.transfer import Line, take
from subscribers.transfer_ahead import Piece, open_pieces
from subscribers.transfer_file import open_sheet
from subscribers.transfer_ready import Maker, Order, Row
from subscribers.unsubscribe import unsubscribe

Make = Callable[[str, str], Path]
MIXED = """email,name,status,created_at,tags,language
ada@example.org,Ada,active,2024-02-01T10:00:00Z,,
r1@example.org,Reader 1,active,2024-02-01T10:00:00Z,,
ADA@example.org,Ada again,active,2024-02-01,,
jörg@example.org,"Jörg \\N ""x"" y",active,2031-01-01,"a, b",de
grace.h@example.com,,active,,,
R1@EXAMPLE.org,Another,active,2024-02-01T10:00:00Z,,
nobody,,active,,,
r2@example.org,\tR\\t2,pending,2024-02-01,,
r3@example.org,R3,unsubscribed,2024-02-01,,
r3@example.org,R3,active,2024-02-01T10:00:00Z,,
r4@example.org,R4,bounced,2024-02-01,,
hedy@example.org,Hedy,active,2024-02-01T10:00:00Z,,
emmy@example.org,Emmy,active,2024-02-01T10:00:00Z,,
r5@example.org,R5,who knows,2024-02-01,,
info@gmial.com,R6,active,2024-02-01T10:00:00Z,,
r7@example.org,,active,2024-02-30,,
"""


def order_of(file: Path) -> Order:
    return Order(
        file=file.name, format="generic", source="a list", language="en", now=NOW, keyring=KEYRING
    )


def people_before(database: Database) -> None:
    """Somebody who left, one who was erased, one who must not be mailed, and a reader."""
    with database.begin() as session:
        ada, emmy, _ = subscribe(session, ADA, EMMY, GRACE)
        unsubscribe(session, subscriber_id=ada, now=NOW, source="link")
        erasure.erase(session, subscriber_id=emmy, now=NOW, source="page")
        key = KEYRING.mailbox_keys(HEDY.mailbox.canonical)[0]
        suppression.suppress(session, mailbox_key=key, reason=Reason.OPERATOR, now=NOW)


def tables(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that is in all tables."""
    with database.read() as session:
        return {
            table.name: [tuple(row) for row in session.execute(in_order(table))]
            for table in Base.metadata.sorted_tables
        }


def in_order(table: Table) -> Any:
    return select(table).order_by(*table.primary_key.columns)


def carefully(file: Path) -> list[Row]:
    """Return the rows as they are where nothing was made ready."""
    with open_sheet(file) as sheet:
        return [(line, cells, None) for line, cells in sheet.rows]


def bring(database: Database, maker: Maker, rows: list[Row], *, at_once: int) -> list[Line]:
    lines: list[Line] = []
    for start in range(0, len(rows), at_once):
        with database.begin() as session:
            lines += take(session, rows[start : start + at_once], maker=maker)
    return lines


def test_what_comes_of_a_list_is_the_same_quickly_and_row_by_row(
    database: Database, make_file: Make
) -> None:
    file = make_file("mixed.csv", MIXED)
    with open_sheet(file) as sheet:
        maker = Maker(sheet.layout, order_of(file))
        quickly = [maker.row(line, cells) for line, cells in sheet.rows]
    assert 0 < sum(ready is None for _, _, ready in quickly) < len(quickly) / 2
    people_before(database)
    lines, kept = bring(database, maker, quickly, at_once=1000), tables(database)
    Base.metadata.drop_all(database.engine)
    database.create()
    Base.metadata.create_all(database.engine)
    people_before(database)
    assert bring(database, maker, carefully(file), at_once=1) == lines
    assert tables(database) == kept


def test_people_are_written_in_the_order_of_the_list_whatever_they_share(
    database: Database, make_file: Make
) -> None:
    languages = ["en"] * 120 + ["en", "de"] * 10 + ["de"] * 49 + ["fr"] * 51
    rows = [(f"r{n}@example.org", language) for n, language in enumerate(languages)]
    text = "".join(f"{email},{language},2024-02-01\n" for email, language in rows)
    file = make_file("tongues.csv", f"email,language,created_at\n{text}")
    with open_sheet(file) as sheet:
        maker = Maker(sheet.layout, order_of(file))
        bring(database, maker, list(starmap(maker.row, sheet.rows)), at_once=1000)
    kept = tables(database)
    assert [(one[1], one[4]) for one in kept["subscriber"]] == rows
    ids = [one[0] for one in kept["subscriber"]]
    assert ids == list(range(ids[0], ids[0] + len(rows)))
    assert [(one[1], one[5]["address"]) for one in kept["consent_event"]] == [
        (number, email) for number, (email, _) in zip(ids, rows, strict=True)
    ]


def test_where_one_row_cannot_be_written_none_of_the_transaction_is(
    database: Database, make_file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL asks the unique key who is there")
    people_before(database)
    before = tables(database)
    file = make_file("x.csv", "email\n" + "".join(f"r{n}@x.org\n" for n in range(70)) + ADA.email)
    monkeypatch.setattr("subscribers.transfer.find", lambda *_arguments, **_options: {})
    with open_sheet(file) as sheet:
        maker = Maker(sheet.layout, order_of(file))
        rows = list(starmap(maker.row, sheet.rows))
    with pytest.raises(IntegrityError) as raised:
        bring(database, maker, rows, at_once=1000)
    assert "x.org" not in str(raised.value)
    assert tables(database) == before


def pieces_of(file: Path, *, long: int) -> list[Piece]:
    with open_sheet(file) as sheet:
        maker = Maker(sheet.layout, order_of(file))
        maker.keys(ADA.mailbox)  # a ring that has been used travels, too
        with open_pieces(sheet, maker=maker, size=5, long=long) as pieces:
            return list(pieces)


def test_a_process_of_its_own_reads_what_this_one_reads(make_file: Make) -> None:
    file = make_file("mixed.csv", MIXED)
    ahead, here = pieces_of(file, long=0), pieces_of(file, long=1 << 20)
    assert [rows for rows, _ in ahead] == [rows for rows, _ in here]
    assert [len(rows) for rows, _ in ahead] == [5, 5, 5, 1]
    assert ahead[-1][1] == 1.0


def test_a_file_that_breaks_half_way_is_told_after_what_was_read(make_file: Make) -> None:
    rows = "".join(f"r{n}@example.org,R\n" for n in range(12))
    file = make_file("broken.csv", f'email,name\n{rows}x@example.org,"open\n' + "a,b\n" * 200)
    with open_sheet(file) as sheet:
        maker = Maker(sheet.layout, order_of(file))
        with open_pieces(sheet, maker=maker, size=5, long=0) as pieces:
            assert [len(next(pieces)[0]) for _ in range(2)] == [5, 5]
            with pytest.raises(TransferError, match="line 14 opens a quote"):
                next(pieces)


def test_when_the_reading_process_dies_it_is_said_and_none_is_left(
    make_file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = transfer_ahead._start

    def starting(connection: Connection) -> "subprocess.Popen[bytes]":
        started.append(start(connection))
        return started[0]

    monkeypatch.setattr(transfer_ahead, "_start", starting)
    file = make_file("long.csv", "email\n" + "".join(f"r{n}@example.org\n" for n in range(20_000)))
    with open_sheet(file) as sheet:
        maker = Maker(sheet.layout, order_of(file))
        with open_pieces(sheet, maker=maker, size=5_000, long=0) as pieces:
            next(pieces)
            os.kill(started[0].pid, signal.SIGKILL)
            with pytest.raises(TransferError, match="import it again"):
                list(pieces)
    assert started[0].returncode == -signal.SIGKILL


def test_all_objects_of_a_json_file_in_one_line_are_people_of_their_own(
    database: Database, make_file: Make
) -> None:
    people = ", ".join(f'{{"email": "r{n}@example.org", "name": "R{n}"}}' for n in range(3))
    file = make_file("x.json", f"[{people}]")
    with open_sheet(file) as sheet:
        maker = Maker(sheet.layout, order_of(file))
        rows = [maker.row(line, cells) for line, cells in sheet.rows]
    bring(database, maker, rows, at_once=1000)
    found = [(row[1], row[3]) for row in tables(database)["subscriber"]]
    assert found == [(f"r{n}@example.org", f"R{n}") for n in range(3)]
