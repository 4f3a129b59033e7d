"""The mailbox of bounces at a real server: Dovecot, by IMAP and POP3, in clear and with TLS."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dovecot import TLS, Dovecot

from digest.bounces import mailbox
from digest.bounces.settings import MailboxSettings

MAILS = [b"Subject: %d\r\n\r\n.x\r\n" % number for number in range(3)]


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    # The path of a socket may have 107 characters, which pytest's folders leave no room for.
    with (
        tempfile.TemporaryDirectory(prefix="dovecot-") as folder,
        Dovecot(folder=Path(folder)) as server,
    ):
        yield server


def settings(server: Dovecot, kind: str, security: str = "none", **more: Any) -> MailboxSettings:
    given: dict[str, Any] = {
        "kind": kind,
        "host": "localhost",
        "port": server.ports[kind + ("s" if security == "tls" else "")],
        "security": security,
        "ca_file": TLS / "certificate.pem" if security != "none" else None,
        "username": "bounces",
        "password": "secret",
        "timeout_seconds": 20,
    }
    return MailboxSettings(**(given | more))


def test_dovecot_gives_each_mail_once_in_every_way(dovecot: Dovecot, tmp_path: Path) -> None:
    for kind in ("imap", "pop3"):
        for security in ("none", "starttls", "tls"):
            state = tmp_path / kind / security
            taken: list[bytes] = []
            state.mkdir(parents=True)
            dovecot.put(*MAILS)
            there = settings(dovecot, kind, security, most=2)
            while mailbox.visit(there, state=state, take=taken.append):
                pass
            assert [one.splitlines()[0] for one in taken][-3:] == [
                b"Subject: 0", b"Subject: 1", b"Subject: 2",
            ]  # fmt: skip
            assert taken[-1].endswith(b"\r\n\r\n.x\r\n")
            if kind == "pop3":
                assert dovecot.flags() == []  # deleted


def test_dovecot_moves_what_was_read_and_marks_it(dovecot: Dovecot, tmp_path: Path) -> None:
    dovecot.put(*MAILS[:2])
    there = settings(dovecot, "imap")
    assert mailbox.visit(there, state=tmp_path, take=len) == 2
    assert dovecot.flags() == ["S", "S"]
    dovecot.put(MAILS[2])
    there = settings(dovecot, "imap", done="Done")
    assert mailbox.visit(there, state=tmp_path, take=len) == 1
    assert len(dovecot.flags()) == 2
    assert len(dovecot.flags(".Done")) == 1


def test_dovecot_keeps_what_is_to_be_kept_and_it_is_read_once(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    dovecot.put(*MAILS)
    there = settings(dovecot, "pop3", keep=True)
    assert [mailbox.visit(there, state=tmp_path, take=len) for _ in range(2)] == [3, 0]
    assert len(dovecot.flags()) == 3


def test_a_large_mail_is_read_from_dovecot_as_far_as_needed(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    large = b"Subject: large\r\n\r\n" + b"x" * 70 + b"\r\n" * 300_000
    for kind in ("imap", "pop3"):
        state = tmp_path / kind
        taken: list[bytes] = []
        state.mkdir()
        dovecot.put(large)
        mailbox.visit(settings(dovecot, kind), state=state, take=taken.append)
        assert taken[0].startswith(b"Subject: large")
        assert len(taken[0]) < 520_000
