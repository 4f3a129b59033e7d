"""Whether an installation is looked after: when a run last ended, when a backup was made. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta

from digest.checks.finding import Finding

_RUN = timedelta(days=1)  # cron and `digest serve` run many times a day
_AFTER_SLOT = timedelta(hours=1)  # an issue is due: by then a run has ended, or something hangs
_BACKUP = timedelta(days=8)  # a week and a day: every issue is in one

Say = Callable[[datetime], str]


def of_run(last: datetime | None, *, slot: datetime, now: datetime, say: Say) -> Finding:
    """Judge when a run came to its end; None when none ever has.

    ``slot`` is when an issue was due last; ``say`` writes a moment as the operator reads it.
    """
    if last is None:
        return Finding(level="ok", sentence="run: none has come to its end yet")
    if now - last > _RUN or last < slot <= now - _AFTER_SLOT:
        return Finding(
            level="warning",
            sentence=f"run: none has come to its end since {say(last)}",
            cure="keep 'digest serve' running, or have cron do 'digest run'; its log says what"
            " stops it",
        )
    return Finding(level="ok", sentence=f"run: the last one came to its end {say(last)}")


def of_backup(last: datetime | None, *, has_run: bool, now: datetime, say: Say) -> Finding:
    """Judge when a backup was made; None when none ever was.

    Before the first run (``has_run``) there is nothing that one would have to bring back.
    """
    cure = "digest backup create FILE; digest-backup.timer in deploy/systemd makes one a night"
    if last is None and not has_run:
        return Finding(level="ok", sentence="backup: none was made yet, and nothing was run")
    if last is None:
        return Finding(
            level="warning", sentence="backup: none was made yet on this machine", cure=cure
        )
    if now - last > _BACKUP:
        sentence = f"backup: none was made on this machine since {say(last)}"
        return Finding(level="warning", sentence=sentence, cure=cure)
    return Finding(level="ok", sentence=f"backup: the last one was made {say(last)}")
