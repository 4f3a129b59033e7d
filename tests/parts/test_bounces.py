"""Mail that comes back: taken in by pipe, LMTP, IMAP and POP3; kept once; believed when signed."""

import base64
import io
import json
import smtplib
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from books import send_to
from mailboxes import TLS, ImapHost, MailboxHost, PopHost
from newsroom import FRIDAY, newsroom
from people import KEYRING, NOW
from sqlalchemy import func, select

from digest.bounces import lmtp, mailbox
from digest.bounces.hands import MailboxError
from digest.bounces.receive import Fate, Intake
from digest.bounces.settings import BounceSettings, MailboxSettings
from digest.errors import ConfigurationError, UsageError
from digest.mail.returnpath import ReturnPath
from digest.reacting import ReactionSettings
from digest.tables import DeliveryRow, EventRow, OrphanRow
from storage.database import Database
from subscribers import consent
from subscribers.tables import SubscriberRow, SuppressionRow
from subscribers.tokens import Keyring, Purpose
from subscribers.unsubscribe import undo

SAMPLES = Path(__file__).parents[1] / "fixtures" / "bounces"
RETURNS = ReturnPath(domain="bounce.digest.example", keyring=KEYRING)


@pytest.fixture
def intake(database: Database) -> Intake:
    """Give what takes mail in, of an edition with three letters."""
    send_to(database, readers=3)
    return Intake(
        database=database,
        keyring=KEYRING,
        returns=RETURNS,
        reactions=ReactionSettings(),
        now=lambda: NOW + timedelta(hours=1),
    )


def key_of(intake: Intake, number: int = 0) -> str:
    """Return the key of one of the edition's letters."""
    with intake.database.read() as session:
        ids = session.scalars(select(DeliveryRow.id).order_by(DeliveryRow.id)).all()
    return f"2026-w24.{ids[number]}"


def mail(name: str, *, to: str, token: str = "") -> bytes:
    """Return a sample whose return path is filled in, and the link of its letter if given."""
    raw = (SAMPLES / f"{name}.eml").read_bytes().replace(b"RETURN-PATH", to.encode())
    link = f"List-Unsubscribe: <https://digest.example/u/{token}>\nList-Id:".encode()
    return raw.replace(b"List-Id:", link) if token else raw


def standing(intake: Intake) -> tuple[list[str], int, int, int]:
    """Return the readers' states, and how many suppressions, events and orphans there are."""
    with intake.database.read() as session:
        states = session.scalars(select(SubscriberRow.status).order_by(SubscriberRow.id)).all()
        counts = [
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (SuppressionRow, EventRow, OrphanRow)
        ]
    return [str(state) for state in states], counts[0], counts[1], counts[2]


UNTOUCHED = ["confirmed"] * 3


@pytest.mark.parametrize(
    ("sample", "state", "suppressed"),
    [
        ("hard.postfix", "bounced", 1),
        ("hard.qmail", "bounced", 1),
        ("complaint.abuse", "complained", 1),
        ("unsubscribed.opt-out", "unsubscribed", 0),
        ("soft.postfix-full", "confirmed", 0),
        ("late.postfix-delay", "confirmed", 0),
        ("ours.postfix-blocklist", "confirmed", 0),
    ],
)
def test_d12_a_proven_mail_has_its_consequence_once(
    intake: Intake, sample: str, state: str, suppressed: int
) -> None:
    message = mail(sample, to=RETURNS.address(key_of(intake)))
    assert intake.take(message).fate is Fate.KEPT
    assert intake.take(b"Received: by another way\n" + message).fate is Fate.AGAIN
    assert standing(intake) == ([state, "confirmed", "confirmed"], suppressed, 1, 0)


@pytest.mark.parametrize("sample", ["hard.postfix", "hard.exim", "hard.qmail", "complaint.abuse"])
def test_a_forged_mail_changes_nothing(intake: Intake, sample: str) -> None:
    key = key_of(intake)
    other = ReturnPath(domain="x.example", keyring=Keyring((b"a stranger's secret",)))
    forged = Keyring((b"a stranger's secret",)).sign(1, purpose=Purpose.UNSUBSCRIBE)
    for to in (f"b+{key}@bounce.digest.example", other.address(key), "digest@digest.example"):
        message = mail(sample, to=to, token=forged).replace(b"2026-w24.1@", f"{key}@".encode())
        assert intake.take(message, envelope=(to,)).fate is Fate.STRANGE
    assert standing(intake) == (UNTOUCHED, 0, 0, 0)


