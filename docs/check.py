"""Says where the documents and the code have parted: `python docs/check.py`, run by `make docs`."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import generate
import typer

from digest.cli.main import app, options_first
from digest.config import every_setting

ROOT = generate.ROOT
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^    .*$", re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_SETTING = re.compile(r"\[([a-z_.]+)\](?: ([a-z_]+))?(?: = .*)?")
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*(?:\.(?:py|toml|md|j2|css|xml|ini|mako)|/)")
_COMMAND_LINE = re.compile(r"^(?:\$ )?(?:.*&& )?(digest [^#|]+?)(?: #.*)?$")
_ELSEWHERE = re.compile(r"(?:digest-demo|state|var|mail)/")  # made where the newsletter lives


@dataclass(frozen=True)
class Page:
    """One document, and the places that speak of code."""

    path: Path
    text: str

    @property
    def prose(self) -> str:
        """The text without its blocks of code."""
        return _INDENTED.sub("", _FENCE.sub("", self.text))

    @property
    def spans(self) -> list[str]:
        """What stands between backticks in a line."""
        return _SPAN.findall(self.prose)

    @property
    def commands(self) -> Iterator[str]:
        """Every `digest ...`, in backticks or on a line of a block."""
        blocks = [*_FENCE.findall(self.text), *_INDENTED.findall(self.text)]
        for line in [*self.spans, *(line for block in blocks for line in block.splitlines())]:
            if found := _COMMAND_LINE.match(line.strip()):
                yield found[1]


def main() -> int:
    """Print every complaint; return how the process ends."""
    told = [*_stale(), *_words_nobody_uses()]
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]):
        told += complaints(Page(path, path.read_text(encoding="utf-8")))
    for complaint in told:
        sys.stderr.write(f"{complaint}\n")
    return 1 if told else 0


def complaints(page: Page) -> Iterator[str]:
    """Name every link, file, setting and command in a document that leads nowhere."""
    name = str(page.path.relative_to(ROOT))
    for complaint in [*_links(page), *_names(page)]:
        yield f"{name}: {complaint}"


def _stale() -> Iterator[str]:
    for name, page in generate.PAGES.items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != page():
            yield f"{name}: is not what the code says; run: python docs/generate.py"


def _links(page: Page) -> Iterator[str]:
    for link, picture in _LINK.findall(page.prose):
        target, _, heading = (link or picture).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = (page.path.parent / target) if target else page.path
        if not path.exists():
            yield f"links to {target}, which does not exist"
        elif heading and heading not in _anchors(path):
            yield f"links to #{heading}, which no heading of {path.name} makes"


def _anchors(path: Path) -> set[str]:
    """Return the anchors that the headings of a page make, as GitHub does."""
    headings = _HEADING.findall(path.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _names(page: Page) -> Iterator[str]:
    """Complain about names of settings, files and commands that do not exist."""
    for span in page.spans:
        if found := _SETTING.fullmatch(span):
            yield from _setting(found[1], found[2])
        elif _PATH.fullmatch(span) and not _ELSEWHERE.match(span) and not _exists(span, page):
            yield f"names the file `{span}`, which does not exist"
    for command in page.commands:
        yield from _command(command)


def _setting(section: str, key: str | None) -> Iterator[str]:
    paths = {setting.path for setting in every_setting()}
    at = (*section.split("."), *([key] if key else []))
    if not any(path[: len(at)] == at for path in paths):
        yield f"names the setting `[{section}]{f' {key}' if key else ''}`, which does not exist"


def _exists(name: str, page: Page) -> bool:
    """Whether a file is there: from the root, in the package, or beside the page."""
    return any((base / name).exists() for base in (ROOT, ROOT / "digest", page.path.parent))


def _command(line: str) -> Iterator[str]:
    """Follow one command line through the groups, and look for each of its options."""
    words = options_first(shlex.split(line)[1:])
    command: Any = typer.main.get_command(app)
    known = _options(command)
    for word in words:
        name = word.partition("=")[0]
        if word.startswith("-"):
            if name not in known:
                yield f"`{line}`: there is no option {name}"
        elif below := _below(command):
            if word not in below and word.isidentifier() and word.islower():
                yield f"`{line}`: there is no command {word}"
                return
            command = below.get(word, command)
            known |= _options(command)


def _below(command: Any) -> Mapping[str, Any]:
    commands: Mapping[str, Any] = getattr(command, "commands", {})
    return commands


def _options(command: Any) -> set[str]:
    names = {"-h", "--help"}
    for parameter in command.params:
        names |= {*parameter.opts, *parameter.secondary_opts}
    return names


def _words_nobody_uses() -> Iterator[str]:
    """Complain about a word of the glossary that stands nowhere in the code."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "*.py"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    paths = [ROOT / name for name in listed.stdout.split("\0") if name.endswith(".py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in paths if path.exists())
    table = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    for word in re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE)[1:]:
        pattern = re.escape(word).replace(r"\ ", r"[\s_]?")
        if not re.search(rf"(?<![a-z]){pattern}", code, re.IGNORECASE):
            yield f"docs/glossary.md: no code says {word!r}"


if __name__ == "__main__":
    sys.exit(main())
