"""The schema through time, on both databases."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from digest.errors import SchemaError
from digest.migrations import schema
from digest.posts import store
from digest.sources import quarantine
from digest.sources.watch import Alarm
from digest.tables import Base, PostRow, SubscriberRow
from storage.database import Database
from storage.settings import DatabaseSettings
from subscribers import moving, suppression
from subscribers.addresses import Mailbox
from subscribers.moves import State
from subscribers.tokens import Keyring


@pytest.fixture
def empty(database: Database, tmp_path: Path) -> Iterator[Database]:
    """Give a database without any table."""
    if database.is_sqlite:
        fresh = Database(DatabaseSettings(url=f"sqlite:///{tmp_path}/empty.sqlite3"))
        fresh.create()
        yield fresh
        fresh.close()
        return
    Base.metadata.drop_all(database.engine)
    yield database


def as_of(empty: Database, revision: str, *rows: str, **values: str) -> None:
    """Bring an empty database to this revision, and write rows as they were then."""
    values["at"] = "2026-06-09 12:00:00.000000" if empty.is_sqlite else "2026-06-09 12:00:00+00:00"
    with empty.begin() as session:
        config = Config()
        config.set_main_option("script_location", str(Path(schema.__file__).parent))
        config.attributes["connection"] = session.connection()
        command.upgrade(config, revision)
        for row in rows:
            session.execute(text(row), {name: values[name] for name in values if f":{name}" in row})


def test_migrating_gives_the_schema_that_the_code_declares(empty: Database) -> None:
    assert schema.migrate(empty)
    assert not schema.migrate(empty)
    schema.check(empty)
    with empty.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": False})
        differences = compare_metadata(context, Base.metadata)
    sqlite_only = [] if empty.is_sqlite else ["ix_choice_join"]
    assert [(kind, index.name) for kind, index in differences] == [
        ("add_index", name) for name in sqlite_only
    ]


def test_migrating_locks_the_evidence_as_the_code_declares(empty: Database) -> None:
    schema.migrate(empty)
    migrated = _lock(empty)
    Base.metadata.drop_all(empty.engine)
    Base.metadata.create_all(empty.engine)
    assert _lock(empty) == migrated
    assert len(migrated) == 2


def _lock(database: Database) -> list[tuple[str, ...]]:
    """Return the triggers of a database, as it keeps them."""
    listing = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        if database.is_sqlite
        else "SELECT tgname, pg_get_triggerdef(t.oid), prosrc FROM pg_trigger t"
        " JOIN pg_proc p ON p.oid = tgfoid WHERE NOT tgisinternal ORDER BY tgname"
    )
    with database.read() as session:
        return [tuple(row) for row in session.execute(text(listing))]


def test_posts_that_the_first_version_held_as_a_flood_can_be_released(empty: Database) -> None:
    post = "INSERT INTO post (id, source_id, url, title, tags, first_seen_at, held) VALUES"
    as_of(
        empty,
        "0002",
        "INSERT INTO source (id, name, url, kind, added_at, state, failures)"
        " VALUES (1, 'quay', 'https://quay.example', 'feed', :at, 'unchanged', 0)",
        f"{post} (1, 1, 'https://quay.example/', 'A', '[]', :at, 'flood')",
        f"{post} (2, 1, 'https://quay.example/', 'A', '[]', :at, NULL)",
    )
    schema.migrate(empty)
    with empty.begin() as session:
        (found,) = quarantine.all_quarantined(session)
        assert (found.source, found.alarm, found.held) == ("quay", Alarm.FLOOD, 1)
        assert found.since == datetime(2026, 6, 9, 12, tzinfo=UTC)
        held, free = store.posts_where(session)
    assert (held.alarm, held.held, free.alarm) == ("flood", None, None)


def test_sealed_variants_and_their_deliveries_come_through_the_fifth_version(
    empty: Database,
) -> None:
    as_of(
        empty,
        "0004",
        "INSERT INTO edition"
        " (id, newsletter, period, state, opens_at, closes_at, due_at, created_at)"
        " VALUES (1, 'n', '2026-W24', 'sent', :at, :at, :at, :at)",
        "INSERT INTO subscriber (id, mailbox_key, language, status, created_at)"
        " VALUES (1, 'k', 'de', 'confirmed', :at)",
        "INSERT INTO variant (id, edition_id, language, subject, html, text, sha256)"
        " VALUES (7, 1, 'de', 'S', '<p>', 't', 'h')",
        "INSERT INTO delivery (edition_id, subscriber_id, mailbox_key, variant_id, state)"
        " VALUES (1, 1, 'k', 7, 'accepted')",
    )
    assert schema.migrate(empty)
    with empty.read() as session:
        kept = session.execute(
            text(
                "SELECT v.id, v.language, v.topics, v.format, v.sha256 FROM variant v"
                " JOIN delivery d ON d.variant_id = v.id"
            )
        )
        assert [tuple(row) for row in kept] == [(7, "de", None, "html", "h")]
    with empty.begin() as session, pytest.raises(IntegrityError):
        session.execute(text("DELETE FROM variant"))  # deliveries point to the new table


def test_nobody_knows_where_the_dates_of_older_posts_were_read(empty: Database) -> None:
    as_of(
        empty,
        "0005",
        "INSERT INTO source (id, name, url, kind, added_at, state, failures)"
        " VALUES (1, 'quay', 'https://quay.example', 'feed', :at, 'unchanged', 0)",
        "INSERT INTO post (id, source_id, url, title, tags, first_seen_at, published_at)"
        " VALUES (1, 1, 'https://quay.example/', 'A', '[]', :at, :at)",
    )
    assert schema.migrate(empty)
    with empty.read() as session:
        row = session.get_one(PostRow, 1)
        assert (row.published_at, row.dated_by) == (datetime(2026, 6, 9, 12, tzinfo=UTC), None)


def test_mailboxes_are_found_and_barred_under_their_shorter_keys(empty: Database) -> None:
    keyring = Keyring((b"a secret of this test",))
    mailbox = Mailbox.parse("ada@example.org")
    [key] = keyring.mailbox_keys(mailbox.canonical)
    as_of(
        empty,
        "0023",
        "INSERT INTO subscriber (id, mailbox_key, language, status, created_at)"
        " VALUES (1, :key, 'en', 'confirmed', :at), (2, 'moved 7', 'en', 'pending', :at)",
        "INSERT INTO suppression (mailbox_key, reason, since) VALUES (:key, 'bounce', :at)",
        key=key.ljust(64, "0"),  # its first half was the same
    )
    schema.migrate(empty)
    with empty.read() as session:
        assert suppression.find(session, mailbox_keys=[key]) is not None
        people = session.scalars(select(SubscriberRow.mailbox_key).order_by(SubscriberRow.id))
        assert people.all() == [key, "moved 7"]


def test_a_move_that_was_made_under_longer_keys_can_be_undone(empty: Database) -> None:
    keyring = Keyring((b"a secret of this test",))
    [old], [new] = (keyring.mailbox_keys(f"{name}@example.org") for name in ("ada", "new"))
    card = {"id": 1, "email": "ada@example.org", "mailbox_key": old.ljust(64, "0")}
    as_of(
        empty,
        "0024",
        "INSERT INTO subscriber (id, email, mailbox_key, language, status, created_at)"
        " VALUES (1, 'new@example.org', :new, 'en', 'confirmed', :at)",
        "INSERT INTO confirmation (id, subscriber_id, purpose, email, mailbox_key, wishes,"
        " requested_at, expires_at, tries_left, used_at)"
        " VALUES (5, 1, 'address', 'new@example.org', :new, :wishes, :at, :at, 5, :at)",
        new=new.ljust(32, "0"),
        wishes=json.dumps({"before": card, "displaced": None}),
    )
    schema.migrate(empty)
    soon = datetime(2026, 6, 10, tzinfo=UTC)
    with empty.begin() as session:
        move = moving.undo(session, move_id=5, keyring=keyring, now=soon, source="a test")
        assert move.state is State.BACK
    with empty.read() as session:
        reader = session.get_one(SubscriberRow, 1)
        assert (reader.email, reader.mailbox_key) == ("ada@example.org", old)


def test_the_names_of_the_files_tell_the_revisions_that_alembic_reads_in_them() -> None:
    scripts = ScriptDirectory(Path(schema.__file__).parent).walk_revisions()
    assert schema._revisions() == [script.revision for script in scripts][::-1]


def test_an_empty_database_is_refused_with_the_command_that_mends_it(empty: Database) -> None:
    with pytest.raises(SchemaError, match="run 'digest migrate'"):
        schema.check(empty)


def test_an_older_schema_is_refused_and_a_newer_one_left_alone(empty: Database) -> None:
    schema.migrate(empty)
    with empty.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match="newer version"):
        schema.check(empty)
    with pytest.raises(SchemaError, match="newer version"):
        schema.migrate(empty)
