"""How log lines are written: as text or as JSON, with nobody's address and no secret in them."""

import json
import logging
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from digest.masking import Mask

TEXT = "%(levelname)s %(name)s: %(message)s"
_NOISY = ("httpx", "httpcore", "alembic", "apscheduler", "mail.log", "asyncio")
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """How log lines are written to stderr.

    ``format`` is "text" for people or "json" for programs: one object per line. ``level`` is the
    least that is written; ``-v`` writes everything.
    """

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "warning"


class MaskedFormatter(logging.Formatter):
    """Writes a line as text; the mask covers all of it, so a traceback too."""

    def __init__(self, mask: Mask) -> None:
        super().__init__(TEXT)
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return self._mask(super().format(record))


class JsonFormatter(logging.Formatter):
    """Writes a line as one JSON object: time, level, logger, message, error, and what was added."""

    def __init__(self, mask: Mask) -> None:
        super().__init__()
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        line |= {key: str(value) for key, value in vars(record).items() if key not in _OWN}
        return json.dumps({key: self._mask(value) for key, value in line.items()})


def begin(*, verbose: bool) -> None:
    """Write lines as text until the settings are known."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler(sys.stderr))
        root.setLevel(logging.DEBUG if verbose else logging.WARNING)
    _use(MaskedFormatter(Mask()))
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def apply(settings: LogSettings, *, secrets: Iterable[str]) -> None:
    """Write lines as the settings say; none of these secrets will stand in one."""
    mask = Mask.of(secrets)
    is_ours = _use(JsonFormatter(mask) if settings.format == "json" else MaskedFormatter(mask))
    root = logging.getLogger()
    if is_ours and root.level != logging.DEBUG:  # -v asked for everything
        root.setLevel(settings.level.upper())


def _use(formatter: logging.Formatter) -> bool:
    """Give our way of writing to what writes to stderr; whether there is such a thing.

    What a host or a test has put there instead stays as it is.
    """
    ours = [one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler]
    for handler in ours:
        handler.setFormatter(formatter)
    return bool(ours)
