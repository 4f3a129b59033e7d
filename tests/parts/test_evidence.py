"""The evidence of consent: printed as one document, only ever added to, gone with the pending."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from installation import adopt
from people import ADA, GRACE, NOW, subscribe
from sqlalchemy import select
from typer.testing import CliRunner

from digest import forget, welcome
from digest.cli.main import app as command_line
from digest.errors import UsageError
from digest.mail.notice import NoticeKind
from digest.tables import Base, ConfirmationRow, NoticeRow, SubscriberRow
from storage.database import Database
from storage.settings import DatabaseSettings
from subscribers import consent, suppression
from subscribers.suppression import Reason
from subscribers.tables import ConsentKind
from subscribers.tokens import Keyring

SECRET = "a secret that is long enough for this"  # noqa: S105 - of this test alone
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an installation with one reader who signed up."""
    (tmp_path / "config.toml").write_text(
        f'[app]\nsecret = "{SECRET}"\n[database]\nurl = "sqlite:///digest.sqlite3"\n'
    )
    monkeypatch.chdir(tmp_path)
    database = Database(DatabaseSettings(url=f"sqlite:///{tmp_path}/digest.sqlite3"))
    database.create()
    Base.metadata.create_all(database.engine)
    adopt(database)
    (key, *_) = Keyring((SECRET.encode(),)).mailbox_keys(ADA.mailbox.canonical)
    with database.begin() as session:
        row = SubscriberRow(
            email=ADA.email, mailbox_key=key, language="en", status="confirmed", created_at=NOW
        )
        session.add(row)
        session.flush()
        words = {"text": "Send me the letter.", "version": "0123456789ab", "language": "en"}
        steps: tuple[tuple[ConsentKind, str, dict[str, Any]], ...] = (
            (
                ConsentKind.REQUESTED,
                "sign-up form",
                {"address": "ADA@example.org", "consent": words},
            ),
            (ConsentKind.MAILED, "letter of kind confirm", {"answer": "250 ok", "letter": "A\nB"}),
            (ConsentKind.CONFIRMED, "confirmed by button", {"ip": "192.0.2.0/24"}),
        )
        for n, (kind, source, evidence) in enumerate(steps):
            consent.record(
                session,
                subscriber_id=row.id,
                kind=kind,
                source=source,
                now=NOW + timedelta(minutes=n),
                evidence=evidence,
            )
    database.close()
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_d10_the_evidence_is_printed_as_one_document() -> None:
    printed = CliRunner().invoke(command_line, ["subscriber", "consent", "Ada@Example.org"]).stdout
    for words in (
        "1. 2026-06-12 06:00:00 UTC  requested: sign-up form",
        "address: ADA@example.org",
        "text: Send me the letter.",
        "version: 0123456789ab",
        "answer: 250 ok",
        "3. 2026-06-12 06:02:00 UTC  confirmed: confirmed by button",
        "ip: 192.0.2.0/24",
    ):
        assert words in printed
    said = CliRunner().invoke(command_line, ["--json", "subscriber", "consent", ADA.email]).stdout
    events = json.loads(said)["events"]
    assert [event["kind"] for event in events] == ["requested", "mailed", "confirmed"]
    assert events[0]["evidence"]["consent"]["language"] == "en"


def test_d10_the_proof_is_printed_for_the_erased_too(folder: Path) -> None:
    """Who claims never to have agreed names their address, and with it the proof is found."""
    database = Database(DatabaseSettings(url=f"sqlite:///{folder}/digest.sqlite3"))
    with database.begin() as session:
        forget.erase(session, subscriber_id=1, now=NOW + timedelta(days=9), source="by request")
    database.close()
    printed = CliRunner().invoke(command_line, ["subscriber", "consent", ADA.email]).stdout
    for words in (
        "1. 2026-06-12 06:00:00 UTC  requested: sign-up form",
        "text: Send me the letter.",
        "3. 2026-06-12 06:02:00 UTC  confirmed: confirmed by button",
        "erased: by request",
    ):
        assert words in printed
    assert "192.0.2" not in printed
    assert "ADA@" not in printed


@pytest.mark.usefixtures("folder")
def test_nobody_is_told_apart_from_a_mistake() -> None:
    for address, words in ((GRACE.email, "nobody is known"), ("grace", "not an email address")):
        answer = CliRunner().invoke(command_line, ["subscriber", "consent", address])
        assert isinstance(answer.exception, UsageError)
        assert words in str(answer.exception)


def test_d10_evidence_is_only_ever_added() -> None:
    """Sign-up and import write it, erasure takes names out; the database refuses all else.

    Whoever else comes near the table has to say why here.
    """
    writing = re.compile(
        r"(insert|update|delete)\(\s*ConsentEventRow|event\.evidence = "
        r"|(INSERT INTO|UPDATE|DELETE FROM) consent_event"
    )
    found = {
        str(path.relative_to(ROOT))
        for package in ("subscribers", "digest", "storage")
        for path in (ROOT / package).rglob("*.py")
        if writing.search(path.read_text(encoding="utf-8"))
    }
    assert found == {f"subscribers/{name}.py" for name in ("consent", "erasure", "transfer_write")}


def wait_for_ada(database: Database) -> None:
    """Have a request of Ada's wait for its confirmation."""
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
        session.get_one(SubscriberRow, ada).status = "pending"
        session.add(
            ConfirmationRow(
                subscriber_id=ada,
                purpose="signup",
                email=ADA.email,
                mailbox_key="k",
                wishes={},
                requested_at=NOW,
                expires_at=NOW + timedelta(hours=48),
                tries_left=5,
            )
        )


def test_one_reminder_goes_to_whoever_has_not_confirmed_for_a_day(database: Database) -> None:
    wait_for_ada(database)
    asked = []
    for hours in (1, 23, 25, 26, 49):
        with database.begin() as session:
            asked.append(welcome.remind(session, now=NOW + timedelta(hours=hours)))
    assert asked == [0, 0, 1, 0, 0]
    with database.read() as session:
        assert session.scalars(select(NoticeRow.kind)).all() == [NoticeKind.REMINDER]


@pytest.mark.parametrize("reason", [Reason.OPERATOR, Reason.BOUNCE])
def test_no_suppressed_mailbox_is_reminded(database: Database, reason: Reason) -> None:
    wait_for_ada(database)
    with database.begin() as session:
        row = session.scalars(select(SubscriberRow)).one()
        suppression.suppress(session, mailbox_key=row.mailbox_key, reason=reason, now=NOW)
    with database.begin() as session:
        assert not welcome.is_reminder_due(session, now=NOW + timedelta(hours=25))
        assert welcome.remind(session, now=NOW + timedelta(hours=25)) == 0
