"""The documents are in step with the code, and the check that says so can fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs"))

import check  # noqa: E402 - a script of docs/, no package
import generate  # noqa: E402 - a script of docs/, no package

from digest.config import every_setting  # noqa: E402 - stands below them
from digest.setting import Setting  # noqa: E402 - stands below them


def test_nothing_in_the_documents_leads_nowhere() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "check.py"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[a](nowhere.md)", "links to nowhere.md, which does not exist"),
        ("[a](story.md#nothing)", "links to #nothing, which no heading of story.md makes"),
        ("![a](pictures/none.png)", "links to pictures/none.png, which does not exist"),
        ("`digest aprove`", "`digest aprove`: there is no command aprove"),
        ("`digest issue aprove 2026-W24`", "there is no command aprove"),
        ("    $ digest send --lst", "`digest send --lst`: there is no option --lst"),
        ("```sh\ncd x && digest run --fast -q\n```", "there is no option --fast"),
        ("`[schedule] aproval`", "names the setting `[schedule] aproval`, which does not exist"),
        ("`[selektion]`", "names the setting `[selektion]`, which does not exist"),
        ('`[schedule] aproval = "auto"`', "names the setting `[schedule] aproval`"),
        ("`digest/weekday.py`", "names the file `digest/weekday.py`, which does not exist"),
        ("`sources/pole.py`", "names the file `sources/pole.py`"),
        ("`nowhere/`", "names the file `nowhere/`"),
    ],
)
def test_what_leads_nowhere_is_named(text: str, complaint: str) -> None:
    found = list(check.complaints(check.Page(ROOT / "docs" / "page.md", text)))
    assert len(found) == 1
    assert found[0].startswith("docs/page.md: ")
    assert complaint in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "[a](story.md), [b](glossary.md#words), [c](https://example.org/none.md)",
        "![The mail](pictures/email-light.png)",
        "`digest issue approve 2026-W24`, `digest send PERIOD --dry-run --list`, `digest --json`",
        "```sh\n$ digest run -q --at 2026-06-12T07:00  # a comment --with options\n```",
        '`[schedule] approval`, `[carrier.smtp]`, `[schedule] approval = "manual"`, `[sender]`',
        "`digest/weekly.py`, `sources/poll.py`, `cli/`, `config.toml`, `state/secret`",
    ],
)
def test_what_leads_somewhere_is_left_alone(text: str) -> None:
    assert not list(check.complaints(check.Page(ROOT / "docs" / "page.md", text)))


def test_a_page_that_the_code_would_write_otherwise_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generate, "PAGES", {"docs/cli.md": lambda: "another page"})
    assert list(check._stale()) == [
        "docs/cli.md: is not what the code says; run: python docs/generate.py"
    ]


def test_a_word_of_the_glossary_that_no_code_says_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "code.py").write_text("consent_event = 1\n", encoding="utf-8")
    glossary = "| word | what it is |\n|---|---|\n| consent event | a |\n| quark | b |\n"
    (tmp_path / "docs" / "glossary.md").write_text(glossary, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)  # noqa: S607 - any git
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)  # noqa: S607 - any git
    monkeypatch.setattr(check, "ROOT", tmp_path)
    assert list(check._words_nobody_uses()) == ["docs/glossary.md: no code says 'quark'"]


def test_the_pages_do_not_depend_on_the_terminal() -> None:
    script = "import generate; print(generate.cli_page() + generate.config_page())"
    pages = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT / "docs",
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for environment in (
            {"COLUMNS": "40", "TERM": "dumb"},
            {"COLUMNS": "300", "TERM": "xterm-256color", "FORCE_COLOR": "1"},
            {"DIGEST_SELECTION__PER_SOURCE": "99", "DIGEST_CONFIG": "x.toml"},
        )
    }
    assert len(pages) == 1


def test_every_setting_and_every_command_has_its_place() -> None:
    config, commands = generate.config_page(), generate.cli_page()
    for setting in every_setting():
        assert f"| `{setting.variable}" in config
    for name in ("digest fetch", "digest issue approve", "digest subscriber add", "digest demo"):
        assert f"## `{name}`\n" in commands


def test_a_setting_says_what_it_takes() -> None:
    config = generate.config_page()
    for words in (
        "`open` | true or false | `false` | `DIGEST_CONSOLE__OPEN`",
        "`ca_file` | path | none | `DIGEST_CARRIER__SMTP__CA_FILE`",
        "`idle_hours` | whole number, 1 to 168 | `12`",
        "`requests_per_minute` | whole number, 1 to 1,000,000 | `600`",
        "`pending_days` | whole number, 3 to 3,650 | `7`",
        "`growth` | number, more than 1, at most 10 | `1.5`",
        "`busy_timeout` | number, 0 to 86,400 | `30.0`",
    ):
        assert f"| {words} |" in config


@pytest.mark.parametrize("unknown", [int, float, set, bytes | None])
def test_a_type_without_a_word_and_a_number_without_limits_stop_the_page(unknown: object) -> None:
    setting = Setting(path=("a", "b"), default=None, type=unknown, limits=None, secret=False)
    with pytest.raises(TypeError, match="DIGEST_A__B: no words for"):
        generate._takes(setting)