def test_r26_a_complaint_is_matched_by_the_link_when_the_address_is_withheld(
    intake: Intake,
) -> None:
    with intake.database.read() as session:
        whose = session.scalars(select(SubscriberRow.id).order_by(SubscriberRow.id)).all()
    token = KEYRING.sign(whose[1], purpose=Purpose.UNSUBSCRIBE)
    message = mail("complaint.abuse-headers", to="redacted@x.example", token=token)
    not_theirs = message.replace(b"2026-w24.1@", f"{key_of(intake, 2)}@".encode())
    assert intake.take(not_theirs).fate is Fate.STRANGE
    theirs = message.replace(b"2026-w24.1@", f"{key_of(intake, 1)}@".encode())
    assert intake.take(theirs).fate is Fate.KEPT
    assert standing(intake)[0] == ["confirmed", "complained", "confirmed"]


@pytest.mark.parametrize(
    "their",
    [
        b"X: <",
        b"Message-ID: <0102018f-aaaa-bbbb-cccc-1234567890ab@",
        b"Message-ID: <202606121200.1@",  # it looks like one of ours
    ],
)
def test_r26_a_complaint_is_heeded_once_that_is_known_by_its_link_alone(
    intake: Intake, their: bytes
) -> None:
    with intake.database.read() as session:
        whose = session.scalars(select(SubscriberRow.id).order_by(SubscriberRow.id)).all()
    for reader, fate in ((whose[1], Fate.KEPT), (whose[1], Fate.AGAIN), (10**6, Fate.STRANGE)):
        token = KEYRING.sign(reader, purpose=Purpose.UNSUBSCRIBE)
        message = mail("complaint.abuse-headers", to="redacted@x.example", token=token)
        assert intake.take(message.replace(b"Message-ID: <2026-w24.1@", their)).fate is fate
        assert standing(intake) == (["confirmed", "complained", "confirmed"], 1, 1, 0)
    with intake.database.read() as session:
        event = session.scalars(select(EventRow)).one()
    assert (event.subscriber_id, event.delivery_id) == (whose[1], None)
    assert (event.kind, event.decision) == ("complaint", "suppressed: complaint")


def test_a_wish_to_leave_is_heeded_and_an_answer_that_quotes_it_is_not(intake: Intake) -> None:
    with intake.database.read() as session:
        whose = session.scalars(select(SubscriberRow.id).order_by(SubscriberRow.id)).first()
    assert whose
    token = KEYRING.sign(whose, purpose=Purpose.UNSUBSCRIBE)
    subject = f"From: Ada <ada@example.org>\nSubject: unsubscribe {token}\n"
    assert intake.take(f"{subject}Auto-Submitted: auto-replied\n\n".encode()).fate is Fate.OTHER
    assert intake.take(f"{subject}\n".encode()).fate is Fate.LEFT
    assert intake.take(f"{subject}\n".encode()).fate is Fate.AGAIN
    assert standing(intake)[0] == ["unsubscribed", "confirmed", "confirmed"]


@pytest.mark.parametrize("named", ["Message-ID: <1@x.example>\n", ""])
def test_who_came_back_stays_when_the_mailbox_is_read_anew_and_may_leave_again(
    intake: Intake, tmp_path: Path, named: str
) -> None:
    with intake.database.read() as session:
        whose = session.scalars(select(SubscriberRow.id).order_by(SubscriberRow.id)).all()[0]
    token = KEYRING.sign(whose, purpose=Purpose.UNSUBSCRIBE)
    wish = f"{named}Date: Fri, 12 Jun 2026 08:0%d:00 +0000\nSubject: unsubscribe {token}\n\nbye\n"
    with ImapHost() as host:
        host.put((wish % 0).encode())
        mailbox.visit(settings(host), state=tmp_path, take=intake.take)
        assert standing(intake)[0][0] == "unsubscribed"
        with intake.database.begin() as session:
            undo(session, subscriber_id=whose, now=NOW + timedelta(days=30), source="page")
        host.validity += 1
        mailbox.visit(settings(host), state=tmp_path, take=intake.take)
        assert standing(intake) == (UNTOUCHED, 0, 1, 0)
        host.put((wish % 1).encode())
        mailbox.visit(settings(host), state=tmp_path, take=intake.take)
        assert standing(intake)[0][0] == "unsubscribed"
    with intake.database.read() as session:
        last = consent.latest(session, subscriber_id=whose)
    assert last
    assert last.source == "unsubscription told by mail of their own"


