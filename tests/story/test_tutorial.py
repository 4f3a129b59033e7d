"""The tutorial, command by command: a newcomer who types what it says gets the first issue."""

import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from newsroom import Newsroom, newsroom

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(console|toml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOG = "https://a.blog"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whoever_types_the_tutorial_has_an_issue_in_the_end(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with newsroom(tmp_path, database_url=database_url) as room:
        yesterday = datetime.now(UTC) - timedelta(days=1)
        blog = room.blog("Counting cold reads", day=f"{yesterday:%a, %d %b %Y}")
        (room.folder / "config.toml").unlink()
        said = [
            said
            for kind, text in BLOCK.findall(TUTORIAL.read_text(encoding="utf-8"))
            for said in take(kind, text, room=room, blog=blog, capsys=capsys)
        ]
        (letter,) = (room.folder / "mail").glob("*.eml")
    assert "1 accepted" in " ".join(said)
    assert said[-1].startswith("nothing to do")
    assert b"The first one. Tell me what you think." in letter.read_bytes()


def take(
    kind: str, text: str, *, room: Newsroom, blog: str, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    """Do what one block of the page says; return what the commands said."""
    if kind == "toml":
        if "smtp" not in text:  # its mail server is nobody's
            settings(room, text)
        return []
    said = []
    for line in text.splitlines():
        words = shlex.split(line.removeprefix("$ ").replace(BLOG, blog))
        if words[0] == "cd":
            room.folder = room.folder / words[1]
        else:
            said.append(room.call(capsys, *words[1:]).out)
    return said


def _with(line: str, *, key: str, section: str, written: str) -> str:
    """Put this line where the key stands in its section."""
    place = re.compile(rf"(^{re.escape(section)}\n(?:(?!\[).*\n)*?){key} = .*$", re.MULTILINE)
    written, changed = place.subn(lambda found: f"{found[1]}{line}", written)
    assert changed == 1, line
    return written


def settings(room: Newsroom, text: str) -> None:
    """Change these keys in config.toml, where they stand; let it read the blog of this test."""
    path = room.folder / "config.toml"
    written = path.read_text(encoding="utf-8")
    section = ""
    for line in (*text.splitlines(), "[http]", 'allow_networks = ["127.0.0.0/8"]'):
        if line.startswith("["):
            section = line
        elif line:
            key = line.partition(" = ")[0]
            written = _with(line, key=key, section=section, written=written)
    path.write_text(written, encoding="utf-8")
