"""The demo's mailbox: a real SMTP server that keeps what it accepts."""

import contextlib
import smtplib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.demo.mailbox import Mailbox, Message

MESSAGE = b"Subject: Twelve posts\r\n\r\nGood morning.\r\n"


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with Mailbox(tmp_path / "mail") as running:
        yield running


def deliver(mailbox: Mailbox, content: bytes, *, to: str = "ada@example.org") -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=20) as client:
        client.sendmail("news@digest.test", [to], content)


def test_a_message_is_kept_exactly_as_it_came(mailbox: Mailbox) -> None:
    content = b"Subject: =?utf-8?q?x?=\r\n\tfolded\r\n\r\n.dots\r\n..\r\n\xc3\xa4\xff\r\n\r\n"
    deliver(mailbox, content)
    kept = mailbox.messages[0]
    assert kept == Message(
        number=1, sender="news@digest.test", recipients=("ada@example.org",), content=content
    )
    assert mailbox.find(1) == kept
    assert mailbox.find(0) is mailbox.find(2) is None


def test_each_message_is_a_file_whose_name_tells_no_address(
    mailbox: Mailbox, tmp_path: Path
) -> None:
    deliver(mailbox, MESSAGE + b"One.\r\n", to="ada@example.org")
    deliver(mailbox, MESSAGE + b"Two.\r\n", to="grace@example.org")
    files = sorted((tmp_path / "mail").iterdir())
    assert [file.read_bytes() for file in files] == [m.content for m in mailbox.messages]
    assert [file.name[:5] for file in files] == ["0001-", "0002-"]
    assert not any("ada" in file.name or "example" in file.name for file in files)


def test_many_senders_at_once_lose_nothing(mailbox: Mailbox, tmp_path: Path) -> None:
    threads = [
        threading.Thread(
            target=deliver, args=(mailbox, MESSAGE), kwargs={"to": f"r{n}@example.org"}
        )
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    messages = mailbox.messages
    assert [message.number for message in messages] == list(range(1, 21))
    assert {message.recipients[0] for message in messages} == {
        f"r{n}@example.org" for n in range(20)
    }
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 20


def test_a_message_without_a_file_is_not_accepted(mailbox: Mailbox, tmp_path: Path) -> None:
    (tmp_path / "mail").rmdir()
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        deliver(mailbox, MESSAGE)
    assert refusal.value.smtp_code == 452
    assert mailbox.messages == ()


def fate(mailbox: Mailbox, reader: str) -> int:
    try:
        deliver(mailbox, MESSAGE, to=reader)
    except smtplib.SMTPRecipientsRefused as refusal:
        return refusal.recipients[reader][0]
    return 250


def test_a_share_of_the_readers_fails_and_who_was_put_off_is_served_later(tmp_path: Path) -> None:
    readers = [f"reader{n}@example.org" for n in range(60)]
    with Mailbox(tmp_path, fail=0.4) as mailbox:
        first = {reader: fate(mailbox, reader) for reader in readers}
        second = {reader: fate(mailbox, reader) for reader in readers}
    assert set(first.values()) == {250, 451, 550}
    assert 12 <= sum(code != 250 for code in first.values()) <= 36
    assert all(second[reader] == (550 if first[reader] == 550 else 250) for reader in readers)
    with Mailbox(tmp_path / "again", fail=0.4) as mailbox:
        assert {reader: fate(mailbox, reader) for reader in reversed(readers)} == first


def test_nobody_fails_unless_asked(mailbox: Mailbox) -> None:
    assert {fate(mailbox, f"reader{n}@example.org") for n in range(20)} == {250}


def test_the_mailbox_closes_while_a_sender_is_in_mid_sentence(tmp_path: Path) -> None:
    before = threading.active_count()
    with Mailbox(tmp_path) as mailbox:
        idle = socket.create_connection(("127.0.0.1", mailbox.port))
        assert idle.recv(100).startswith(b"220 ")
        idle.sendall(b"EHLO a.test\r\nMAIL FROM:<a@a.test>\r\nRC")
        idle.recv(1000)
    with idle, contextlib.suppress(ConnectionResetError):
        while idle.recv(1000):
            pass
    assert threading.active_count() <= before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", mailbox.port))


def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_behind(
    mailbox: Mailbox, tmp_path: Path
) -> None:
    before = threading.active_count()
    with (
        pytest.raises(OSError, match="address already in use"),
        Mailbox(tmp_path, port=mailbox.port),
    ):
        pytest.fail("two servers on one port")
    assert threading.active_count() <= before