@pytest.mark.parametrize("sample", ["replied.vacation", "replied.challenge", "unknown.person"])
def test_an_answer_is_no_bounce(intake: Intake, sample: str) -> None:
    assert intake.take(mail(sample, to=RETURNS.address(key_of(intake)))).fate is Fate.OTHER
    assert standing(intake) == (UNTOUCHED, 0, 0, 0)


def test_a_bounce_of_a_letter_that_is_not_there_changes_nothing(intake: Intake) -> None:
    for key in ("2026-w24.999999999", "2026-w99.1", "2026-w24.99999999999999999"):
        intake.take(mail("hard.postfix", to=RETURNS.address(key)))
    assert standing(intake)[:3] == (UNTOUCHED, 0, 0)


@pytest.fixture
def door(intake: Intake) -> Iterator[tuple[int, list[Any]]]:
    """Listen for LMTP; give the port, and errors that the next mails meet."""
    stop, ready, errors = threading.Event(), threading.Event(), list[Any]()
    ports: list[int] = []

    def take(raw: bytes, recipients: Any) -> object:
        if errors:
            raise errors.pop()
        return intake.take(raw, envelope=recipients)

    def told(port: int) -> None:
        ports.append(port)
        ready.set()

    thread = threading.Thread(
        target=lmtp.listen,
        args=(take,),
        kwargs={"host": "127.0.0.1", "port": 0, "stop": stop, "ready": told},
    )
    thread.start()
    assert ready.wait(10)
    yield ports[0], errors
    stop.set()
    thread.join()


def test_lmtp_takes_a_bounce_by_its_envelope_and_never_refuses_a_mail(
    intake: Intake, door: tuple[int, list[Any]]
) -> None:
    port, errors = door
    to = RETURNS.address(key_of(intake))
    message = mail("hard.exim", to="somebody@else.example").replace(b"\n", b"\r\n")
    errors.append(OSError("the database is away"))
    with smtplib.LMTP("127.0.0.1", port) as talk:
        with pytest.raises(smtplib.SMTPDataError) as kept:
            talk.sendmail("", to, message)
        assert kept.value.smtp_code == 451
        assert standing(intake)[2] == 0
        assert talk.sendmail("", to, message) == {}
        assert talk.sendmail("", ["nobody@digest.example"], b"Subject: " + 90_000 * b"x") == {}
        refused = talk.sendmail("", [to, "second@digest.example"], message)
        assert refused["second@digest.example"][0] == 452
    assert standing(intake) == (["bounced", "confirmed", "confirmed"], 1, 1, 0)


def settings(host: MailboxHost, **more: Any) -> MailboxSettings:
    """Return how to read a mailbox of the tests."""
    given: dict[str, Any] = {
        "kind": "imap" if isinstance(host, ImapHost) else "pop3",
        "host": "localhost" if host.tls else "127.0.0.1",
        "port": host.port,
        "security": "tls" if host.tls else "none",
        "ca_file": TLS / "certificate.pem" if host.tls else None,
        "username": "bounces",
        "password": "secret",
        "timeout_seconds": 5,
    }
    return MailboxSettings(**(given | more))


