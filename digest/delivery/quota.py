"""What an answer says about the carrier itself: its quota, and its wish for rest. Pure."""

import re

from digest.mail.outcome import Outcome, Stage, Verdict

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_LATER = re.compile(
    r"(?:again|retry|wait|after|later)\D{0,24}?(\d{1,5})\s*(s|m|h)(?:ec|in|our|rs|r)?\w*",
    re.IGNORECASE,
)
_SENDING_QUOTA = re.compile(
    r"\b(?:daily|hourly|monthly|sending|per (?:day|hour|month))\b[^.;]{0,40}"
    r"\b(?:quota|limits?|allowance|credits?)\b"
    r"|\b(?:quota|limits?|allowance|credits?)\b[^.;]{0,40}"
    r"\b(?:day|daily|hour|hourly|month|sending)\b"
    r"|maximum sending rate|throttling failure",
    re.IGNORECASE,
)
_QUOTA_CODE = "5.4.5"  # "daily sending quota exceeded", as Gmail's relays say it
_MAILBOX = re.compile(
    r"mailbox|inbox|recipient|storage|disk|over ?quota|too large|size limit|connection",
    re.IGNORECASE,
)
_OF_A_MAILBOX = re.compile(r"[45]\.2\.[0-9]+")  # RFC 3463: of one mailbox
_WAIT_HERE = frozenset({429})
_SAYING = frozenset({Verdict.RETRY, Verdict.REFUSED, Verdict.CONFIG})


def is_spent(outcome: Outcome) -> bool:
    """Tell whether a refusal speaks of what this carrier takes from us in a day, not of a letter.

    An API that answers 429, or asks to be left alone, has been asked again as often as makes
    sense; only what is not counted is a wish for a moment's rest. A reader's full mailbox is a
    quota, too, but none of ours.
    """
    if outcome.verdict not in _SAYING:
        return False
    if outcome.stage is Stage.REQUEST and (
        outcome.code in _WAIT_HERE or outcome.retry_after is not None
    ):
        return outcome.verdict is Verdict.RETRY and outcome.counted
    enhanced = outcome.enhanced or ""
    if _OF_A_MAILBOX.fullmatch(enhanced) or _MAILBOX.search(outcome.text):
        return False
    return enhanced == _QUOTA_CODE or _SENDING_QUOTA.search(outcome.text) is not None


def rest_of(outcome: Outcome) -> float | None:
    """Return for how many seconds we are asked to wait; None when nothing is said."""
    if outcome.retry_after is not None:
        return outcome.retry_after
    found = _LATER.search(outcome.text) if outcome.verdict is Verdict.RETRY else None
    return float(found[1]) * _UNITS[found[2].lower()] if found else None
