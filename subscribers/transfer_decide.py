"""What becomes of one row of an import: pure, and never in favour of mailing somebody who left."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from subscribers.formats_words import Said
from subscribers.transfer_record import Record


class Fate(StrEnum):
    """What became of a row."""

    ACCEPTED = "accepted"  # a confirmed reader from now on
    PENDING = "pending"  # on the list, and gets no mail before they have confirmed
    CLOSED = "closed"  # noted as unsubscribed, bounced or complained: gets no mail
    KNOWN = "known"  # nothing changed
    REFUSED = "refused"  # nothing was written


class Known(NamedTuple):
    """What is known here of a mailbox; ``status`` is None where only a suppression is."""

    status: str | None
    confirmed_at: datetime | None
    barred: str = ""  # since when and why, or empty


class Decision(NamedTuple):
    """The fate, why in words, and the status that is to be written (empty: none)."""

    fate: Fate
    why: str = ""
    status: str = ""


_ACCEPTED = Decision(Fate.ACCEPTED, status="confirmed")
_KNOWN = Decision(Fate.KNOWN)
_NO_CONSENT = Decision(
    Fate.PENDING, "no source of their consent is named, so they have to confirm", "pending"
)
_NOT_CONFIRMED = Decision(Fate.PENDING, "they had not confirmed there either", "pending")
_GONE = Decision(Fate.REFUSED, "they were deleted there")
_AGREED_SINCE = Decision(Fate.KNOWN, "they agreed here after they had left there")
_NOS = frozenset({Said.UNSUBSCRIBED, Said.BOUNCED, Said.COMPLAINED})
# How much each says; a weaker word does not replace a stronger one.
_WEIGHT = {"pending": 0, "confirmed": 0, "unsubscribed": 1, "bounced": 2, "complained": 3}
_FINAL = 9


def decide(record: Record, known: Known | None, *, has_source: bool) -> Decision:
    """Say what becomes of a row with an address; ``has_source``: where they agreed is told.

    A "no" in the file wins over a "yes" here, unless the yes is known to be newer. A "yes" in the
    file brings nobody back who left, bounced, complained or was erased.
    """
    said = record.said
    if said is Said.CONFIRMED:
        return welcome(known, has_source=has_source)
    if said is Said.GONE:
        return _GONE
    if said is Said.UNKNOWN:
        word = f"{record.word!r}" if record.word else "empty"
        return Decision(Fate.REFUSED, f"their status is {word}, which is not to be guessed at")
    if said in _NOS:
        return _close(record, known)
    if known is None:
        return _NOT_CONFIRMED
    return _open(known)


def welcome(known: Known | None, *, has_source: bool) -> Decision:
    """Say what becomes of a row with an address that says "yes"."""
    if known is None:
        return _ACCEPTED if has_source else _NO_CONSENT
    if known.status == "pending" and has_source and not known.barred:
        return _ACCEPTED
    return _open(known)


def _close(record: Record, known: Known | None) -> Decision:
    said = record.said.value
    if known and known.barred:
        return Decision(Fate.KNOWN, f"must not be mailed: {known.barred}")
    if known is None or known.status is None:
        return Decision(Fate.CLOSED, f"{said} there", said)
    if _WEIGHT.get(known.status, _FINAL) >= _WEIGHT[said]:
        return Decision(Fate.KNOWN, f"{known.status} here")
    newer = known.confirmed_at and record.left_at and record.left_at < known.confirmed_at
    if newer and known.status == "confirmed":
        return _AGREED_SINCE
    return Decision(Fate.CLOSED, f"{said} there", said)


def _open(known: Known) -> Decision:
    if known.barred:
        return Decision(Fate.REFUSED, f"must not be mailed: {known.barred}")
    if known.status in {"pending", "confirmed"}:
        return _KNOWN
    return Decision(Fate.REFUSED, f"{known.status} here, and an import brings nobody back")
