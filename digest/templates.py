"""What the template folders hold: the names of the themes, and the languages with sentences."""

import re
from pathlib import Path

from digest.shipped import shipped_templates

ORIGINAL = "en"
PRIVATE = "-x-"  # BCP 47's mark of a form that we name ourselves, as "de-x-du"
ROOM = "edition"  # where the themes are
_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*")


def folders(own: Path | None) -> list[Path]:
    """Return where templates are looked for, the operator's folder first."""
    return [own, shipped_templates()] if own else [shipped_templates()]


def themes(own: Path | None) -> list[str]:
    """Return the names of all themes."""
    found = [path for base in folders(own) for path in (base / ROOM).glob("*") if path.is_dir()]
    return sorted({path.name for path in found})


def catalogues(own: Path | None) -> list[str]:
    """Return the tags that have sentences in a folder of their own, forms of address included."""
    files = [path for base in folders(own) for path in (base / "locale").glob("*/*.po")]
    return sorted({path.parent.name for path in files if _TAG.fullmatch(path.parent.name)})


def languages(own: Path | None) -> tuple[str, ...]:
    """Return the tags of all languages there are, English, which needs no catalogue, first."""
    tags = {tag for tag in catalogues(own) if PRIVATE not in tag}
    return (ORIGINAL, *sorted(tags - {ORIGINAL}))
