"""Cells that no spreadsheet runs: what begins like a formula gets an apostrophe in front.

A spreadsheet cuts a file as its country does, whatever the file says: where that is at semicolons,
``Ada;=1+1`` is two cells. So what follows a semicolon, a tab or a new line gets one too.
"""

import re

# OWASP, "CSV injection". The last four are the wide forms.
_SIGNS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_CUT = re.compile(r"[;\t\r\n]")
_BEGIN = rf"(\A|{_CUT.pattern})"
# A cell that is cut anew may lose its quotes and spaces.
_FORMULA = rf"(?=[\"' ]*[{re.escape(_SIGNS)}])"
_UNSAFE = re.compile(_BEGIN + _FORMULA)
_SAFE = re.compile(f"{_BEGIN}'{_FORMULA}")
_BEFORE_FORMULAS = frozenset(f"\"' {_SIGNS}")


def safe(text: str) -> str:
    """Return the text of a cell such that no spreadsheet runs any part of it."""
    if text[:1] not in _BEFORE_FORMULAS and not _CUT.search(text):
        return text  # as nearly all are; to look for formulas takes seven times as long
    return _UNSAFE.sub(r"\1'", text)


def unsafe(text: str) -> str:
    """Undo `safe`."""
    return _SAFE.sub(r"\1", text) if "'" in text else text
