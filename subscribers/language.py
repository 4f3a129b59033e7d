"""Language tags as we keep them: of BCP 47, with a small first part."""

import re
from collections.abc import Collection

_TAG = re.compile(r"([A-Za-z]{2,3})((?:-[A-Za-z0-9]{1,8})*)")
_LONGEST = 35


def language_tag(text: str) -> str | None:
    """Return the tag with a small first part, which the variants are found by; None is none.

    ``de_AT``, as many programs write it, is ``de-AT``.
    """
    shape = _TAG.fullmatch(text.strip().replace("_", "-"))
    if not shape or len(text) > _LONGEST:
        return None
    return shape[1].lower() + shape[2]


def served_by(tag: str, known: Collection[str]) -> str | None:
    """Return the language that serves a BCP 47 tag: itself, or what it is a form of."""
    by_name = {language.lower(): language for language in known}
    name = tag.strip().replace("_", "-").lower()
    while name:
        if name in by_name:
            return by_name[name]
        name = name.rpartition("-")[0]
    return None
