"""The states of an edition, and which may follow which."""

from enum import StrEnum


class EditionState(StrEnum):
    """What has become of a period's issue."""

    DRAFT = "draft"
    HELD = "held"  # the schedule will not take it
    APPROVED = "approved"
    FROZEN = "frozen"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    EMPTY = "empty"
    FAILED = "failed"  # closed by the operator, with people not served
    WITHDRAWN = "withdrawn"


OPEN = frozenset({EditionState.DRAFT, EditionState.HELD, EditionState.APPROVED})
"""Nothing is sealed yet: posts and words may still change."""

GOING = frozenset({EditionState.FROZEN, EditionState.SENDING})
"""Sealed, and letters are to be handed over."""

SEALED = frozenset(EditionState) - OPEN - {EditionState.EMPTY}
"""The words are frozen, and its posts are taken."""

MAY_FOLLOW: dict[EditionState, frozenset[EditionState]] = {
    EditionState.DRAFT: OPEN | {EditionState.FROZEN, EditionState.EMPTY},
    EditionState.HELD: OPEN | {EditionState.EMPTY},
    EditionState.APPROVED: OPEN | {EditionState.FROZEN, EditionState.EMPTY},
    EditionState.FROZEN: frozenset(
        {EditionState.SENDING, EditionState.PAUSED, EditionState.FAILED}
    ),
    EditionState.SENDING: frozenset({EditionState.PAUSED, EditionState.SENT, EditionState.FAILED}),
    EditionState.PAUSED: frozenset({EditionState.SENDING, EditionState.FAILED}),
    EditionState.SENT: frozenset({EditionState.WITHDRAWN, EditionState.SENDING}),  # resend
    EditionState.EMPTY: frozenset(),
    EditionState.FAILED: frozenset({EditionState.WITHDRAWN}),
    EditionState.WITHDRAWN: frozenset(),
}
