"""The colours of charts: variables of the page, so that light and dark follow, with a fallback."""

import re

INK = "var(--ink, #1b1d22)"
MUTED = "var(--muted, #59606c)"
RULE = "var(--rule, #ddd6c8)"
CARD = "var(--card, #ffffff)"
ACCENT = "var(--accent, #a8321a)"
OK = "var(--ok, #2e6b4f)"
WARN = "var(--warn, #8a5a00)"
BAD = "var(--bad, #a8321a)"
BAR = "var(--column, #7c8aa0)"

_VARIABLE = re.compile(r"var\(--[a-z]+, (#[0-9a-f]{6})\)")


def fixed(svg: str) -> str:
    """Put the fallbacks in the place of variables, for programs that know no style sheets."""
    return _VARIABLE.sub(r"\1", svg)
