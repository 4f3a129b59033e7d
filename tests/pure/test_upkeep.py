"""The doctor says when the last run and the last backup were, and warns when that is long ago."""

from datetime import datetime, timedelta

import pytest

from digest.checks import upkeep

SLOT = datetime.fromisoformat("2026-06-12T07:00+00:00")
NOW = SLOT + timedelta(hours=6)


def say(moment: datetime) -> str:
    return f"{moment:%A %H:%M}"


@pytest.mark.parametrize(
    ("last", "level", "sentence"),
    [
        (None, "ok", "run: none has come to its end yet"),
        (NOW, "ok", "run: the last one came to its end Friday 13:00"),
        (SLOT, "ok", "run: the last one came to its end Friday 07:00"),
        (SLOT - timedelta(minutes=1), "warning", "run: none has come to its end since"),
        (NOW + timedelta(days=7), "ok", "run: the last one"),  # a pretended time was there before
    ],
)
def test_a_run_is_old_when_an_issue_was_due_after_it(
    last: datetime | None, level: str, sentence: str
) -> None:
    found = upkeep.of_run(last, slot=SLOT, now=NOW, say=say)
    assert (found.level, bool(found.cure)) == (level, level != "ok")
    assert found.sentence.startswith(sentence)


def test_a_run_may_take_an_hour_over_an_issue_and_is_old_after_a_day() -> None:
    before, soon = SLOT - timedelta(minutes=1), SLOT + timedelta(minutes=59)
    assert upkeep.of_run(before, slot=SLOT, now=soon, say=say).level == "ok"
    tuesday = SLOT + timedelta(days=4)
    assert upkeep.of_run(tuesday, slot=SLOT, now=tuesday + timedelta(days=1), say=say).level == "ok"
    later = tuesday + timedelta(days=1, minutes=1)
    assert upkeep.of_run(tuesday, slot=SLOT, now=later, say=say).level == "warning"


@pytest.mark.parametrize(
    ("days", "has_run", "level", "sentence"),
    [
        (None, False, "ok", "backup: none was made yet, and nothing was run"),
        (None, True, "warning", "backup: none was made yet on this machine"),
        (8, True, "ok", "backup: the last one was made Thursday 13:00"),
        (9, True, "warning", "backup: none was made on this machine since Wednesday 13:00"),
        (9, False, "warning", "backup: none was made on this machine since Wednesday 13:00"),
    ],
)
def test_every_issue_is_to_be_in_a_backup(
    days: int | None,
    has_run: bool,  # noqa: FBT001 - a case of the table
    level: str,
    sentence: str,
) -> None:
    last = None if days is None else NOW - timedelta(days=days)
    found = upkeep.of_backup(last, has_run=has_run, now=NOW, say=say)
    assert (found.level, found.sentence, bool(found.cure)) == (level, sentence, level != "ok")
