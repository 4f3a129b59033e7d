"""What in a subject makes filters and people take a mail for advertising; pure.

Kept to what can be defended: each pattern is a rule of SpamAssassin's own set (its name beside
it), or a promise that the mail does not keep. Words as such are innocent.
"""

import re
from collections.abc import Iterator

from digest.checks.finding import Finding

_CURE = "give it another one: digest issue words --subject TEXT"
_SHORTEST = 10  # letters; "PEP 703" is no shouting
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("pretends to be an answer", re.compile(r"(re|fwd?|aw|wg):", re.IGNORECASE)),  # FAKE_REPLY
    ("has several exclamation marks", re.compile(r".*!.*!")),  # PLING_PLING
    ("has signs of money in a row", re.compile(r".*[$€£]\s*[$€£]")),
    ("offers something for free", re.compile(r".*\b100 ?% free\b", re.IGNORECASE)),  # PERCENT_FREE
    ("urges people to act", re.compile(r".*\b(act|buy|order) now\b", re.IGNORECASE)),  # URGENT
)


def wording(subject: str) -> Iterator[Finding]:
    """Say what in a subject does harm."""
    letters = [char for char in subject if char.isalpha()]
    shouts = len(letters) >= _SHORTEST and subject.isupper()
    reasons = [reason for reason, sign in _SIGNS if sign.match(subject)]
    for reason in ["is written in capitals", *reasons] if shouts else reasons:
        sentence = f"subject: {subject!r} {reason}, as advertising does"
        yield Finding(level="warning", sentence=sentence, cure=_CURE)
