"""Cells that no spreadsheet runs: what begins like a formula gets an apostrophe in front."""

# OWASP, "CSV injection".
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # the last four are the wide forms


def safe(text: str) -> str:
    """Return the text of a cell such that no spreadsheet runs it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def unsafe(text: str) -> str:
    """Undo `safe`."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA) else text
