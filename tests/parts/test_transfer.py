"""Lists in and out: each row has its fate, nobody who left comes back, and all of it comes out."""

import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from people import ADA, EMMY, GRACE, HEDY, KEYRING, NOW, subscribe
from sqlalchemy import event, func, insert, select, text

from digest.tables import Base
from storage.database import Database
from subscribers import audience, consent, directory, erasure, suppression, transfer_out
from subscribers.addresses import Mailbox
from subscribers.errors import TransferError
from subscribers.suppression import Reason
from subscribers.tables import ConsentEventRow, ConsentKind, Status, SubscriberRow, SuppressionRow
from subscribers.tokens import Keyring
from subscribers.transfer import Line, take
from subscribers.transfer_decide import Fate
from subscribers.transfer_file import open_sheet
from subscribers.transfer_ready import Maker, Order
from subscribers.transfer_seen import Rehearsal
from subscribers.unsubscribe import unsubscribe

SOURCE = "the old tool's list, double opt-in"
EXPECTED_FATES = {
    "mailable": Fate.ACCEPTED,
    "pending": Fate.PENDING,
    "suppress": Fate.CLOSED,
    "skip": Fate.REFUSED,
}

Make = Callable[[str, str], Path]


def bring(
    database: Database,
    path: Path,
    *,
    source: str = SOURCE,
    write: bool = True,
    keyring: Keyring = KEYRING,
    piece: int = 10_000,
) -> list[Line]:
    """Import a file, and return what became of its rows."""
    lines: list[Line] = []
    with open_sheet(path) as sheet:
        order = Order(
            file=path.name,
            format=sheet.layout.shape.name,
            source=source,
            language="en",
            now=NOW,
            keyring=keyring,
        )
        maker = Maker(sheet.layout, order)
        rows = [maker.row(line, cells) for line, cells in sheet.rows]
    with database.begin() if write else database.read() as session:
        rehearsal = None if write else Rehearsal(session)
        for start in range(0, len(rows), piece):
            some = rows[start : start + piece]
            lines += take(session, some, maker=maker, rehearsal=rehearsal)
    return lines


def fates(lines: list[Line]) -> list[Fate]:
    return [line.fate for line in lines]


def member(database: Database, email: str) -> directory.Member:
    with database.read() as session:
        found = directory.find(session, mailbox=Mailbox.parse(email), keyring=KEYRING)
    assert found is not None
    return found


def state(database: Database) -> dict[str, Any]:
    """Return who gets issues, and the status of everybody."""
    with database.read() as session:
        rows = session.execute(select(SubscriberRow.email, SubscriberRow.status))
        return {"wanted": wanted(database), "status": {row.email: row.status for row in rows}}


def wanted(database: Database) -> set[str | None]:
    with database.read() as session:
        ids = [row[0] for row in session.execute(audience.candidates(now=NOW))]
        return set(session.scalars(select(SubscriberRow.email).where(SubscriberRow.id.in_(ids))))


def count(database: Database, table: Any) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


# --- One row ---------------------------------------------------------------------------------


def test_a_row_becomes_a_reader_with_all_that_it_says(database: Database, make_file: Make) -> None:
    path = make_file(
        "old.csv",
        "email,name,language,topics,paused_until,created_at,confirmed_at,confirm_ip,tags\n"
        'ADA@Example.org,"Ada L.",de_AT,"warm-reads, cold-reads",2026-09-01,2024-01-01T00:00:00Z,'
        "2024-02-01T00:00:00Z,192.0.2.1,vip\n",
    )
    (line,) = bring(database, path)
    assert (line.line, line.fate, line.why, line.doubts) == (2, Fate.ACCEPTED, "", ())
    ada = member(database, "ada@example.org")
    assert (ada.email, ada.name, ada.status) == ("ADA@example.org", "Ada L.", Status.CONFIRMED)
    assert ada.preferences.language == "de-AT"
    assert ada.preferences.topics == ("cold-reads", "warm-reads")
    assert (ada.created_at, ada.confirmed_at, ada.paused_until) == (
        datetime(2024, 1, 1, tzinfo=UTC),
        datetime(2024, 2, 1, tzinfo=UTC),
        datetime(2026, 9, 1, tzinfo=UTC),
    )
    with database.read() as session:
        (event,) = consent.history(session, subscriber_id=ada.id)
    assert (event.kind, event.at, event.source) == (ConsentKind.IMPORTED, NOW, SOURCE)
    assert event.evidence == {
        "file": "old.csv",
        "format": "generic",
        "line": 2,
        "address": "ADA@Example.org",
        "status": "confirmed",
        "ip": "192.0.2.1",
        "tags": "vip",
    }


