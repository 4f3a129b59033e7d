"""Signatures on the way out: with a key every letter has one that is good, without none."""

import re
from collections.abc import Callable
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from newsroom import FRIDAY, MONDAY, SAID_YES, Ended, Newsroom

Call = Callable[..., Ended]
SETTINGS = '[dkim]\nkey_file = "rsa.pem"\ned25519_key_file = "ed25519.pem"\n'


@pytest.fixture
def call(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*arguments: str, code: int | None = 0) -> Ended:
        return room.call(capsys, *arguments, code=code)

    return call


def make_keys(folder: Path) -> None:
    private: dict[str, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey] = {
        "rsa.pem": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "ed25519.pem": ed25519.Ed25519PrivateKey.generate(),
    }
    for name, key in private.items():
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / name).write_bytes(pem)
        (folder / name).chmod(0o600)


def records(call: Call) -> dict[str, str]:
    """Read the records to publish out of what the doctor says."""
    said = [one["sentence"] for one in call("--json", "doctor", code=None).data]
    lines = [line.partition("in DNS: ")[2] for line in said if "in DNS: " in line]
    return {
        name: "".join(re.findall(r'"([^"]*)"', text))
        for name, _, text in (line.partition(" TXT ") for line in lines)
    }


def test_letters_leave_signed_and_verify_by_the_records_that_the_doctor_prints(
    room: Newsroom, call: Call
) -> None:
    make_keys(room.folder)
    room.configure(SETTINGS)
    published = records(call)
    assert len(published) == 2
    call("source", "add", room.blog("cold-reads"), "--at", MONDAY, "--yes")
    for name in ("ada", "emmy"):
        call("subscriber", "add", f"{name}@example.org", *SAID_YES)
    call("run", "--at", FRIDAY)
    assert len(room.mail.accepted) == 2
    for accepted in room.mail.accepted:
        judge = dkim.DKIM(accepted.message)

        def dns(name: bytes, timeout: float = 5) -> bytes:
            del timeout
            return published[name.decode().rstrip(".")].encode()

        assert [judge.verify(idx=index, dnsfunc=dns) for index in (0, 1)] == [True, True]


def test_the_doctor_says_that_nobody_signs_here_and_finds_an_open_key(
    room: Newsroom, call: Call
) -> None:
    assert "left to the mail server" in call("doctor", code=None).out
    make_keys(room.folder)
    room.configure(SETTINGS)
    (room.folder / "rsa.pem").chmod(0o644)
    said = call("doctor", code=None).out
    assert "rsa.pem can be read by others" in said
    (room.folder / "rsa.pem").write_text("nothing")
    assert "holds no private key" in call("doctor", code=None).out


def test_a_key_that_is_missing_stops_a_send_before_anything_is_frozen(
    room: Newsroom, call: Call
) -> None:
    call("source", "add", room.blog("cold-reads"), "--at", MONDAY, "--yes")
    call("subscriber", "add", "ada@example.org", *SAID_YES)
    room.configure(SETTINGS)
    ended = call("run", "--at", FRIDAY, code=None)
    assert ended.code == 2
    assert "the key file" in ended.err
    assert room.mail.accepted == []
    assert not room.rows()["delivery"]