@pytest.mark.parametrize("kind", [ImapHost, PopHost])
@pytest.mark.parametrize("wrapped", [{"tls": False}, {"tls": True}], ids=str)
def test_a_mailbox_is_read_once(
    tmp_path: Path, kind: type[MailboxHost], wrapped: dict[str, Any]
) -> None:
    taken: list[bytes] = []
    with kind(**wrapped) as host:
        host.put(b"Subject: 1\r\n\r\n.x\r\n", b"Subject: 2\r\n\r\ny\r\n")
        there = settings(host, keep=True)
        assert mailbox.visit(there, state=tmp_path, take=taken.append) == 2
        assert mailbox.visit(there, state=tmp_path, take=taken.append) == 0
        host.put(b"Subject: 3\r\n\r\n")
        assert mailbox.visit(there, state=tmp_path, take=taken.append) == 1
    assert [raw[:10] for raw in taken] == [b"Subject: 1", b"Subject: 2", b"Subject: 3"]
    assert taken[0].endswith(b"\r\n\r\n.x\r\n")


@pytest.mark.parametrize("offers", ["IMAP4rev1 MOVE", "IMAP4rev1 UIDPLUS"])
def test_imap_moves_what_was_read(tmp_path: Path, offers: str) -> None:
    with ImapHost(offers=offers) as host:
        host.put(b"Subject: 1\r\n\r\n", b"Subject: 2\r\n\r\n")
        mailbox.visit(settings(host, done="Done"), state=tmp_path, take=lambda raw: raw)
        assert host.folders["INBOX"] == []
        assert [one.uid for one in host.folders["Done"]] == [1, 2]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Gelöscht", "Gel&APY-scht"),
        ("Gel&APY-scht", "Gel&APY-scht"),  # as a server shows it
        ("R&D", "R&-D"),
        ("台北/日本語", "&U,BTFw-/&ZeVnLIqe-"),  # RFC 3501 5.1.3
    ],
)
def test_imap_tells_any_name_of_a_folder_and_any_password(
    tmp_path: Path, name: str, told: str
) -> None:
    with ImapHost(folders={told: [], "INBOX": []}) as host:
        host.put(b"Subject: 1\r\n\r\n")
        there = settings(host, done=name, password="Schlüssel")  # noqa: S106 - of the tests
        assert mailbox.visit(there, state=tmp_path, take=lambda raw: raw) == 1
        assert [one.uid for one in host.folders[told]] == [1]
        there = settings(host, folder=name)
        assert mailbox.visit(there, state=tmp_path, take=lambda raw: raw) == 1
    assert base64.b64encode("\0bounces\0Schlüssel".encode()).decode() in host.said


def test_nothing_is_taken_that_could_not_be_put_away(tmp_path: Path) -> None:
    taken: list[bytes] = []
    with ImapHost() as host:
        host.put(b"Subject: 1\r\n\r\n")
        for done in ("nowhere", "no\ud800where"):
            with pytest.raises(MailboxError, match="cannot be read"):
                mailbox.visit(settings(host, done=done), state=tmp_path, take=taken.append)
    assert taken == []


def test_imap_marks_what_was_read_and_reads_no_more_than_needed(tmp_path: Path) -> None:
    taken: list[bytes] = []
    with ImapHost() as host:
        host.put(b"Subject: large\r\n\r\n" + b"x" * 600_000)
        mailbox.visit(settings(host), state=tmp_path, take=taken.append)
        assert host.folders["INBOX"][0].flags == {"\\Seen"}
    assert len(taken[0]) == 512_000


def test_pop3_deletes_what_was_read(tmp_path: Path) -> None:
    with PopHost() as host:
        host.put(b"Subject: 1\r\n\r\n", b"Subject: 2\r\n\r\n" + b"x\r\n" * 200_000)
        assert mailbox.visit(settings(host), state=tmp_path, take=lambda raw: raw) == 2
        assert host.folders["INBOX"] == []
        assert "TOP 2 5000" in host.said


@pytest.mark.parametrize("kind", [ImapHost, PopHost])
@pytest.mark.parametrize("at", ["STORE", "DELE", "FETCH", "RETR", "QUIT", "LOGOUT"])
def test_dying_at_any_step_loses_and_doubles_nothing(
    tmp_path: Path, intake: Intake, kind: type[MailboxHost], at: str
) -> None:
    """The connection breaks between taking a mail in and putting it away."""
    with kind(drop_at={at: 1}) as host:
        for number in range(2):
            host.put(mail("hard.postfix", to=RETURNS.address(key_of(intake, number))))
        there = replace(settings(host), most=10)
        for _ in range(3):
            try:
                mailbox.visit(there, state=tmp_path, take=intake.take)
            except MailboxError as error:
                assert "cannot be read" in str(error)  # noqa: PT017 - not every step raises
    assert standing(intake)[:3] == (["bounced", "bounced", "confirmed"], 2, 2)


