"""Slots: the places in a composed issue that stay open until a reader's letter is written."""

import re
from enum import StrEnum

_SEAL_LENGTH = 16


class Slot(StrEnum):
    """What is filled in per reader."""

    EMAIL = "EMAIL"
    CONFIRMED_ON = "CONFIRMEDON"
    UNSUBSCRIBE_URL = "UNSUBSCRIBEURL"
    MANAGE_URL = "MANAGEURL"  # asks for a fresh link to one's own subscription
    PAUSE_URL = "PAUSEURL"


class Edge(StrEnum):
    """The borders of what is written for one person and stands in no public copy."""

    BEGIN = "BEGIN"
    END = "END"


def marker(name: str, *, seal: str) -> str:
    """Return what holds a place: one ASCII word that survives MJML, premailer and links.

    The seal is a hash over every word of the issue, so no word in it can be a marker.
    """
    return f"x{seal[:_SEAL_LENGTH]}x{name}x"


def markers(*, seal: str) -> dict[str, str]:
    """Return the marker of every slot by the slot's name."""
    return {slot.value: marker(slot, seal=seal) for slot in Slot}


def without_edges(text: str, *, seal: str) -> str:
    """Return the text for a letter: the personal part stays, its borders go."""
    for edge in Edge:
        text = re.sub(rf"{marker(edge, seal=seal)}\n?", "", text)
    return text


def without_personal_part(text: str, *, seal: str) -> str:
    """Return the text for the public: nothing in it is written for one person."""
    begin, end = (marker(edge, seal=seal) for edge in (Edge.BEGIN, Edge.END))
    return re.sub(rf"{begin}.*?{end}\n?", "", text, flags=re.DOTALL)


def leftovers(text: str, *, seal: str) -> list[str]:
    """Return the names of markers that nobody knows how to fill."""
    known = {*Slot, *Edge}
    found = re.findall(rf"x{seal[:_SEAL_LENGTH]}x([A-Za-z0-9]*)", text)
    return sorted({name.removesuffix("x") for name in found} - known)
