"""One variant for carriers that fill in the words themselves: a sheet, and a reader's values."""

from collections.abc import Mapping
from functools import cached_property
from html import escape

from digest.mail.headers import clean
from digest.mail.mime import Mould
from digest.mail.sheet import Sheet, for_html, sheet_of
from digest.render.slots import Slot, marker, markers

_SEAL_LENGTH = 16
_TOKEN = "TOKEN"  # noqa: S105 - the name of the part of the address that says who leaves


class Fillable:
    """The same words as in the mould, read back from a letter that has markers for values.

    So what a provider is given is what would have gone over SMTP, headers included.
    """

    def __init__(self, mould: Mould, *, seal: str, address: str) -> None:
        self._mould = mould
        self._seal = seal
        self._address = address

    @cached_property
    def sheet(self) -> Sheet:
        """The words with holes; the same object each time."""
        token = marker(_TOKEN, seal=self._seal)
        way_out = f"https://{marker('HOST', seal=self._seal)}/{token}"
        values = markers(seal=self._seal)
        parts = self._mould.fill(
            key="sheet",
            name=None,
            address=self._address,
            unsubscribe_url=way_out,
            values=values,
        )
        holes = {way_out: self._name(Slot.UNSUBSCRIBE_URL.value), token: self._name(_TOKEN)}
        holes |= {mark: self._name(slot) for slot, mark in values.items()}
        return sheet_of(b"".join(parts), holes=holes)

    def fill(self, own: Mapping[str, str]) -> dict[str, str]:
        """Return the values of one reader by the names of the holes; ``own`` has them by slot."""
        token = own[Slot.UNSUBSCRIBE_URL.value].rpartition("/")[2]
        known = {**own, _TOKEN: token}
        values: dict[str, str] = {}
        for slot, plain, inside in self._holes:
            values[plain] = line = clean(known[slot])
            if inside:
                values[inside] = escape(line)
        return values

    @cached_property
    def _holes(self) -> list[tuple[str, str, str]]:
        """Of each slot that occurs: the name in text, and that in HTML or nothing."""
        found: list[tuple[str, str, str]] = []
        for slot in (*markers(seal=self._seal), _TOKEN):
            name = self._name(slot)
            inside = for_html(name) if for_html(name) in self.sheet.names else ""
            if inside or name in self.sheet.names:
                found.append((slot, name, inside))
        return found

    def _name(self, slot: str) -> str:
        """Return a name that no word of the issue can be, for its seal is in it."""
        return f"x{self._seal[:_SEAL_LENGTH]}_{slot.lower()}"
