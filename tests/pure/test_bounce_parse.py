"""Mail that came back: what it is, whatever its bytes, and which letter it is about."""

import base64
import quopri
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import KEYRING

from digest.bounces.judge import judge
from digest.bounces.opened import LONGEST, fields_of, open_mail
from digest.bounces.parse import Report, parse
from digest.bounces.proof import Proof, proof_in
from digest.mail.event import Kind
from digest.mail.returnpath import ReturnPath
from subscribers.tokens import Keyring, Purpose

SAMPLES = sorted((Path(__file__).parents[1] / "fixtures" / "bounces").glob("*.eml"))
MEANT = {
    "hard": Kind.HARD_BOUNCED, "soft": Kind.SOFT_BOUNCED, "ours": Kind.REFUSED,
    "late": Kind.DEFERRED, "complaint": Kind.COMPLAINED, "replied": Kind.REPLIED,
    "delivered": Kind.DELIVERED, "accepted": Kind.ACCEPTED, "unsubscribed": Kind.UNSUBSCRIBED,
    "unknown": Kind.UNKNOWN,
}  # fmt: skip
OURS = ReturnPath(domain="bounce.digest.example", keyring=KEYRING)
KEY = "2026-w24.7"


def raw(name: str) -> bytes:
    (path,) = [sample for sample in SAMPLES if sample.stem == name]
    return path.read_bytes()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_b12_each_system_is_understood(sample: Path) -> None:
    meant = sample.name.partition(".")[0]
    report = parse(sample.read_bytes())
    assert report.kind is MEANT[meant]
    assert "@" not in (report.detail or "")
    if meant in {"hard", "soft", "ours", "late"} and report.recipient is not None:
        assert report.recipient == "ada@reader.example"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_b12_a_damaged_bounce_is_never_worse_for_the_reader(sample: Path) -> None:
    """Cut off anywhere, with other line ends or in another charset, soft does not become hard."""
    whole = sample.read_bytes()
    mild = parse(whole).kind is not Kind.HARD_BOUNCED
    forms = [whole[: len(whole) * part // 12] for part in range(13)]
    forms += [whole.replace(b"\n", b"\r\n"), whole.replace(b"utf-8", b"x-no-such-charset")]
    forms += [whole.replace(b"boundary=", b"boundery="), whole.replace(b"=_b", b"=_c", 1)]
    for form in forms:
        assert not (mild and parse(form).kind is Kind.HARD_BOUNCED)


def report_of(kind: str, *parts: tuple[str, bytes], encoding: str) -> bytes:
    """Write a report of these parts, each of a type and with its words, in an encoding."""
    writers: dict[str, Callable[[bytes], bytes]] = {
        "8bit": bytes, "BASE64": base64.encodebytes, "quoted-printable": quopri.encodestring,
    }  # fmt: skip
    write = writers[encoding]
    head = f"Subject: x\nContent-Type: multipart/report; report-type={kind}; boundary=B\n\n"
    return (
        head.encode()
        + b"".join(
            f"--B\nContent-Type: {name}\nContent-Transfer-Encoding: {encoding}\n\n".encode()
            + write(words)
            + b"\n"
            for name, words in (*parts, ("text/plain", b"see there"))
        )
        + b"--B--\n"
    )


@pytest.mark.parametrize("encoding", ["8bit", "BASE64", "quoted-printable"])
@pytest.mark.parametrize("name", ["global-delivery-status", "delivery-status"])
def test_the_parts_of_a_report_are_read_in_any_encoding(name: str, encoding: str) -> None:
    for action, code, kind in (
        ("failed", "5.1.1", Kind.HARD_BOUNCED),
        ("delayed", "4.4.1", Kind.DEFERRED),
        ("delivered", "2.0.0", Kind.DELIVERED),
    ):
        status = (
            "Reporting-MTA: dns; mx\n\nFinal-Recipient: utf-8; ada@reader.example\n"
            f"Action: {action}\nDiagnostic-Code: smtp; 550 {code} {'für uns ' * 12}\n"
            f"Status: {code}\n"
        )
        part = (f"message/{name}", status.encode())
        report = parse(report_of("delivery-status", part, encoding=encoding))
        assert (report.kind, report.recipient) == (kind, "ada@reader.example")


@pytest.mark.parametrize("encoding", ["8bit", "BASE64", "quoted-printable"])
def test_a_complaint_is_read_in_any_encoding_and_so_is_its_letter(encoding: str) -> None:
    letter = f"Return-Path: <{OURS.address(KEY)}>\nSubject: the news\n\nHello\n".encode()
    parts = (
        ("message/feedback-report", b"Feedback-Type: abuse\nVersion: 1\n"),
        ("message/rfc822", letter),
    )
    report = parse(report_of("feedback-report", *parts, encoding=encoding))
    assert report.kind is Kind.COMPLAINED
    assert OURS.address(KEY) in report.returned


@pytest.mark.parametrize("cut", range(300, 420, 7))
def test_what_was_cut_off_in_base64_is_read_up_to_there(cut: int) -> None:
    status = b"Reporting-MTA: dns; mx\n\nAction: failed\nStatus: 5.1.1\n" + b"X: y\n" * 40
    whole = report_of("delivery-status", ("message/delivery-status", status), encoding="BASE64")
    assert parse(whole[:cut]).kind is Kind.HARD_BOUNCED


def test_what_a_standard_report_says_is_told() -> None:
    assert parse(raw("hard.postfix")) == Report(
        kind=Kind.HARD_BOUNCED,
        recipient="ada@reader.example",
        code="550 5.1.1",
        detail=(
            "550 5.1.1 <<address>>: Recipient address rejected: User unknown in virtual mailbox"
            " table"
        ),
        returned=parse(raw("hard.postfix")).returned,
    )
    assert fields_of(parse(raw("hard.postfix")).returned)["message-id"].startswith("<2026-w24.1@")


JUDGED = (
    ("550 5.1.1 User unknown", "5.1.1", Kind.HARD_BOUNCED),
    ("550 Requested action not taken: mailbox unavailable", "", Kind.HARD_BOUNCED),
    ("", "5.1.1", Kind.HARD_BOUNCED),
    ("", "5.1.10", Kind.HARD_BOUNCED),
    ("450 4.1.1 <a@b.example>: unverified address: user unknown", "4.1.1", Kind.SOFT_BOUNCED),
    ("450 user unknown", "5.0.0", Kind.SOFT_BOUNCED),
    ("550 5.1.1 mailbox full", "5.1.1", Kind.SOFT_BOUNCED),
    ("552 5.2.2 Over quota", "5.2.2", Kind.SOFT_BOUNCED),
    ("", "5.2.2", Kind.SOFT_BOUNCED),
    ("550 5.1.1 User unknown; try again later", "5.1.1", Kind.SOFT_BOUNCED),
    ("No such file or directory", "5.3.0", Kind.SOFT_BOUNCED),
    ("TLS handshake failed: recipient's certificate is invalid", "5.0.0", Kind.SOFT_BOUNCED),
    ("554 Transaction failed", "5.0.0", Kind.SOFT_BOUNCED),
    ("", "5.0.0", Kind.SOFT_BOUNCED),
    ("", "", Kind.SOFT_BOUNCED),
    ("554 5.4.6 Too many hops", "5.4.6", Kind.SOFT_BOUNCED),
    ("550 5.7.1 User unknown", "5.1.1", Kind.REFUSED),
    ("550 5.1.1 user unknown (5.7.1)", "5.1.1", Kind.REFUSED),
    ("550 blocked: your IP has a poor reputation, user unknown", "5.1.1", Kind.REFUSED),
    ("550 5.1.8 Sender address rejected: Domain not found", "5.1.8", Kind.REFUSED),
    ("552 5.3.4 Message too big", "5.3.4", Kind.REFUSED),
    ("550 SPF check failed", "5.0.0", Kind.REFUSED),
    ("550 Administrative prohibition", "5.0.0", Kind.REFUSED),
    ("host unreachable; connect failed: user unknown", "5.0.0", Kind.SOFT_BOUNCED),
    ("550 5.1.1 user unknown, see https://mx.example/spam/blocked", "", Kind.HARD_BOUNCED),
    ("550 5.1.1 <spam@policy.example> user unknown at 195.7.46.14", "", Kind.HARD_BOUNCED),
    ("Recipient address invalid. LPN416 [416]", "", Kind.HARD_BOUNCED),
    ("all MX records point to non-existent hosts", "", Kind.HARD_BOUNCED),
    ("550 사용자를 찾을 수 없습니다", "", Kind.HARD_BOUNCED),
    ("550 Mottagaren finns inte här", "", Kind.HARD_BOUNCED),
    ("550 메일함 용량 초과", "", Kind.SOFT_BOUNCED),
    ("550 A felhasználó postafiókja megtelt, nem létezik hely", "", Kind.SOFT_BOUNCED),
    ("554 delivery error: dd Requested mail action aborted", "", Kind.SOFT_BOUNCED),
    ("550 5.1.1 recipient rejected: too many invalid recipients", "5.1.1", Kind.SOFT_BOUNCED),
    ("521 5.2.1 we will not accept delivery of this message", "5.2.1", Kind.REFUSED),
    ("550 5.1.1 not accepted because your IP is listed", "5.1.1", Kind.REFUSED),
    ("550 Your domain does not exist", "", Kind.REFUSED),
    ("550 The sender's address does not exist", "", Kind.REFUSED),
    ("550 this account is not allowed to receive mail from outsiders", "", Kind.REFUSED),
    ("554 DT:SPM mx12 user unknown", "", Kind.REFUSED),
    ("554 5.2.0 STOREDRV.Deliver.Exception:AccessDeniedException", "5.2.0", Kind.REFUSED),
    ("550 5.1.20 Multiple From addresses", "5.1.20", Kind.REFUSED),
)  # fmt: skip


@pytest.mark.parametrize(("reason", "status", "meant"), JUDGED)
def test_d12_codes_and_words_say_whose_fault_it_is(reason: str, status: str, meant: Kind) -> None:
    assert judge(reason, status=status) is meant
    assert judge(reason, status=status, is_failure=False) is Kind.DEFERRED


@given(st.sampled_from(["4.2.2", "4.4.1", "5.2.2", "5.7.1", "5.7.26", "4.7.0"]), st.text())
def test_r25_no_words_whatever_make_a_hard_bounce_of_such_a_code(code: str, words: str) -> None:
    assert judge(f"{words} user unknown", status=code) is not Kind.HARD_BOUNCED


@pytest.mark.parametrize(
    "reason",
    [
        "550 5.1.1 Recipient lookup failed: LDAP server not available",
        "550 User unknown: directory lookup failure, service unavailable",
        "550 5.1.1 address verification in progress",
        "550 user unknown (will retry)",
        "550 5.1.1 mailbox locked, user not found in cache",
        "550 5.1.1 Mailbox unavailable, database locked",
        "550 no such user: the directory is under maintenance",
        "550 Benutzerkonto ist voruebergehend deaktiviert",
        "550 该收件人不存在 (请稍后重试)",
        "550 Konto jest tymczasowo zablokowane, adres nie istnieje",
        "550 adres bestaat niet (tijdelijke storing)",
        "550 kontot är tillfälligt avstängt, användaren finns inte",
        "550 5.1.1 hors service momentanément: adresse inconnue",
        "550 hesap gecici olarak kapali, kullanici bulunamadi",
        "550 midlertidigt utilgængelig: brugeren findes ikke",
        "550 dočasně nedostupný, uživatel neexistuje",
        "550 väliaikaisesti poissa, käyttäjää ei löydy",
        "550 átmenetileg nem elérhető, nem létezik",
    ],
)
def test_whatever_may_pass_takes_no_reader_for_gone(reason: str) -> None:
    assert judge(reason) is Kind.SOFT_BOUNCED


def nested(depth: int) -> bytes:
    head = b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n'
    return b"".join(head % (n, n) for n in range(depth)) + b"\nx"


ROBOT = b"From: mailer-daemon@x.example\nSubject: undeliverable\n\n"
HTML = b"Content-Type: text/html\n\n"
REPORT = b"Content-Type: multipart/report; report-type=delivery-status"
STATUS = REPORT + b"; boundary=b\n\n--b\nContent-Type: message/delivery-status\n"
HOSTILE = (
    b"", b"\n", b"\x00\xff\xfe", b"From", b":", b"Content-Type:\n\n",
    b"Subject: " + b"x" * 1_000_000, b"From: " * 5_000, b"a@" * 30_000,
    REPORT + b"\n\n", STATUS + b"\n--b--", STATUS + b"Content-Transfer-Encoding: base64\n\n!!!",
    nested(20), nested(1_000), b"Content-Type: message/rfc822\n\n" * 2_000,
    b"Subject: =?idna?b?////?= =?x?q?=?=\n\n=",
    b"Content-Type: text/plain; charset=punycode\n\n\xff\xfe user unknown",
    HTML + b"<" * 60_000, HTML + b"<style" * 9_000, HTML + b"<!--" * 9_000, HTML + b"&#" * 20_000,
    ROBOT + b"user " * 20_000 + b"x@y.example", ROBOT + b"- " * 30_000,
    ROBOT + b"From: x\n" * 9_000,
)  # fmt: skip


@pytest.mark.parametrize("message", HOSTILE, ids=lambda message: repr(message[:24]))
def test_b12_no_bytes_whatever_break_it_or_suppress_anybody(message: bytes) -> None:
    assert parse(message).kind in {Kind.UNKNOWN, Kind.SOFT_BOUNCED}


@given(st.binary(max_size=400), st.sampled_from(SAMPLES), st.integers(0, 4_000))
def test_b12_noise_in_the_midst_of_a_bounce_breaks_nothing(
    noise: bytes, sample: Path, place: int
) -> None:
    whole = sample.read_bytes()
    report = parse(whole[:place] + noise + whole[place:])
    assert len(report.detail or "") <= 300


def test_a_bounce_of_a_bounce_says_nothing() -> None:
    inner = raw("hard.postfix")
    for name in ("hard.exim", "hard.postfix", "hard.qmail"):
        outer = raw(name)
        start = outer.index(b"Return-Path: <RETURN-PATH>")
        assert parse(outer[:start] + inner).kind is Kind.UNKNOWN


def test_line_ends_and_a_missing_empty_line_do_not_matter() -> None:
    whole = raw("hard.postfix")
    for form in (whole.replace(b"\n", b"\r\n"), whole.replace(b"\n", b"\r")):
        assert parse(form).kind is Kind.HARD_BOUNCED
    together = whole.replace(b"\n\nFinal-Recipient", b"\nFinal-Recipient")
    assert parse(together).kind is Kind.HARD_BOUNCED
    assert parse(together).code == "550 5.1.1"


def test_only_the_outer_report_counts() -> None:
    """A soft bounce that brings back a hard one stays soft."""
    soft, hard = raw("soft.postfix-full"), raw("hard.postfix")
    start = soft.index(b"Return-Path: <RETURN-PATH>")
    assert parse(soft[:start] + b"\n\n" + hard).kind is not Kind.HARD_BOUNCED


def test_only_the_begin_of_a_large_mail_is_read() -> None:
    message = raw("soft.no-reason") + b"x\n" * LONGEST + b"550 5.1.1 user unknown\n"
    assert parse(message).kind is Kind.SOFT_BOUNCED
    assert not open_mail(message).is_whole


def proven(message: bytes, *, envelope: tuple[str, ...] = ()) -> Proof | None:
    return proof_in(
        message,
        head=open_mail(message).head,
        returned=parse(message).returned,
        envelope=envelope,
        returns=OURS,
        keyring=KEYRING,
    )


def addressed(message: bytes, *, to: str, token: str = "") -> bytes:
    """Put an address where the return path stands in a sample, and a link into its letter."""
    link = f"List-Unsubscribe: <https://digest.example/u/{token}>\nList-Id:".encode()
    message = message.replace(b"RETURN-PATH", to.encode())
    return message.replace(b"List-Id:", link) if token else message


def test_r25_the_signed_return_path_proves_a_letter_wherever_it_stands() -> None:
    message = raw("hard.postfix")
    assert proven(addressed(message, to=OURS.address(KEY))) == Proof(key=KEY)
    assert proven(message, envelope=(OURS.address(KEY).upper(),)) == Proof(key=KEY)
    only_inside = message.replace(b"To: RETURN-PATH", b"To: bounces@digest.example", 1)
    assert proven(addressed(only_inside, to=OURS.address(KEY))) == Proof(key=KEY)


@pytest.mark.parametrize(
    "to",
    [
        "b+2026-w24.7@bounce.digest.example", "b+2026-w24.7-aaaaaaaaaaaaaaaa@bounce.digest.example",
        "digest@digest.example", "",
        ReturnPath(domain="x.example", keyring=Keyring((b"a stranger's",))).address(KEY),
        OURS.address(KEY).replace("w24.7", "w24.8"),
    ],
)  # fmt: skip
def test_a_forged_bounce_proves_nothing(to: str) -> None:
    for name in ("hard.postfix", "hard.exim", "hard.qmail", "complaint.abuse"):
        assert proven(addressed(raw(name), to=to)) is None


def test_the_envelope_wins_and_two_letters_in_one_place_are_none() -> None:
    other = OURS.address("2026-w24.8")
    message = addressed(raw("hard.postfix"), to=OURS.address(KEY))
    assert proven(message, envelope=(other,)) == Proof(key="2026-w24.8")
    assert proven(message.replace(b"To: ", f"To: {other}, ".encode(), 1)) is None


def test_r26_a_complaint_is_proven_by_the_readers_own_link() -> None:
    token = KEYRING.sign(42, purpose=Purpose.UNSUBSCRIBE)
    message = addressed(raw("complaint.abuse-headers"), to="redacted@x.example", token=token)
    assert proven(message) == Proof(key="2026-w24.1", reader=42)
    without = re.sub(rb"(?m)^Message-ID: <2026.*\n", b"", message)
    assert proven(without) == Proof(key=None, reader=42)
    forged = Keyring((b"a stranger's",)).sign(42, purpose=Purpose.UNSUBSCRIBE)
    assert proven(addressed(raw("complaint.abuse"), to="x@x.example", token=forged)) is None
