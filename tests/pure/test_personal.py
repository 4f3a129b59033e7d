"""One reader's letter: slots filled, the rest of the bytes untouched."""

import random
import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape

from hypothesis import given
from hypothesis import strategies as st
from press import HOSTILE, issue, personaliser, reader

from digest.errors import UnfitError
from digest.mail.headers import clean
from digest.mail.mime import SenderSettings
from digest.render.composed import ComposedIssue
from digest.render.slots import Edge, Slot, leftovers, marker, without_personal_part

ISSUE = issue()
SEAL = ISSUE.seal
BEGIN, END = (marker(edge, seal=SEAL) for edge in (Edge.BEGIN, Edge.END))
EMAIL, DAY, URL, MANAGE, PAUSE = (marker(slot, seal=SEAL) for slot in Slot)


def composed(*, language: str = "en", filler: str = "Hello.\n") -> ComposedIssue:
    text = f"{filler}{BEGIN}\nYou, {EMAIL}, since {DAY}:\n  {URL}\n{END}\nBye.\n"
    html = f'<p>{escape(filler)}</p>{BEGIN}<p>{EMAIL} {DAY}</p><a href="{URL}">x</a>{END}<p>y</p>\n'
    return ComposedIssue(language=language, subject="Cold reads", html=html, text=text)


def parts(message: bytes) -> tuple[EmailMessage, str, str]:
    parsed = message_from_bytes(message, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    text, html = (part.get_content().replace("\r\n", "\n") for part in parsed.iter_parts())
    return parsed, text, html


def test_the_slots_are_filled_in_both_parts() -> None:
    letter = personaliser(composed(), of=ISSUE).letter(reader(7), key="2026-w24.7")
    message, text, html = parts(letter.message)
    url = "https://digest.example/u/7.AbCdEfGhIjKlMnOpQrStUv"
    assert text == f"Hello.\nYou, ada@example.org, since 3 May 2026:\n  {url}\nBye.\n"
    assert f'<p>ada@example.org 3 May 2026</p><a href="{url}">x</a><p>y</p>' in html
    assert (
        message["List-Unsubscribe"]
        == f"<{url}>, <mailto:digest@digest.example?subject=unsubscribe%20{url[-24:]}>"
    )


def test_each_address_has_a_token_of_its_own_and_stands_where_it_belongs() -> None:
    own = replace(composed(), text=f"{BEGIN}{MANAGE}\n{PAUSE}\n{URL}\n{END}")
    _, text, _ = parts(personaliser(own, of=ISSUE).letter(reader(7), key="k").message)
    token = "7.AbCdEfGhIjKlMnOpQrStUv"  # noqa: S105 - stands for one
    assert text.split() == [f"https://digest.example/{path}/{token}" for path in "lpu"]


def test_the_date_is_written_in_the_language_of_the_mail() -> None:
    letter = personaliser(composed(language="de"), of=ISSUE).letter(reader(), key="k")
    assert "since 3. Mai 2026:" in parts(letter.message)[1]


def test_the_envelope_names_the_delivery_and_one_mailbox() -> None:
    sender = SenderSettings(bounce_domain="bounce.digest.example")
    write = personaliser(composed(), of=ISSUE, sender=sender).letter
    letter = write(reader(email="ada@bücher.example"), key="2026-w24.123")
    assert letter.key == "2026-w24.123"
    assert re.fullmatch(r"b\+2026-w24\.123-[a-z2-7]{16}@bounce\.digest\.example", letter.sender)
    assert letter.recipient == "ada@xn--bcher-kva.example"
    message = parts(letter.message)[0]
    assert message["Message-ID"] == "<2026-w24.123@digest.example>"
    assert message["To"].addresses[0].addr_spec == letter.recipient


def test_a_retry_has_the_same_bytes_and_another_delivery_has_not() -> None:
    first, second = (personaliser(composed(), of=ISSUE) for _ in range(2))
    assert first.letter(reader(), key="a") == second.letter(reader(), key="a")
    assert first.letter(reader(), key="a").message != first.letter(reader(), key="b").message


@given(st.text(max_size=200) | st.sampled_from(HOSTILE))
def test_no_name_breaks_a_letter(name: str) -> None:
    letter = personaliser(composed(), of=ISSUE).letter(reader(name=name), key="k")
    assert letter.message.isascii()
    assert max(map(len, letter.message.split(b"\r\n"))) <= 998
    assert not re.search(rb"(?m)^\.", letter.message)
    assert parts(letter.message)[0]["To"].addresses[0].addr_spec == "ada@example.org"


@given(st.emails() | st.sampled_from(HOSTILE))
def test_an_address_is_written_or_refused(email: str) -> None:
    try:
        letter = personaliser(composed(), of=ISSUE).letter(reader(email=email), key="k")
    except UnfitError:
        return
    message, text, _ = parts(letter.message)
    assert message["To"].addresses[0].addr_spec == letter.recipient
    assert f"You, {clean(email)}, since" in text


def test_an_address_in_markup_is_escaped() -> None:
    letter = personaliser(composed(), of=ISSUE).letter(reader(email="a&b'c@example.org"), key="k")
    _, text, html = parts(letter.message)
    assert "a&b'c@example.org" in text
    assert "a&amp;b&#x27;c@example.org" in html


def test_three_hundred_letters_read_back_as_they_were_meant() -> None:
    dice = random.Random(24)
    filler = "\n".join(clean(text)[:300] for text in HOSTILE) + "\n"
    write = personaliser(composed(filler=filler), of=ISSUE)
    for number in range(300):
        email = f"{'.'.join(['reader'] * dice.randint(1, 8))}{number}@example.org"
        letter = write.letter(
            reader(number, email=email, name=dice.choice(HOSTILE)), key=f"k.{number}"
        )
        message, text, html = parts(letter.message)
        url = f"https://digest.example/u/{number}.AbCdEfGhIjKlMnOpQrStUv"
        assert text == f"{filler}You, {email}, since 3 May 2026:\n  {url}\nBye.\n"
        assert html.endswith(f'<p>{email} 3 May 2026</p><a href="{url}">x</a><p>y</p>\n')
        assert message["To"].addresses[0].addr_spec == email
        assert len(message.keys()) == 16
        assert letter.message.endswith(b"\r\n")
        assert (
            letter.message.count(b"\n")
            == letter.message.count(b"\r\n")
            == letter.message.count(b"\r")
        )
        assert max(map(len, letter.message.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76


def test_the_public_copy_has_nothing_personal_in_it() -> None:
    for body in (composed().text, composed().html):
        public = without_personal_part(body, seal=SEAL)
        assert SEAL[:16] not in public
        assert "Hello." in public
        assert "y" in public


def test_a_marker_of_another_issue_stays_text() -> None:
    other = replace(ISSUE, number=25)
    text = f"{marker(Slot.EMAIL, seal=other.seal)}\n"
    letter = personaliser(composed(filler=text), of=ISSUE).letter(reader(), key="k")
    assert parts(letter.message)[1].startswith(text)


def test_an_unknown_slot_is_named() -> None:
    assert leftovers(f"{EMAIL} x{SEAL[:16]}xNICKNAMEx", seal=SEAL) == ["NICKNAME"]
