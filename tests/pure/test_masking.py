"""What a log may not keep is taken out of every line, and what helps stays."""

import json
import logging
import sys

import pytest

from digest.logs import JsonFormatter, MaskedFormatter
from digest.masking import Mask, address

LINK_END = "1a.ABCDEFGHIJKLMNOPQRSTUV"  # the shape of a link's token


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ada@example.org has left", "a***@example.org has left"),
        ("RCPT TO:<ada+tag@mail.example.org>", "RCPT TO:<a***@mail.example.org>"),
        ("zoë@exämple.org, bob@localhost", "z***@exämple.org, b***@localhost"),
        (f"GET https://digest.example/u/{LINK_END} 200", "GET https://digest.example/u/*** 200"),
        (f"the token {LINK_END} is damaged", "the token *** is damaged"),
        ("postgresql+psycopg://digest:pw@db/digest", "postgresql+psycopg://digest:***@db/digest"),
        ("https://hc.example/ping/0f3b1a44-1111-4222-8333-123456789abc", "https://hc.example/ping/***"),
        ("/hook?token=abcdef&page=2", "/hook?token=***&page=2"),
        ("https://a.example/?api_key=abc", "https://a.example/?api_key=***"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer ***"),
        ("password hunter22, again hunter22", "password ***, again ***"),
        ("hunter%2F33 in a link", "*** in a link"),
    ],
)  # fmt: skip
def test_addresses_keys_and_secrets_are_covered(text: str, masked: str) -> None:
    assert Mask.of(["hunter22", "hunter/33"])(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/2026/06/12/how-we-built-a-multi-region-database: 10 new posts",
        "issue 2026-W24: 4,850 accepted, 30 deferred, 8 unknown",
        "took over from 2 senders that died or hang: 3 letters unknown",
        "carrier smtp: 421 4.7.0 Try again later, closing connection",
        "sqlite:////srv/digest/var/digest.sqlite3",
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert Mask()(text) == text


def test_a_short_secret_does_not_eat_the_log() -> None:
    assert Mask.of(["", "a", "smtp"])("smtp is a carrier") == "smtp is a carrier"


def test_one_address_is_shortened_to_its_first_letter() -> None:
    assert address("grace.hopper@example.org") == "g***@example.org"


def record(message: str, *values: object, **more: object) -> logging.LogRecord:
    error = ValueError("canary-secret at ada@example.org")
    try:
        raise error
    except ValueError:
        wrong = sys.exc_info()
    made = logging.LogRecord("digest.test", logging.ERROR, __file__, 1, message, values, wrong)
    vars(made).update(more)
    return made


def test_a_line_of_text_is_covered_with_its_traceback() -> None:
    line = MaskedFormatter(Mask.of(["canary-secret"])).format(record("lost %s", "bob@example.org"))
    assert line.startswith("ERROR digest.test: lost b***@example.org\nTraceback")
    assert line.endswith("ValueError: *** at a***@example.org")


def test_a_line_of_json_is_one_object_and_all_of_it_is_covered() -> None:
    formatter = JsonFormatter(Mask.of(["canary-secret"]))
    line = formatter.format(record("lost\n%s", "bob@example.org", reader="ada@example.org"))
    assert "\n" not in line
    said = json.loads(line)
    assert (said["level"], said["logger"]) == ("error", "digest.test")
    assert (said["message"], said["reader"]) == ("lost\nb***@example.org", "a***@example.org")
    assert said["error"].endswith("ValueError: *** at a***@example.org")
    assert said["time"].endswith("+00:00")
