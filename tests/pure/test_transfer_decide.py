"""What becomes of a row: a "no" wins, and nobody who left is brought back."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from people import ADA, NOW

from subscribers.formats_words import Said
from subscribers.transfer_decide import Fate, Known, decide
from subscribers.transfer_record import Record, moment

BEFORE = NOW - timedelta(days=9)
A_READER = Known("confirmed", NOW)


def record(said: Said, *, left: bool = False) -> Record:
    nothing = dict.fromkeys(Record._fields, None)
    return Record(**{  # type: ignore[arg-type] # the fields that do not matter here
        **nothing, "mailbox": ADA.mailbox, "said": said, "word": "a word",
        "left_at": BEFORE if left else None,
    })  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What the file says, what is known, and what must come of it."""

    said: Said
    known: Known | None
    fate: Fate
    status: str = ""
    source: bool = True
    left: bool = False


@pytest.mark.parametrize(
    "case",
    [
        Case(Said.CONFIRMED, None, Fate.ACCEPTED, "confirmed"),
        Case(Said.CONFIRMED, None, Fate.PENDING, "pending", source=False),
        Case(Said.CONFIRMED, A_READER, Fate.KNOWN),
        Case(Said.CONFIRMED, Known("pending", None), Fate.ACCEPTED, "confirmed"),
        Case(Said.CONFIRMED, Known("pending", None), Fate.KNOWN, source=False),
        *(
            Case(Said.CONFIRMED, Known(status, None), Fate.REFUSED)
            for status in ("unsubscribed", "bounced", "complained", "erased")
        ),
        Case(Said.CONFIRMED, Known("confirmed", NOW, "suppressed"), Fate.REFUSED),
        Case(Said.CONFIRMED, Known(None, None, "suppressed"), Fate.REFUSED),
        Case(Said.PENDING, None, Fate.PENDING, "pending"),
        Case(Said.PENDING, A_READER, Fate.KNOWN),
        Case(Said.PENDING, Known("unsubscribed", None), Fate.REFUSED),
        Case(Said.UNSUBSCRIBED, None, Fate.CLOSED, "unsubscribed", source=False),
        Case(Said.UNSUBSCRIBED, A_READER, Fate.CLOSED, "unsubscribed"),
        Case(Said.UNSUBSCRIBED, A_READER, Fate.KNOWN, left=True),
        Case(Said.UNSUBSCRIBED, Known("confirmed", None), Fate.CLOSED, "unsubscribed", left=True),
        Case(Said.UNSUBSCRIBED, Known("complained", None), Fate.KNOWN),
        Case(Said.COMPLAINED, Known("unsubscribed", None), Fate.CLOSED, "complained"),
        Case(Said.COMPLAINED, Known("erased", None), Fate.KNOWN),
        Case(Said.BOUNCED, Known(None, None, "suppressed"), Fate.KNOWN),
        Case(Said.GONE, A_READER, Fate.REFUSED),
        Case(Said.UNKNOWN, None, Fate.REFUSED),
    ],
    ids=str,
)
def test_a_row_meets_its_fate(case: Case) -> None:
    decision = decide(record(case.said, left=case.left), case.known, has_source=case.source)
    assert (decision.fate, decision.status) == (case.fate, case.status)
    if case.fate is Fate.REFUSED:
        assert decision.why


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-06-12T06:00:00Z", NOW),
        ("2026-06-12T08:00:00.000+02:00", NOW),
        ("2026-06-12 06:00:00 UTC", NOW),
        ("2026-06-12 06:00:00", NOW),
        ("2026-06-12 11:30:00 +0530", NOW),
        ("2026-06-12", NOW.replace(hour=0)),
        ("03/04/2026", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("", None),
    ],
)
def test_times_are_read_as_exports_write_them(text: str, wanted: object) -> None:
    assert moment(text) == wanted
