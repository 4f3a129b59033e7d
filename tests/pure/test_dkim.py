"""Signatures: another program verifies them, and every change to what they cover breaks them."""

import re
from base64 import b64decode
from email import message_from_bytes, policy
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from press import HOSTILE, issue, personaliser, reader

from digest.errors import ConfigurationError
from digest.mail.dkim import SIGNED, DkimSettings, Signer
from digest.mail.keys import load_signer
from digest.mail.selftest import UnsafeMailError, self_test
from digest.render.composed import ComposedIssue

DOMAIN = "digest.example"
LIST_HEADERS = ("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID")


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> DkimSettings:
    """Make both keys once: an RSA key takes its time."""
    folder = tmp_path_factory.mktemp("keys")
    private: dict[str, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey] = {
        "rsa.pem": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "ed25519.pem": ed25519.Ed25519PrivateKey.generate(),
    }
    for name, key in private.items():
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / name).write_bytes(pem)
    return DkimSettings(key_file=folder / "rsa.pem", ed25519_key_file=folder / "ed25519.pem")


@pytest.fixture(scope="session")
def signer(keys: DkimSettings) -> Signer:
    return load_signer(keys, domain=DOMAIN)


def letter(signer: Signer, *, name: str = "Ada", text: str = "Hello.\n") -> bytes:
    composed = ComposedIssue(language="en", subject="Cold réads", html=f"<p>{text}</p>", text=text)
    write = personaliser(composed, of=issue(), sign=signer.sign)
    return write.letter(reader(7, name=name), key="2026-w24.7").message


def verified(signer: Signer, message: bytes) -> list[bool]:
    """Say of each signature whether it is good; DNS answers with the records that we print."""
    records = dict(key.record for key in signer.keys)

    def dns(name: bytes, timeout: float = 5) -> bytes:
        del timeout
        return "".join(re.findall(r'"([^"]*)"', records[name.decode().rstrip(".")])).encode()

    judge = dkim.DKIM(message)
    found = []
    for index in range(len(signer.keys)):
        try:
            found.append(judge.verify(idx=index, dnsfunc=dns))
        except dkim.DKIMException:
            found.append(False)
    return found


def test_both_signatures_are_good(signer: Signer) -> None:
    message = letter(signer)
    assert message.count(b"DKIM-Signature:") == 2
    assert verified(signer, message) == [True, True]
    assert re.findall(rb"a=([a-z0-9-]+);", message) == [b"rsa-sha256", b"ed25519-sha256"]


@settings(max_examples=40)
@given(words=st.text(max_size=300) | st.sampled_from(HOSTILE))
def test_whatever_a_letter_says_its_signatures_are_good(signer: Signer, words: str) -> None:
    text = words.replace("\r", "").encode("utf-8", "replace").decode()
    assert verified(signer, letter(signer, name=words, text=f"{text}\n")) == [True, True]


def test_r8_the_signature_covers_what_receivers_ask_for_and_from_twice(signer: Signer) -> None:
    message = message_from_bytes(letter(signer), policy=policy.compat32)
    for value in message.get_all("DKIM-Signature", []):
        (named,) = re.findall(r"\bh=([^;]*);", value)
        names = re.sub(r"\s", "", named).split(":")
        assert {
            "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
            "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID", "Reply-To",
        } <= set(names)  # fmt: skip
        assert all(names.count(name) == len(message.get_all(name, [])) + 1 for name in SIGNED)


@pytest.mark.parametrize("name", SIGNED)
def test_a_header_that_is_added_on_the_way_breaks_them(signer: Signer, name: str) -> None:
    message = letter(signer)
    added = f"{name}: evil@example.com\r\n".encode()
    assert verified(signer, added + message) == [False, False]
    assert verified(
        signer, message.replace(b"\r\nMIME-Version:", b"\r\n" + added + b"MIME-Version:")
    ) == [False, False]


@pytest.mark.parametrize("name", LIST_HEADERS)
def test_a_list_header_that_is_altered_or_lost_breaks_them(signer: Signer, name: str) -> None:
    message = letter(signer)
    line = re.compile(rf"^{name}: .*\r\n".encode(), re.MULTILINE)
    assert verified(signer, line.sub(b"", message)) == [False, False]
    assert verified(signer, line.sub(f"{name}: x\r\n".encode(), message)) == [False, False]


def test_another_word_in_the_body_breaks_them(signer: Signer) -> None:
    assert verified(signer, letter(signer).replace(b"Hello.", b"Hullo.", 1)) == [False, False]


def test_headers_that_are_folded_anew_on_the_way_break_nothing(signer: Signer) -> None:
    message = letter(signer)
    folded = message.replace(b"List-Unsubscribe: <", b"LIST-UNSUBSCRIBE:\r\n\t  <")
    assert folded != message
    assert verified(signer, folded) == [True, True]


def test_the_lines_of_a_signature_are_short(signer: Signer) -> None:
    head = letter(signer).partition(b"To: ")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78


def test_the_self_test_passes_with_signatures(signer: Signer) -> None:
    self_test(sign=signer.sign)
    with pytest.raises(UnsafeMailError, match="subject"):
        self_test(sign=lambda message: message.replace(b"Subject:", b"Subject: oh"))


def test_a_retry_is_signed_to_the_same_bytes(signer: Signer) -> None:
    assert letter(signer) == letter(signer)


def test_the_record_fits_into_dns(signer: Signer) -> None:
    (name, text), (short_name, short) = (key.record for key in signer.keys)
    assert name == "digest._domainkey.digest.example"
    assert short_name == "digest-ed25519._domainkey.digest.example"
    assert all(len(part) <= 255 for part in re.findall(r'"([^"]*)"', text))
    assert text.startswith('"v=DKIM1; k=rsa; p=MII')
    assert len(b64decode(short.rpartition("p=")[2].strip('"'))) == 32


def test_without_keys_nothing_is_signed() -> None:
    assert not DkimSettings().is_on


def test_a_parent_domain_may_sign_and_a_stranger_may_not(keys: DkimSettings) -> None:
    for ours in ("news.digest.example", "digest.example"):
        signer = load_signer(DkimSettings(domain=DOMAIN, key_file=keys.key_file), domain=ours)
        assert signer.keys[0].domain == DOMAIN
    for stranger in ("example", "xdigest.example.org", "notdigest.example"):
        with pytest.raises(ConfigurationError, match="no receiver would count"):
            load_signer(DkimSettings(domain=DOMAIN, key_file=keys.key_file), domain=stranger + "x")


@pytest.mark.parametrize("content", [None, b"", b"no key", b"encrypted", b"short", b"ed25519"])
def test_a_file_that_holds_no_usable_key_is_refused_without_repeating_it(
    tmp_path: Path, keys: DkimSettings, content: bytes | None
) -> None:
    path = tmp_path / "key.pem"
    if content == b"encrypted":
        key = ed25519.Ed25519PrivateKey.generate()
        secret = BestAvailableEncryption(b"pass")
        content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret)
    if content == b"ed25519":
        assert keys.ed25519_key_file
        content = keys.ed25519_key_file.read_bytes()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load_signer(DkimSettings(key_file=path), domain=DOMAIN)
    assert str(path) in str(caught.value)
    assert "PRIVATE" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [{"selector": ""}, {"selector": "a b"}, {"selector": "-a"}, {"ed25519_selector": "digest"}],
)
def test_a_selector_that_dns_could_not_hold_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="selector"):
        DkimSettings(**wrong)  # type: ignore[arg-type] # names are all it gets here
