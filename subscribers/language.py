"""Language tags as we keep them: of BCP 47, with a small first part."""

import re

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
