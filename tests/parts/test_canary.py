"""S14: a canary in the place of every secret appears in no log, error, listing or figure."""

import dataclasses
import json
import logging
import signal
import sys
from collections.abc import Callable
from functools import reduce
from pathlib import Path

import pytest

from digest.cli.main import main
from digest.clock import Clock
from digest.config import every_setting, load, secrets_of
from digest.errors import ConfigurationError
from digest.logs import JsonFormatter, MaskedFormatter
from digest.masking import Mask
from digest.metrics import Meter
from storage.database import Database

CANARY = "canary-7f3e9a1b-which-is-long"
MakeFile = Callable[[str, str], Path]


@pytest.fixture
def folder(make_file: MakeFile) -> Path:
    """Write a configuration in which every secret there is holds the canary."""
    values: dict[str, list[str]] = {}
    for setting in every_setting():
        if setting.secret:
            section = ".".join(setting.path[:-1])
            values.setdefault(section, []).append(f"{setting.path[-1]} = {_value(setting)}")
    text = "\n".join(f"[{section}]\n" + "\n".join(keys) for section, keys in values.items())
    return make_file("config.toml", text).parent


def _value(setting: object) -> str:
    path, default = setting.path, setting.default  # type: ignore[attr-defined]
    if path == ("database", "url"):
        return f'"postgresql+psycopg://digest:{CANARY}@127.0.0.1:9/digest"'
    if path == ("heartbeat", "url"):
        return f'"https://hc.example/{CANARY}"'
    if path[-1] == "passwords":
        return f'["provider:{CANARY}"]'
    return f'["{CANARY}"]' if isinstance(default, tuple) else f'"{CANARY}"'


def digest(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command in this process; return all that it printed."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["digest", *arguments])
        patch.chdir(folder)
        with pytest.raises(SystemExit):
            main()
    for number, handler in before.items():
        signal.signal(number, handler)
    return "".join(capsys.readouterr())


def test_s14_the_settings_are_shown_without_a_secret(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = digest(folder, capsys, "config")
    assert "url = postgresql+psycopg://digest:***@127.0.0.1:9/digest  (file)" in shown
    listed = json.loads(digest(folder, capsys, "config", "--json"))
    masked = {row["setting"] for row in listed if "***" in str(row["value"])}
    assert masked == {".".join(setting.path) for setting in every_setting() if setting.secret}
    assert CANARY not in shown + json.dumps(listed)


def test_s14_no_log_line_holds_a_secret_wherever_it_comes_from(folder: Path) -> None:
    mask = Mask.of(secrets_of(load(folder / "config.toml")))
    wrong = ConnectionError(f"no login as digest with {CANARY}")
    error = (type(wrong), wrong, None)
    config = load(folder / "config.toml")
    for setting in every_setting():
        value = str(reduce(getattr, setting.path, config))
        record = logging.LogRecord("x", logging.ERROR, "", 1, "sent %s", (value,), error)
        vars(record)["more"] = value
        for formatter in (MaskedFormatter(mask), JsonFormatter(mask)):
            assert CANARY not in formatter.format(record)


def test_s14_no_error_about_the_settings_shows_one(folder: Path) -> None:
    path = folder / "config.toml"
    path.write_text(f"{path.read_text()}\n[heartbeat]\n", encoding="utf-8")  # named twice
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert CANARY not in str(caught.value)


def test_s14_no_repr_shows_one(folder: Path) -> None:
    config = load(folder / "config.toml")
    for name in type(config).model_fields:
        section = getattr(config, name)
        assert CANARY not in repr(section)
        assert not dataclasses.is_dataclass(section) or CANARY not in str(section)


def test_s14_no_figure_shows_one(database: Database) -> None:
    text = Meter(database, newsletter=CANARY, clock=Clock()).text().decode()
    assert "digest_sources_quarantined 0.0" in text
    assert CANARY not in text