def test_s12_without_a_source_everybody_is_pending_unless_the_row_names_one(
    database: Database, make_file: Make
) -> None:
    path = make_file(
        "x.csv",
        "email,consent_source\nada@example.org,\nemmy@example.org,form of 2024\n",
    )
    lines = bring(database, path, source="")
    assert fates(lines) == [Fate.PENDING, Fate.ACCEPTED]
    assert "no source" in lines[0].why
    assert wanted(database) == {"emmy@example.org"}


def test_a_date_in_the_future_is_today(database: Database, make_file: Make) -> None:
    path = make_file("x.csv", "email,created_at\nada@example.org,2031-01-01T00:00:00Z\n")
    bring(database, path)
    ada = member(database, "ada@example.org")
    assert (ada.created_at, ada.confirmed_at) == (NOW, NOW)


@pytest.mark.parametrize("write", [True, False], ids=["applied", "rehearsed"])
@pytest.mark.parametrize("piece", [1, 10], ids=["one by one", "at once"])
def test_the_stricter_of_two_rows_wins(
    database: Database, make_file: Make, *, write: bool, piece: int
) -> None:
    path = make_file(
        "x.csv",
        "email,status,created_at\nada@example.org,subscribed,2024-01-01\n"
        "ADA@example.org,unsubscribed,\nada@EXAMPLE.org,active,\n"
        "emmy@example.org,unsubscribed,\nemmy@example.org,subscribed,\n",
    )
    lines = bring(database, path, write=write, piece=piece)
    assert fates(lines) == [
        Fate.ACCEPTED, Fate.CLOSED, Fate.REFUSED, Fate.CLOSED, Fate.REFUSED,
    ]  # fmt: skip
    assert wanted(database) == set()
    assert count(database, SubscriberRow) == (2 if write else 0)


def test_bounces_and_complaints_are_suppressed_and_the_reason_stays(
    database: Database, make_file: Make
) -> None:
    path = make_file(
        "x.csv",
        "email,status,unsubscribed_at\nada@example.org,bounced,2025-05-05\n"
        "emmy@example.org,complained,\ngrace.h@example.com,unsubscribed,\n",
    )
    assert fates(bring(database, path)) == [Fate.CLOSED] * 3
    with database.read() as session:
        found = [
            suppression.find(session, mailbox_keys=KEYRING.mailbox_keys(p.mailbox.canonical))
            for p in (ADA, EMMY, GRACE)
        ]
    assert [one and (one.reason, one.since) for one in found] == [
        (Reason.BOUNCE, datetime(2025, 5, 5, tzinfo=UTC)),
        (Reason.COMPLAINT, NOW),
        None,
    ]


# --- Who is known ----------------------------------------------------------------------------


def test_nobody_who_left_or_is_suppressed_or_erased_comes_back(
    database: Database, make_file: Make
) -> None:
    with database.begin() as session:
        ada, _, emmy = subscribe(session, ADA, HEDY, EMMY)
        unsubscribe(session, subscriber_id=ada, now=NOW, source="link")
        erasure.erase(session, subscriber_id=emmy, now=NOW, source="page")
        for person in (GRACE, HEDY):
            key = KEYRING.mailbox_keys(person.mailbox.canonical)[0]
            suppression.suppress(session, mailbox_key=key, reason=Reason.OPERATOR, now=NOW)
    before = state(database)
    rows = "".join(f"{p.email},{p.name}\n" for p in (ADA, EMMY, GRACE, HEDY))
    path = make_file("x.csv", "email,name\n" + rows)
    lines = bring(database, path)
    assert fates(lines) == [Fate.REFUSED] * 4
    assert "brings nobody back" in lines[0].why
    assert [("erasure" in one.why, "operator" in one.why) for one in lines[1:]] == [
        (True, False),
        (False, True),
        (False, True),
    ]
    assert state(database) == before


