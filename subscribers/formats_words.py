"""The words with which other tools say what a person is to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Said(StrEnum):
    """What an export says of one person."""

    CONFIRMED = "confirmed"
    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    GONE = "gone"  # removed over there, and to be forgotten
    UNKNOWN = "unknown"  # a word that must not be guessed at


_FROM_MILD_TO_STRICT = (
    Said.CONFIRMED,
    Said.PENDING,
    Said.UNKNOWN,
    Said.UNSUBSCRIBED,
    Said.BOUNCED,
    Said.COMPLAINED,
    Said.GONE,
)
WEIGHT = {said: weight for weight, said in enumerate(_FROM_MILD_TO_STRICT)}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What the cells of one column say, written small; None says nothing.

    ``other`` is what every word says that is not listed.
    """

    column: str
    words: Mapping[str, Said | None]
    other: Said = Said.UNKNOWN


def _words(**lists: str) -> dict[str, Said | None]:
    return {word: Said(said) for said, words in lists.items() for word in words.split("|")}


KIT = _words(
    confirmed="active|confirmed|cold",
    pending="inactive|unconfirmed",
    unsubscribed="cancelled|canceled|unsubscribed",
    bounced="bounced",
    complained="complained",
)
# The paid states of Buttondown are about money: whoever owes some still reads.
BUTTONDOWN = _words(
    confirmed="regular|premium|trialed|gifted|unpaid|churning|past_due|paused|churned",
    pending="unactivated",
    unsubscribed="unsubscribed",
    bounced="undeliverable|spammy",
    complained="complained|blocked",
    gone="removed",
)
LISTMONK = _words(
    confirmed="enabled",
    unsubscribed="disabled",
    complained="blocklisted",
)
GENERIC = _words(
    confirmed="confirmed|subscribed|subscriber|active|enabled|regular|opted in|opt-in|yes|true|1",
    pending="pending|unconfirmed|unactivated|not confirmed|awaiting confirmation",
    unsubscribed="unsubscribed|inactive|disabled|cancelled|canceled|opted out|opt-out|removed|left"
    "|no|false|0",
    bounced="bounced|bounce|cleaned|undeliverable|invalid|hard bounce",
    complained="complained|complaint|spam|abuse|blocklisted|blocked|blacklisted",
    gone="erased|deleted",
)

MAIL_FORBIDDEN = Rule(
    column="emaildisabled", words={"true": Said.UNSUBSCRIBED, "false": Said.CONFIRMED}
)
SUPPRESSED = Rule(column="emaildisabled", words={"true": Said.BOUNCED, "false": None, "": None})
WANTED = Rule(
    column="subscribedtoemails", words={"true": Said.CONFIRMED, "false": Said.UNSUBSCRIBED}
)
DELETED = Rule(column="deletedat", words={"": None}, other=Said.GONE)
# Of our own export: it says in a column of its own that somebody must not be mailed.
BARRED = Rule(
    column="suppressed",
    words={
        "": None,
        "bounce": Said.BOUNCED,
        "complaint": Said.COMPLAINED,
        "operator": Said.UNSUBSCRIBED,
        "erasure": Said.GONE,
    },
)

_LEFT = {"": None, "no": None, "false": None, "0": None}
_STATUS_COLUMNS = """
    status subscriptionstatus emailstatus subscriberstatus memberstatus state subscribed optin
    optedin marketingconsent emailmarketingconsent acceptsmarketing acceptsemailmarketing
"""
_LEFT_COLUMNS = """
    unsubscribed optout optedout unsubscribedat unsubscribedate unsubscribeddate unsubtime
    unsubscriptiondate
"""
# Of a file of no tool that we know.
UNNAMED = (
    DELETED,
    *(
        Rule(column=column, words=_LEFT, other=Said.UNSUBSCRIBED)
        for column in _LEFT_COLUMNS.split()
    ),
    *(Rule(column=column, words=GENERIC) for column in _STATUS_COLUMNS.split()),
)
ALARMING = frozenset({"unsubscribed", "bounced", "cleaned", "complained", "spam", "opted out"})
