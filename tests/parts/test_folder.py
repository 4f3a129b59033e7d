"""Letters as files."""

import os
import stat
from pathlib import Path

import pytest

from digest.mail.letter import Letter
from digest.mail.outcome import Stage, Verdict
from digest.providers.carrier import Connection, deliver
from digest.providers.folder import FolderCarrier, FolderSettings

MESSAGE = b"Subject: Twelve posts\r\n\r\nGood morning.\r\n"


def letter(key: str = "24-1") -> Letter:
    return Letter(key=key, sender="b@digest.test", recipient="ann@reader.test", parts=(MESSAGE,))


def connect(path: Path) -> Connection:
    return FolderCarrier(FolderSettings(path=path)).connect()


def names(path: Path) -> list[str]:
    return sorted(file.name for file in path.iterdir())


def test_a_letter_becomes_a_file_with_its_key_as_name(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "mail"
    assert deliver(connect(folder), letter(), intent=lambda: True).verdict is Verdict.ACCEPTED
    assert names(folder) == ["24-1.eml"]
    assert (folder / "24-1.eml").read_bytes() == MESSAGE


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    deliver(connect(tmp_path), letter(), intent=lambda: True)
    assert stat.S_IMODE((tmp_path / "24-1.eml").stat().st_mode) == 0o600


def test_the_intent_stands_before_the_name(tmp_path: Path) -> None:
    seen: list[tuple[str, bytes]] = []

    def intent() -> bool:
        seen.extend((file.suffix, file.read_bytes()) for file in tmp_path.iterdir())
        return True

    deliver(connect(tmp_path), letter(), intent=intent)
    assert seen == [(".part", MESSAGE)]


def test_an_intent_that_says_no_leaves_no_file(tmp_path: Path) -> None:
    outcome = deliver(connect(tmp_path), letter(), intent=lambda: False)
    assert (outcome.verdict, names(tmp_path)) == (Verdict.WITHDRAWN, [])


def test_an_intent_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def intent() -> bool:
        raise OSError("database is locked")

    with pytest.raises(OSError, match="locked"):
        deliver(connect(tmp_path), letter(), intent=intent)
    assert names(tmp_path) == []


def test_a_file_that_is_there_is_the_same_letter_and_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "24-1.eml").write_bytes(b"as it was")
    assert deliver(connect(tmp_path), letter(), intent=lambda: True).verdict is Verdict.ACCEPTED
    assert (tmp_path / "24-1.eml").read_bytes() == b"as it was"
    assert names(tmp_path) == ["24-1.eml"]


def test_what_a_killed_run_left_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / "24-1.part").write_bytes(b"x" * 10_000)
    deliver(connect(tmp_path), letter(), intent=lambda: True)
    assert names(tmp_path) == ["24-1.eml"]
    assert (tmp_path / "24-1.eml").read_bytes() == MESSAGE


@pytest.mark.parametrize("key", ["../../escape", "/etc/x", "..", "a/b", "a\x00b", "issue 24: ä"])
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "mail"
    assert deliver(connect(folder), letter(key), intent=lambda: True).verdict is Verdict.ACCEPTED
    assert names(tmp_path) == ["mail"]
    assert len(names(folder)) == 1


def test_a_place_that_is_no_folder_is_for_the_operator(tmp_path: Path) -> None:
    place = tmp_path / "mail"
    place.write_text("a file")
    outcome = deliver(connect(place), letter(), intent=lambda: True)
    assert (outcome.verdict, outcome.stage, outcome.counted) == (Verdict.CONFIG, Stage.TEXT, False)
    assert outcome.text == "cannot write to the folder: File exists"


def test_a_full_disk_is_for_the_operator_and_leaves_no_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    asked: list[str] = []

    def intent() -> bool:
        asked.append("yes")
        return True

    outcome = deliver(connect(tmp_path), letter(), intent=intent)
    assert (outcome.verdict, outcome.stage) == (Verdict.CONFIG, Stage.TEXT)
    assert "No space left" in outcome.text
    assert asked == []
    assert not (tmp_path / "24-1.eml").exists()


def test_a_name_that_may_not_be_on_the_disk_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def fail_after_intent() -> bool:
        monkeypatch.setattr(os, "fsync", broken)
        return True

    def broken(_: int) -> None:
        raise OSError(5, os.strerror(5))

    outcome = deliver(connect(tmp_path), letter(), intent=fail_after_intent)
    monkeypatch.setattr(os, "fsync", sync)
    assert (outcome.verdict, outcome.stage) == (Verdict.UNKNOWN, Stage.REPLY)
    assert names(tmp_path) == ["24-1.eml"]


def test_the_check_makes_nothing_and_says_what_is_in_the_way(tmp_path: Path) -> None:
    folder = FolderCarrier(FolderSettings(path=tmp_path / "deep" / "mail"))
    assert folder.check() is None
    assert names(tmp_path) == []
    (tmp_path / "deep").write_text("a file")
    assert folder.check() == f"{tmp_path / 'deep'} is not a folder"


def test_the_check_sees_a_folder_that_may_not_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    carrier = FolderCarrier(FolderSettings(path=tmp_path))
    assert carrier.check() == f"{tmp_path} cannot be written to"
