"""What the documents say that a style sheet of one's own may use is what the pages define."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMES = re.compile(r"--[a-z]+\b")


def test_the_document_names_every_colour_and_typeface_of_the_pages() -> None:
    tokens = (ROOT / "templates" / "web" / "tokens.css").read_text(encoding="utf-8")
    (told,) = re.findall(
        r"tokens\.css\" %}`(.*?)\n- ", (ROOT / "docs" / "upgrade.md").read_text("utf-8"), re.DOTALL
    )
    assert set(re.findall(r"`(--[a-z]+)`", told)) == set(NAMES.findall(tokens))


def test_the_archive_asks_a_style_sheet_of_ones_own_for_what_the_document_says() -> None:
    archive = (ROOT / "templates" / "web" / "archive.css").read_text(encoding="utf-8")
    assert set(NAMES.findall(archive)) == {"--ink", "--serif"}
