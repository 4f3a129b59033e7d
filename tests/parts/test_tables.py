"""The tables of the command line: whole in a pipe, wrapped at words in a terminal."""

import os

import pytest

from digest.cli import output

REASON = "a post comes every day, and none has come for three weeks now, which is unusual here"
HEAD = ("source", "health", "detail")


def test_nothing_is_cut_in_a_pipe() -> None:
    told = output.table([("a", "silent", REASON)], head=HEAD)
    assert told.splitlines() == ["source  health  detail", f"a       silent  {REASON}"]


def test_words_wrap_below_their_column_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    size = os.terminal_size((60, 24))
    monkeypatch.setattr("shutil.get_terminal_size", lambda: size)
    _, first, *others = output.table([("a", "silent", REASON)], head=HEAD).splitlines()
    assert all(len(line) <= 60 for line in (first, *others))
    assert all(line.startswith(" " * 16 + line.strip()[0]) for line in others)
    assert " ".join([first[16:], *(line.strip() for line in others)]) == REASON
