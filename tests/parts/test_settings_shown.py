"""The console and the command show the same settings: what differs marked, and no secret."""

from collections.abc import Callable
from pathlib import Path

import pytest

from digest import inforce
from digest.config import load
from digest.errors import UsageError

MakeFile = Callable[[str, str], Path]
TEXT = """
[newsletter]
name = "The News"
[email]
languages = ["en", "de"]
[schedule]
cadence = "week"
[database]
url = "postgresql+psycopg://digest:canary@db.example/news"
[carrier]
kind = "smtp"
[carrier.smtp]
password = "canary"
"""


@pytest.fixture
def shown(make_file: MakeFile, monkeypatch: pytest.MonkeyPatch) -> dict[str, inforce.Shown]:
    monkeypatch.setenv("DIGEST_SENDER__FROM_NAME", "The Editors")
    sections = inforce.in_force(load(make_file("config.toml", TEXT)))
    return {f"{one.section}.{one.name}": one for all_ in sections.values() for one in all_}


@pytest.mark.parametrize(
    ("name", "words", "origin"),
    [
        ("newsletter.name", "The News", "file"),
        ("heartbeat.url", "(none)", "default"),
        ("email.languages", "en, de", "file"),
        ("schedule.cadence", "week", "default"),  # it is in the file, and changes nothing
        ("sender.from_name", "The Editors", "environment"),
        ("clicks.count", "no", "default"),
        ("carrier.smtp.password", "***", "file"),
        ("database.url", "postgresql+psycopg://digest:****@db.example/news", "file"),
    ],
)
def test_a_setting_is_shown_in_words_with_where_it_comes_from(
    shown: dict[str, inforce.Shown], name: str, words: str, origin: str
) -> None:
    one = shown[name]
    assert (one.words, one.origin, one.is_default) == (words, origin, origin == "default")
    assert one.variable == f"DIGEST_{name.replace('.', '__').upper()}"


def test_a_section_is_shown_with_what_is_below_it_and_a_wrong_name_is_corrected(
    make_file: MakeFile,
) -> None:
    config = load(make_file("config.toml", TEXT))
    assert list(inforce.in_force(config, section="schedule")) == ["schedule"]
    below = inforce.in_force(config, section="carrier")
    assert {"carrier", "carrier.smtp"} < set(below)
    (one,) = inforce.in_force(config, section="schedule.cron")["schedule"]
    assert one.name == "cron"
    with pytest.raises(UsageError, match="no section 'schedul'; did you mean schedule"):
        inforce.in_force(config, section="schedul")
