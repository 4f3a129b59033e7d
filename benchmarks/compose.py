"""What a letter costs: composed, filled in and signed; against what people use today."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from letters import make_composer, make_issue, press, reader

from digest.mail.dkim import SIGNED, DkimSettings
from digest.mail.keys import load_signer
from digest.render.composed import ComposedIssue
from digest.render.personal import Personaliser
from subscribers.person import Person

POSTS = 20  # of the variant that is composed
_POSTS_OF_60_KB = 28
_DOMAIN = "digest.example"
_LINK = f"https://{_DOMAIN}/u/{{}}.AbCdEfGhIjKlMnOpQrStUv"

Row = dict[str, Any]


def measure(*, quick: bool = False) -> list[Row]:
    """Return what composing, filling and signing cost, beside others in the same run."""
    made = press(_POSTS_OF_60_KB)
    letter = made.letter(0).message
    return [
        _composing(quick=quick),
        *_filling(made.personaliser, made.composed, size=len(letter), quick=quick),
        *_signing(letter, quick=quick),
    ]


def _composing(*, quick: bool) -> Row:
    """Compose issues whose words are new each time, by a composer that is warm."""
    times = 3 if quick else 10
    composer = make_composer(12)  # as many in full as the settings say, the others by title
    issues = iter([make_issue(POSTS, about=f"Reads {n}") for n in range(8 * times)])
    milliseconds = 1e3 * _seconds_each(
        lambda _: composer.compose(next(issues), language="en"), times=times
    )
    return {
        "name": f"compose a variant of {POSTS} posts, milliseconds of CPU",
        "ratio": round(milliseconds, 1),
        "must": "<= 30",
        "reference": "the clock",
        "note": f"median {milliseconds:.1f} ms, warm, no words seen before",
    }


def _filling(
    personaliser: Personaliser, composed: ComposedIssue, *, size: int, quick: bool
) -> list[Row]:
    times = 500 if quick else 2000
    readers, keys = [reader(n) for n in range(times)], [f"2026-w24.{n}" for n in range(times)]
    ours = _seconds_each(lambda n: personaliser.letter(readers[n], key=keys[n]), times=times)
    theirs = _seconds_each(lambda n: _build(composed, readers[n]), times=5 if quick else 20)
    note = f"{size / 1000:.0f} KB, {ours * 1e6:.1f} us against {theirs * 1e6:.0f} us"
    reference = "EmailMessage(policy=SMTP).as_bytes()"
    return [
        {
            "name": "fill one letter, times cheaper than EmailMessage",
            "ratio": round(theirs / ours, 1),
            "must": ">= 300",
            "reference": reference,
            "note": note,
        },
        {
            "name": "fill one letter, microseconds",
            "ratio": round(ours * 1e6, 1),
            "must": "<= 30",
            "reference": "the clock",
            "note": note,
        },
    ]


def _signing(letter: bytes, *, quick: bool) -> list[Row]:
    rsa = generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    short = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    with tempfile.TemporaryDirectory() as folder:
        path, short_path = Path(folder) / "rsa.pem", Path(folder) / "ed25519.pem"
        path.write_bytes(rsa)
        short_path.write_bytes(short)
        signer = load_signer(DkimSettings(key_file=path), domain=_DOMAIN)
        shorter = load_signer(DkimSettings(ed25519_key_file=short_path), domain=_DOMAIN)
    names = [name.lower().encode() for name in SIGNED]
    times = 20 if quick else 200
    ours = _seconds_each(lambda _: signer.sign(letter), times=times)
    small = _seconds_each(lambda _: shorter.sign(letter), times=times)
    theirs = _seconds_each(
        lambda _: dkim.sign(letter, b"digest", _DOMAIN.encode(), rsa, include_headers=names),
        times=2 if quick else 10,
    )
    note = (
        f"RSA-2048: {ours * 1e3:.2f} ms against {theirs * 1e3:.1f} ms;"
        f" Ed25519: {small * 1e3:.2f} ms"
    )
    return [
        {
            "name": "sign one letter (DKIM), milliseconds",
            "ratio": round(ours * 1e3, 2),
            "must": "<= 1.5",
            "reference": "the clock",
            "note": note,
        },
        {
            "name": "sign one letter (DKIM), times cheaper than dkimpy",
            "ratio": round(theirs / ours, 1),
            "must": ">= 5",
            "reference": "dkim.sign()",
            "note": note,
        },
    ]


def _seconds_each(work: Callable[[int], object], *, times: int) -> float:
    """Return the median of seven runs, after one to warm up; of our own time, not of others."""
    runs = []
    for _ in range(8):
        start = time.process_time()
        for number in range(times):
            work(number)
        runs.append((time.process_time() - start) / times)
    return statistics.median(runs[1:])


def _build(composed: ComposedIssue, person: Person) -> bytes:
    """Build the message the usual way; the text is not even personalised."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "The Weekly Dive <digest@digest.example>"
    message["To"] = f"{person.name} <{person.email}>"
    message["Subject"] = composed.subject
    message["Message-ID"] = f"<2026-w24.{person.subscriber_id}@digest.example>"
    message["List-Unsubscribe"] = f"<{_LINK.format(person.subscriber_id)}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(composed.text, cte="quoted-printable")
    message.add_alternative(composed.html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(row)