def test_a_reader_is_known_and_one_who_left_there_leaves_here(
    database: Database, make_file: Make
) -> None:
    with database.begin() as session:
        ada, emmy = subscribe(session, ADA, EMMY)
    long_ago = (NOW - timedelta(days=400)).isoformat()
    path = make_file(
        "x.csv",
        "email,status,unsubscribed_at\nada@example.org,unsubscribed,\n"
        f"emmy@example.org,unsubscribed,{long_ago}\nemmy@example.org,active,\n",
    )
    assert fates(bring(database, path)) == [Fate.CLOSED, Fate.KNOWN, Fate.KNOWN]
    assert wanted(database) == {EMMY.email}
    with database.read() as session:
        kinds = [event.kind for event in consent.history(session, subscriber_id=ada)]
        assert kinds == [ConsentKind.ADDED, ConsentKind.IMPORTED]
        assert len(consent.history(session, subscriber_id=emmy)) == 1


def test_an_import_that_was_cut_short_is_run_again(database: Database, make_file: Make) -> None:
    rows = "".join(f"r{n}@example.org\n" for n in range(30))
    path = make_file("x.csv", "email\n" + rows)
    half = make_file("half.csv", "email\n" + "".join(rows.splitlines(keepends=True)[:12]))
    bring(database, half)
    assert Counter(fates(bring(database, path, piece=7))) == {Fate.KNOWN: 12, Fate.ACCEPTED: 18}
    assert Counter(fates(bring(database, path))) == {Fate.KNOWN: 30}
    assert count(database, ConsentEventRow) == 30


