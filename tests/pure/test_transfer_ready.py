"""Rows made ready: the quick way to read one says the same as the careful way, or leaves it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from people import KEYRING, NOW

from subscribers.formats import recognise
from subscribers.tokens import Keyring
from subscribers.transfer_ready import Maker, Newcomer, Order

ORDER = Order(
    file='a "list".csv',
    format="generic",
    source="the old tool's list",
    language="en",
    now=NOW,
    keyring=KEYRING,
)
OURS = ["email", "name", "status", "consent_source", "pace", "created_at"]
HEADERS = [
    ["email", "name", "status", "created_at"],
    ["email", "name", "status", "created_at", "tags", "language"],
    ["E-Mail", "First name", "opt in", "confirmed_at", "created_at", "note"],
    OURS,
]
LONG = "a" * 63
ADDRESSES = [
    "ada@example.org", "ADA.B+news@Example.ORG", " ada@example.org", "ada@example.org\u00a0", "",
    "jörg@example.org", "ada@müller.example.org", "ada@xn--mller-kva.example.org",
    "a..b@example.org",     "Ada <ada@example.org>", "mailto:ada@example.org",
    "'ada@example.org", "=ada@example.org",
    "ada@localhost", "ada@example.test", "ada@example.TEST", "ada@-x.example.org", "a'b@gmial.com",
    "info@mailinator.com", f"{LONG}a@example.org", f"{LONG}aa@example.org", f"ada@{LONG}.org",
    f"ada@{LONG}a.org", f"ada@{LONG}.{LONG}.{LONG}.example.org",
    "ada@deletion-request.substack.com", "ada@x.deletion-request.substack.com",
    "ada@example.org\n", "ada\n@example.org", "ada@a--b.org",
    "a_b@ex_ample.org", '"a b"@example.org', "ada@[192.0.2.1]", "ada@ex\u0430mple.org",
    "ada@example.c",
]  # fmt: skip
NAMES = [
    "", "Ada L.", " Ada ", "Ada  L.", "Ada\tL.", "José", "\u202eadA", "x" * 201, " " * 3, "'-5",
    '"Ada"', "Ada\\N", "\x00",
]  # fmt: skip
STATUSES = ["", "subscribed", " Active ", "unsubscribed", "bounced", "who knows", "pending", "1"]
TIMES = [
    "", "2024-02-01T10:11:12Z", "2024-02-01 10:11:12", "2024-02-01", "2024-02-30", "2024-13-01",
    "2031-01-01T00:00:00Z", "2024-02-01T24:00:00Z", "2024-02-01T10:11:60Z", "20240201T101112.123Z",
    "2024-02-01T10:11:12+05:30", "2024-02-01T10:11:12.5Z", "01/02/2024", "0000-01-01",
    "2024-02-01Z", "2024-02-01 10:11:12 UTC", "٢٠٢٤-02-01", "9999-12-31T23:59:59-05:00",
    NOW.isoformat(),
]  # fmt: skip


def cases() -> list[list[str]]:
    """Return rows in which one cell after another, and two of them, are odd."""
    usual = ("ada@example.org", "Ada", "subscribed", "2024-02-01T10:11:12Z")
    columns = (ADDRESSES, NAMES, STATUSES, TIMES)
    rows = [
        [*usual[:place], cell, *usual[place + 1 :]]
        for place, cells in enumerate(columns)
        for cell in cells
    ]
    rows += map(list, product(ADDRESSES[:3], NAMES[:3], STATUSES[:3], TIMES[:4]))
    short = [row[:length] for row in rows[:3] for length in (0, 1, 3)]
    more = [
        [*row, *rest]
        for row in rows[:3]
        for rest in (
            ["vip"],
            ["", ""],
            ["vip", ""],
            ["", "de"],
            ["", "", "x"],
            ["unsubscribed", ""],
        )
    ]
    return [*rows, *short, *more, *([*row, "2024-02-01", ""] for row in rows)]


@pytest.mark.parametrize("header", HEADERS, ids=",".join)
@pytest.mark.parametrize(
    "order",
    [
        ORDER,
        replace(ORDER, source=""),
        replace(ORDER, keyring=Keyring((b"new", b"old")), now=NOW - timedelta(days=2000)),
    ],
    ids=["a source", "no source", "two secrets, long ago"],
)
def test_the_quick_way_says_the_same_as_the_careful_way_or_leaves_the_row(
    header: Sequence[str], order: Order
) -> None:
    layout, _ = recognise(header)
    maker = Maker(layout, order)
    left = []
    for line, cells in enumerate(cases(), start=2):
        ready = maker.plain(line, list(cells))
        if ready is None:
            left.append(cells)
        else:
            assert ready == maker.careful(line, list(cells)), cells
    is_quick = bool(order.source) and header is not OURS
    assert (len(left) < len(cases())) is is_quick


def test_a_usual_row_goes_the_quick_way() -> None:
    layout, _ = recognise(HEADERS[0])
    found = Maker(layout, ORDER).plain(2, ["Ada@Example.org", "Ada", "active", "2024-02-01"])
    assert found is not None
    typed, keys, doubts, values = found
    assert (typed, doubts, Newcomer._make(values).email) == (
        "Ada@Example.org",
        (),
        "Ada@example.org",
    )
    assert keys == KEYRING.mailbox_keys("ada@example.org")
