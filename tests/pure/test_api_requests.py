"""What goes into one request to a mail API, and what its answer may say."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import UnfitError
from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Verdict
from digest.mail.sheet import Hole, Sheet, cut, filled, sheet_of
from digest.providers.batching import groups
from digest.providers.brevo import Brevo, BrevoSettings
from digest.providers.capabilities import Capabilities
from digest.providers.party import Again, Answer
from digest.providers.pattern import Pattern, listed
from digest.providers.sparkpost import Sparkpost, SparkpostSettings
from digest.providers.status import LONGEST_TEXT, scrubbed, seconds_to_wait
from digest.providers.wording import fingerprint, shown_name

NOW = datetime(2026, 6, 15, 5, 0, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def sheet(text: str = "Hello") -> Sheet:
    return Sheet(
        from_name="D", from_address="d@d.example", reply_to="", subject="S", text=(text,), html=()
    )


def letter(number: int, *, of: Sheet | None = None, recipient: str = "") -> Letter:
    address = recipient or f"r{number}@reader.test"
    return Letter(key=str(number), sender="b@d.example", recipient=address, sheet=of, values={})


@given(words=st.lists(TEXT, min_size=1, max_size=4), value=TEXT, key=TEXT)
def test_json_with_holes_is_the_json_of_the_filled_text(
    words: list[str], value: str, key: str
) -> None:
    hole = Hole("x_own")
    pieces = tuple(piece for word in words for piece in (word, hole))
    pattern = Pattern({key: pieces, "one": hole, "list": [hole, True, {"deep": words[0]}]})
    made = json.loads(b"".join(listed([pattern.parts({"x_own": value})] * 2)))
    whole = value.join([*words, ""])
    wanted = {key: whole, "one": value, "list": [value, True, {"deep": words[0]}]}
    assert made in ([wanted] * 2, [{**wanted, key: made[0][key]}] * 2)


@given(words=st.lists(st.sampled_from(["xAx", "xBx", "a", "{{x}}", ""]), max_size=8))
def test_a_text_cut_at_its_markers_is_the_same_when_filled(words: list[str]) -> None:
    text = "".join(words)
    pieces = cut(text, holes={"xAx": "first", "xBx": "second"})
    assert filled(pieces, values={"first": "xAx", "second": "xBx"}) == text
    assert "" not in pieces


def test_a_message_that_names_nobody_is_no_sheet() -> None:
    with pytest.raises(UnfitError, match="without From"):
        sheet_of(b"Subject: x\r\n\r\ny\r\n", holes={})


def test_line_ends_hidden_in_a_header_stay_one_line() -> None:
    hidden = b"=?utf-8?q?hello=0D=0ABcc:_evil=40x?="
    rest = b"List-Id: " + hidden + b"\r\nSubject: " + hidden + b"\r\n\r\ny\r\n"
    read = sheet_of(b"From: D <d@d.example>\r\n" + rest, holes={})
    assert read.subject == "hello Bcc: evil@x"
    assert [*read.headers] == ["List-Id"]
    assert not set("\r\n") & set(str(filled(read.headers["List-Id"], values={})))
    with pytest.raises(UnfitError, match="From"):
        sheet_of(b"From: " + hidden + b" <d@d.example>\r\n" + rest, holes={})


def test_letters_are_grouped_by_sheet_where_the_provider_fills_them() -> None:
    one, other = sheet(), sheet("Bonjour")
    mixed = [letter(number, of=(one, other)[number % 2]) for number in range(10)]
    filling = Capabilities(takes="sheet", batch=4, fills=True)
    found = [[int(one.key) for one in group] for group in groups(mixed, capabilities=filling)]
    assert sorted(found) == [[0, 2, 4, 6], [1, 3, 5, 7], [8], [9]]
    whole = Capabilities(takes="sheet", batch=4)
    assert [len(group) for group in groups(mixed, capabilities=whole)] == [4, 4, 2]


def test_a_group_has_no_more_bytes_than_a_request_and_nobody_twice() -> None:
    large = sheet("x" * 10_000)
    small = Capabilities(takes="sheet", batch=100, batch_bytes=35_000)
    letters = [letter(number, of=large) for number in range(7)]
    assert [len(group) for group in groups(letters, capabilities=small)] == [3, 3, 1]
    twice = [letter(number, of=large, recipient="Ada@reader.test") for number in range(2)]
    assert [len(group) for group in groups(twice, capabilities=small)] == [1, 1]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("Mon, 15 Jun 2026 05:01:00 GMT", 60),
        ("Mon, 15 Jun 2026 04:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("1e9", None),
        ("Mon, 15 Jun 2026 05:01:00", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_nothing_else(
    said: str, seconds: float | None
) -> None:
    answer = Answer(status=429, headers={"retry-after": said}, body=b"")
    assert seconds_to_wait(answer, now=NOW) == seconds


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Invalid 'To' address: 'ada@reader.test'.", "Invalid 'To' address: '<address>'."),
        ("key s3cret is\r\nwrong", "key ... is wrong"),
        ("Ada <ada+tag@sub.reader.test>, no", "Ada <<address>>, no"),
        ("a\x00b\x1b[31m", "ab[31m"),
    ],
)
def test_words_of_a_provider_lose_addresses_and_secrets(text: str, shown: str) -> None:
    assert scrubbed(text, secrets=("s3cret", "")) == shown
    assert len(scrubbed(text * 100, secrets=())) <= LONGEST_TEXT


def test_a_request_is_known_by_its_letters_and_their_words() -> None:
    one, other = sheet(), sheet("Bonjour")
    same = fingerprint([letter(1, of=one), letter(2, of=one)])
    assert same == fingerprint([letter(1, of=one), letter(2, of=one)])
    others = (
        [letter(1, of=one)],
        [letter(1, of=other), letter(2, of=other)],
        [letter(1, of=one, recipient="x@reader.test"), letter(2, of=one)],
    )
    assert same not in map(fingerprint, others)


@pytest.mark.parametrize("name", ["Ada", "Ada Lovelace", "Jörg Müller-Lüdenscheidt", "李小龙"])
def test_a_plain_name_is_shown(name: str) -> None:
    assert shown_name(letter(1)._replace(name=name)) == name


@pytest.mark.parametrize("name", ["", "Lovelace, Ada", 'A "B" C', "a@b.example", "x <y>", "a\r\nb"])
def test_a_name_that_providers_mangle_is_not_shown(name: str) -> None:
    assert shown_name(letter(1)._replace(name=name)) == ""


PAIR = [letter(1), letter(2)]


@pytest.mark.parametrize(
    ("message", "is_reader"),
    [
        ("email is not valid in to", True),
        ("to is not valid in messageVersions", True),
        ("messageVersions is not allowed for your account", False),
        ("messageVersions: the number of recipients exceeds the limit of your plan", False),
        ("Invalid htmlContent in messageVersions", False),
        ("sender is not valid, please go to Senders page", False),
    ],
)
def test_brevo_speaks_of_a_reader_only_where_it_names_to(
    message: str,
    is_reader: bool,  # noqa: FBT001 - a case of the table
) -> None:
    said = {"code": "invalid_parameter", "message": message}
    answer = Answer(status=400, headers={}, body=json.dumps(said).encode())
    reading = Brevo(BrevoSettings(key="k")).read(answer, letters=PAIR)
    assert (reading is Again.SPLIT) == is_reader
    assert is_reader or (isinstance(reading, Outcome) and reading.verdict is Verdict.CONFIG)


@pytest.mark.parametrize(
    ("code", "message", "description", "is_reader"),
    [
        (5002, "At least one valid recipient is required", None, True),
        ("5002", "At least one valid recipient is required", "none", True),
        ("1300", "invalid data format/type", "invalid recipient address.email: Ada", True),
        ("1902", "Message generation rejected", "recipient address suppressed by policy", True),
        ("1902", "Message generation rejected", "recipient count exceeds your plan", False),
        ("1300", "invalid data format/type", "Error validating domain name of from", False),
        ("1400", "required field is missing", "recipients or list_id required", False),
        ("1901", "substitution error", "recipients: bad substitution data", False),
    ],
)
def test_sparkpost_speaks_of_a_reader_only_where_it_names_an_address(
    code: int | str,
    message: str,
    description: str | None,
    is_reader: bool,  # noqa: FBT001 - a case of the table
) -> None:
    said = {"errors": [{"code": code, "message": message, "description": description}]}
    answer = Answer(status=422, headers={}, body=json.dumps(said).encode())
    party = Sparkpost(SparkpostSettings(key="k", their_unsubscribe=True))
    reading = party.read(answer, letters=PAIR)
    assert (reading is Again.SPLIT) == is_reader
    assert is_reader or (isinstance(reading, Outcome) and reading.verdict is Verdict.CONFIG)
    assert is_reader or message in str(reading)