@pytest.mark.parametrize("kind", [ImapHost, PopHost])
def test_a_mail_that_could_not_be_kept_is_read_again(
    tmp_path: Path, kind: type[MailboxHost]
) -> None:
    taken: list[bytes] = []
    errors = [OSError("the database is away")]

    def take(raw: bytes) -> None:
        if errors:
            raise errors.pop()
        taken.append(raw)

    with kind() as host:
        host.put(b"Subject: 1\r\n\r\n")
        with pytest.raises(OSError, match="the database is away"):
            mailbox.visit(settings(host), state=tmp_path, take=take)
        assert mailbox.visit(settings(host), state=tmp_path, take=take) == 1
    assert len(taken) == 1


def test_imap_begins_anew_when_the_server_counts_anew(tmp_path: Path) -> None:
    taken: list[bytes] = []
    with ImapHost() as host:
        host.put(b"Subject: 1\r\n\r\n")
        mailbox.visit(settings(host), state=tmp_path, take=taken.append)
        host.validity += 1
        mailbox.visit(settings(host), state=tmp_path, take=taken.append)
    assert len(taken) == 2


def test_a_state_that_was_damaged_is_as_none(tmp_path: Path) -> None:
    with PopHost() as host:
        host.put(b"Subject: 1\r\n\r\n")
        there = settings(host, keep=True)
        mailbox.visit(there, state=tmp_path, take=lambda raw: raw)
        (state,) = tmp_path.glob("bounces-*.json")
        state.write_text("{", encoding="utf-8")
        assert mailbox.visit(there, state=tmp_path, take=lambda raw: raw) == 1


@pytest.mark.parametrize("kind", [ImapHost, PopHost])
def test_a_server_that_nobody_vouches_for_is_told_no_password(
    tmp_path: Path, kind: type[MailboxHost]
) -> None:
    with kind(tls=True) as host:
        with pytest.raises(MailboxError, match="cannot be read"):
            mailbox.visit(settings(host, ca_file=None), state=tmp_path, take=lambda raw: raw)
        assert host.said == []


def test_what_cannot_be_set_up_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="mailbox"):
        mailbox.visit(MailboxSettings(), state=tmp_path, take=lambda raw: raw)
    with pytest.raises(ConfigurationError, match="clear"):
        MailboxSettings(kind="imap", host="mail.example", username="a", security="none")
    with pytest.raises(ConfigurationError, match="host"):
        MailboxSettings(kind="imap")
    with pytest.raises(ConfigurationError, match="this machine"):
        BounceSettings(lmtp_host="0.0.0.0")  # noqa: S104 - it is refused
    assert "secret" not in repr(MailboxSettings(password="secret"))  # noqa: S106 - no secret


class Piped:
    """Standard input as bytes."""

    def __init__(self, raw: bytes) -> None:
        self.buffer = io.BytesIO(raw)


def test_a_pipe_takes_any_mail_and_asks_to_keep_it_when_the_database_is_away(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with newsroom(tmp_path, database_url=database_url) as room:
        for raw in (b"", b"\xff" * 1_000, mail("hard.postfix", to="b+2026-w24.1@x.example")):
            monkeypatch.setattr("sys.stdin", Piped(raw))
            ended = room.call(capsys, "bounce", "receive", "--json", "--at", FRIDAY)
            assert json.loads(ended.out)["fate"] in {Fate.OTHER, Fate.STRANGE}
        file = SAMPLES / "soft.qmail-quota.eml"
        read = room.call(capsys, "bounce", "read", str(file), "--json")
        assert json.loads(read.out)[0]["kind"] == "soft bounce"
        assert room.call(capsys, "bounce", "poll", code=2).err.count("[bounces.mailbox]") == 1
        room.configure('[database]\nurl = "sqlite:///nowhere/at/all.db"\n')
        monkeypatch.setattr("sys.stdin", Piped(b"x"))
        room.call(capsys, "bounce", "receive", code=75)