def test_whoever_signs_up_in_this_very_moment_is_known(
    database: Database, make_file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time, so there is no such moment")
    path = make_file("x.csv", "email\nada@example.org\nemmy@example.org\n")
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
    # What the import saw before the other process committed.
    monkeypatch.setattr("subscribers.transfer.find", lambda *_arguments, **_options: {})
    assert fates(bring(database, path)) == [Fate.KNOWN, Fate.ACCEPTED]
    assert count(database, ConsentEventRow) == 2
    assert wanted(database) == {ADA.email, EMMY.email}
    assert member(database, ADA.email).id == ada


def test_a_new_secret_forgets_nobody(database: Database, make_file: Make) -> None:
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
        unsubscribe(session, subscriber_id=ada, now=NOW, source="link")
    rotated = Keyring((b"the secret of next year", *KEYRING.secrets))
    path = make_file("x.csv", "email\nada@example.org\n")
    assert fates(bring(database, path, keyring=rotated)) == [Fate.REFUSED]


def test_a_rehearsal_says_what_an_import_does_and_does_nothing(
    database: Database, make_file: Make
) -> None:
    with database.begin() as session:
        subscribe(session, ADA)
    path = make_file(
        "x.csv",
        "email,status\nada@example.org,active\nnew@example.org,active\nNEW@example.org,active\n"
        "nobody,active\ninfo@gmial.com,pending\nleft@example.org,unsubscribed\n",
    )
    rehearsed = bring(database, path, write=False, piece=2)
    assert (count(database, SubscriberRow), count(database, SuppressionRow)) == (1, 0)
    applied = bring(database, path)
    assert rehearsed == applied
    assert fates(applied) == [
        Fate.KNOWN, Fate.ACCEPTED, Fate.KNOWN, Fate.REFUSED, Fate.PENDING, Fate.CLOSED,
    ]  # fmt: skip
    assert len(applied[4].doubts) == 2


# --- Whole files -----------------------------------------------------------------------------


def test_real_export_formats_come_out_as_their_keys_say(
    database: Database, shared_data: Path
) -> None:
    folder = shared_data / "subscribers"
    keys = json.loads((folder / "expected.json").read_text())
    compared = 0
    for name, key in keys.items():
        wrong = "error" in key
        if wrong:
            with pytest.raises(TransferError):
                bring(database, folder / name, write=False)
            continue
        found = {
            line.typed.strip(): line.fate for line in bring(database, folder / name, write=False)
        }
        for word, fate in EXPECTED_FATES.items():
            for address in key.get(word, ()):
                spelled = {typed.casefold(): fate for typed, fate in found.items()}
                if name != "nasty_conflict_status.csv":
                    assert spelled.get(address) == fate, (name, address)
                compared += 1
        for address in key.get("skip", ()):
            assert found[address] is Fate.REFUSED, (name, address)
    assert compared > 30


def test_every_odd_address_of_a_real_export_is_taken_or_named_with_its_line_and_reason(
    database: Database, shared_data: Path
) -> None:
    """Of the rows that are a matter of judgement we take one, whose mailbox SMTPUTF8 reaches."""
    folder = shared_data / "subscribers"
    key = json.loads((folder / "expected.json").read_text())["nasty_addresses.csv"]
    lines = bring(database, folder / "nasty_addresses.csv")
    assert {w.casefold() if w else "" for w in wanted(database)} == {
        *key["must_accept"].values(), "jörg@example.org"
    }  # fmt: skip
    refused = [line for line in lines if line.fate is Fate.REFUSED]
    assert len(refused) == len(key["must_reject"]) + len(key["judgement"]) - 1
    assert all(line.line > 1 and line.why for line in refused)
    assert fates(lines).count(Fate.KNOWN) == len(key["must_merge"])


ENCODINGS = [
    ("utf-8", "José"), ("utf-8-sig", "José"), ("utf-16", "José"), ("utf-16-le", "Jose"),
    ("utf-16-be", "Jose"), ("cp1252", "José"),
]  # fmt: skip


@pytest.mark.parametrize(("encoding", "name"), ENCODINGS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators_are_told_apart(
    tmp_path: Path, encoding: str, name: str, separator: str
) -> None:
    path = tmp_path / "x.csv"
    text = f"Name{separator}E-Mail\r\n{name}{separator}j@example.org\r\n"
    path.write_bytes(text.encode(encoding))
    with open_sheet(path) as sheet:
        (row,) = sheet.rows
        cells = sheet.layout.cells(row[1])
    assert (row[0], cells.email, cells.name) == (2, "j@example.org", name)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n\n\n", "empty"),
        ("email,name\nA@x.org,é\nb@x.org,".encode() + b"\xe9\n", "line 3 is not UTF-8"),
        (b"email\xff\n\x81@x.org\n", "line 2 is not CP1252"),
        (b'email,name\na@x.org,"Ada\n' + b"b@x.org,Bo\n" * 200, "line 2 opens a quote"),
        (b'[{"email": "a@x.org"}, 7]', "is not an object"),
        (b'[{"email": "a@x.org"}, {"email": ', "no JSON"),
        (b"name,site\nAda,https://x.org/\n", "no column holds email addresses"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "this is no text file"),
        (b"SQLite format 3\0\x10\0\x01\x01\0\x40\x20\x20" + bytes(900), "this is no text file"),
        ("\ufeffemail\na@x.org".encode("utf-16-le")[:-1], "line 2 is not UTF-16"),
    ],
)
def test_a_file_that_is_no_list_of_people_is_refused_with_the_place(
    tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(TransferError, match=why), open_sheet(path) as sheet:
        list(sheet.rows)


@pytest.mark.parametrize(
    "text",
    [
        '[{"email": "ada@example.org", "name": "Ada"}, {"email": "b@example.org", "tags": ["x"]}]',
        '{"email": "ada@example.org", "name": "Ada"}\n{"email": "b@example.org", "tags": ["x"]}\n',
    ],
    ids=["array", "lines"],
)
def test_json_is_read_as_an_array_and_line_by_line(make_file: Make, text: str) -> None:
    with open_sheet(make_file("x.json", text)) as sheet:
        rows = [sheet.layout.cells(row) for _, row in sheet.rows]
    assert [(one.email, one.name, one.tags) for one in rows] == [
        ("ada@example.org", "Ada", ""),
        ("b@example.org", "", "x"),
    ]


# --- Out -------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_json", [True, False], ids=["JSON lines", "CSV"])
def test_s12_what_goes_out_runs_nothing_and_comes_in_again(
    database: Database, tmp_path: Path, *, as_json: bool
) -> None:
    path = tmp_path / f"all.{'jsonl' if as_json else 'csv'}"
    rich = tmp_path / "rich.csv"
    rich.write_text(
        "email,name,language,status,topics,pace,format,confirmed_at,consent_source\n"
        '=ada@example.org,"=HYPERLINK(""x"")",de,active,b;a,monthly,text,2024-02-01T01:02:03Z,A\n'
        "left@example.org,'Left,en,unsubscribed,,weekly,html,2023-01-01,B\n"
        "spam@example.org,Sp,en,complained,,weekly,html,,C\n"
        "new@example.org,-5,en,pending,,weekly,html,,D\n",
        encoding="utf-8",
    )
    bring(database, rich)
    with database.begin() as session:
        key = KEYRING.mailbox_keys(ADA.mailbox.canonical)[0]
        subscribe(session, ADA, EMMY)
        suppression.suppress(session, mailbox_key=key, reason=Reason.OPERATOR, now=NOW)
    first = everybody(database, path, as_json=as_json)
    text = path.read_text()
    Base.metadata.drop_all(database.engine)
    database.create()
    Base.metadata.create_all(database.engine)
    assert Fate.REFUSED not in fates(bring(database, path, source=""))
    again = everybody(database, tmp_path / "again", as_json=as_json)
    # Whom the operator suppressed has no address in the file for it: they stay without mail.
    expected = [one | {"status": "unsubscribed", "suppressed": None}
                if one["suppressed"] == "operator" else one for one in first]  # fmt: skip
    assert [plain(one) for one in again] == [plain(one) for one in expected]
    assert not any(cell[:1] in "=+-@" for line in text.splitlines() for cell in line.split(",")
                   if cell) or as_json  # fmt: skip


def everybody(database: Database, path: Path, *, as_json: bool) -> list[dict[str, Any]]:
    buffer = io.StringIO(newline="")
    write_csv = transfer_out.csv_writer(buffer) if not as_json else None
    with database.read() as session:
        people = list(transfer_out.everybody(session))
    for one in people:
        if write_csv:
            write_csv(one)
        else:
            buffer.write(transfer_out.as_json(one))
    path.write_text(buffer.getvalue(), encoding="utf-8", newline="")
    return [transfer_out.as_data(one) for one in people]


def plain(one: dict[str, Any]) -> dict[str, Any]:
    """Leave out what an import sets anew."""
    return {key: value for key, value in one.items() if key != "consent_at"}


def test_a_database_that_has_not_counted_yet_finds_the_last_consent_in_its_index(
    database: Database,
) -> None:
    """Right after a long import: PostgreSQL took minutes for what takes seconds."""
    numbers, wide = range(1, 20_001), "x" * 1900  # many pages, from which the rows are guessed
    person = {"email": "a@x.example", "language": "en", "status": "confirmed", "created_at": NOW}
    proof = {"at": NOW, "kind": ConsentKind.IMPORTED, "source": wide, "evidence": {}}
    with database.begin() as session:
        if not database.is_sqlite:
            session.execute(text("ALTER TABLE consent_event SET (autovacuum_enabled = false)"))
        session.execute(
            insert(SubscriberRow), [{"id": n, "mailbox_key": f"{n:020}", **person} for n in numbers]
        )
        session.execute(insert(ConsentEventRow), [{"subscriber_id": n, **proof} for n in numbers])
    asked: list[tuple[str, Any]] = []
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, values, *_: asked.append((statement, values)),
    )
    with database.read() as session:
        assert sum(1 for _ in transfer_out.everybody(session)) == len(numbers)
    [(statement, values)] = [one for one in asked if "consent_event" in one[0]]
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    with database.read() as session:
        plan = session.connection().exec_driver_sql(f"{explain} {statement}", values).all()
    steps = [str(row) for row in plan]
    assert any("ix_consent_event_subscriber_id_id" in step for step in steps)
    assert not any("Scan Backward using pk_consent_event" in step for step in steps)
