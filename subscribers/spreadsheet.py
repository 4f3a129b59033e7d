"""Cells that no spreadsheet runs: what begins like a formula gets an apostrophe in front.

A spreadsheet cuts a file as its country does, whatever the file says: where that is at semicolons,
``Ada;=1+1`` is two cells. So what follows a semicolon, a tab or a new line gets one too.
"""

import re

# OWASP, "CSV injection". The last four are the wide forms.
_SIGN = r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_BEGIN = r"(\A|[;\t\r\n])"
_FORMULA = rf"(?=[\"' ]*{_SIGN})"  # a cell that is cut anew may lose its quotes and spaces
_UNSAFE = re.compile(_BEGIN + _FORMULA)
_SAFE = re.compile(f"{_BEGIN}'{_FORMULA}")


def safe(text: str) -> str:
    """Return the text of a cell such that no spreadsheet runs any part of it."""
    return _UNSAFE.sub(r"\1'", text)


def unsafe(text: str) -> str:
    """Undo `safe`."""
    return _SAFE.sub(r"\1", text)
