"""Words as the fields of mail APIs take them: addresses, names, and text safe from templates."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from email.utils import formataddr

from digest.errors import UnfitError
from digest.mail.letter import Letter
from digest.mail.sheet import Hole, Sheet, sheet_of

KEY_FIELD = "delivery"
"""Under this name a letter's key travels, and comes back with events."""

KEY, TO, ADDRESS = Hole("key"), Hole("to"), Hole("address")
"""Holes that every letter fills itself: every name of a sheet's own has an underscore."""

_PLAIN_NAME = re.compile(r"[^\W_]+(?:[ -][^\W_]+){0,5}")
_LONGEST_NAME = 70
_NOTHING = "\N{WORD JOINER}"


def mailbox(name: str, address: str) -> str:
    """Return ``Name <address>``, quoted or encoded where the name needs it (RFC 5322, 2047)."""
    return formataddr((name, address)) if name else address


def shown_name(letter: Letter) -> str:
    """Return the reader's name where every provider writes it well, else nothing.

    Providers drop, mangle or refuse names with commas, quotes and the like.
    """
    name = letter.name
    return name if len(name) <= _LONGEST_NAME and _PLAIN_NAME.fullmatch(name) else ""


def addressed(letter: Letter) -> str:
    """Return the reader as a mailbox in one text."""
    name = shown_name(letter)
    return f"{name} <{letter.recipient}>" if name and name.isascii() else letter.recipient


def own_values(letter: Letter) -> dict[str, str]:
    """Return the letter's values with those of `KEY`, `TO` and `ADDRESS`."""
    return {
        **(letter.values or {}),
        KEY.name: letter.key,
        TO.name: addressed(letter),
        ADDRESS.name: letter.recipient,
    }


def marked(
    pieces: Iterable[str | Hole],
    *,
    hole: Callable[[str], str],
    words: Callable[[str], str] = str,
) -> str:
    """Write text for a provider that fills holes itself: its own mark for each, the rest literal.

    ``words`` takes what that provider would understand as a mark out of the text between.
    """
    return "".join(
        hole(piece.name) if isinstance(piece, Hole) else words(piece) for piece in pieces
    )


def fingerprint(letters: Iterable[Letter]) -> bytes:
    """Return what only these letters have, and have on every try: 32 bytes.

    A key alone would not do: two newsletters may share an account, and count from 1 both.
    """
    whole = hashlib.blake2b(digest_size=32)
    for letter in letters:
        words = (letter.key, letter.recipient, *(letter.values or {}).values())
        whole.update("\n".join(words).encode())
        if letter.sheet:
            whole.update(letter.sheet.fingerprint)
    return whole.digest()


def broken_up(mark: re.Match[str]) -> str:
    """Return a provider's mark that stands in the words as text that looks the same and is none."""
    return f"{mark[0][0]}{_NOTHING}{mark[0][1:]}"


def as_entity(mark: re.Match[str]) -> str:
    """Return a provider's mark that stands in HTML with its first character as an entity."""
    return f"&#{ord(mark[0][0])};{mark[0][1:]}"


def with_sheet(letter: Letter) -> Letter:
    """Return the letter as one that has a sheet: where it has only bytes, one for itself alone."""
    if letter.sheet is not None:
        return letter
    return letter._replace(sheet=sheet_of(letter.message, holes={}), values={})


def shared_sheet(letters: Sequence[Letter]) -> Sheet:
    """Return the sheet that all of these have; raise `UnfitError` when the first has none."""
    if letters and (sheet := letters[0].sheet):
        return sheet
    raise UnfitError("a letter without a sheet cannot be filled by a provider")
