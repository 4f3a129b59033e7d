"""Moves the list of readers in and out of files, in pieces, so that any length fits in memory."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from sqlalchemy.orm import Session

from digest import logbook, welcome
from digest.app import App
from digest.errors import UsageError
from digest.memory import collect_seldom
from subscribers import transfer, transfer_out
from subscribers.consent import in_words
from subscribers.language import language_tag
from subscribers.preferences import Preferences, split
from subscribers.signup import Application
from subscribers.spreadsheet import safe
from subscribers.tables import Format, Pace
from subscribers.transfer import Line
from subscribers.transfer_ahead import open_pieces
from subscribers.transfer_decide import Fate
from subscribers.transfer_file import Sheet, open_sheet
from subscribers.transfer_out import Exported
from subscribers.transfer_ready import Maker, Order
from subscribers.transfer_record import Record
from subscribers.transfer_seen import Rehearsal

_SHOWN = 20  # lines that are kept to be shown


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of a file: how many rows met each fate, and the first that a person may read."""

    format: str
    encoding: str
    counts: Counter[Fate]
    doubtful: int
    notable: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One import that an operator asks for.

    ``name`` is the file's own, kept as evidence; ``source`` says where and when these people
    agreed; ``format`` is the tool it came from, when it is named. Without ``write`` it only says
    what would become of each row. With ``confirm`` those who become pending are asked by mail,
    else nobody gets any. ``report`` gets one line of CSV per row.
    """

    path: Path
    name: str
    source: str = ""
    format: str | None = None
    write: bool = False
    confirm: bool = False
    report: Path | None = None


def import_people(app: App, job: Job, *, step: Callable[[], None] = lambda: None) -> Imported:
    """Bring the people in an export of another tool onto the list.

    Each piece of the file is one transaction, so what was done when it is cut short stays done,
    and running it again goes on: whoever is on the list is known. ``step`` is called for every
    hundredth of the file. Raises `TransferError` for a file that is no list of people.
    """
    collect_seldom()
    with (
        open_sheet(job.path, name=job.name, asked=job.format) as sheet,
        _report(job.report) as note,
    ):
        order = Order(
            file=job.name,
            format=sheet.layout.shape.name,
            source=in_words(job.source) if job.source else "",
            language=language_tag(app.config.newsletter.language) or "en",
            now=app.clock.now(),
            keyring=app.keyring,
        )
        tally = _Tally(note)
        percent = Percent(step)
        for lines, share in _taken(app, sheet, maker=Maker(sheet.layout, order), job=job):
            tally.add(lines)
            percent.reach(share)
            if app.stop.is_set():
                raise KeyboardInterrupt
    if job.write:
        with app.database.begin() as session:
            _note(app, session, "end import", about=f"file {job.name}", **_named(tally.counts))
    return Imported(
        format=order.format,
        encoding=sheet.encoding,
        counts=tally.counts,
        doubtful=tally.doubtful,
        notable=tuple(tally.notable),
    )


@dataclass
class _Tally:
    """Counts what becomes of the rows, and keeps the first that a person may want to look at.

    ``note`` is told of each row.
    """

    note: Callable[[Line], None]
    counts: Counter[Fate] = field(default_factory=Counter)
    doubtful: int = 0
    notable: list[Line] = field(default_factory=list)

    def add(self, lines: Iterable[Line]) -> None:
        """Count these rows too."""
        for line in lines:
            self.counts[line.fate] += 1
            self.doubtful += bool(line.doubts)
            if len(self.notable) < _SHOWN and (line.fate is Fate.REFUSED or line.doubts):
                self.notable.append(line)
            self.note(line)


def _taken(app: App, sheet: Sheet, *, maker: Maker, job: Job) -> Iterator[tuple[list[Line], float]]:
    """Yield what became of each piece, and the share of the file that is done."""
    with open_pieces(sheet, maker=maker, size=transfer.PIECE) as pieces:
        if not job.write:
            with app.database.read() as session:
                rehearsal = Rehearsal(session)
                for rows, share in pieces:
                    yield transfer.take(session, rows, maker=maker, rehearsal=rehearsal), share
            return
        with app.database.begin() as session:  # what is cut short was begun by somebody too
            about = f"file {job.name}"
            _note(app, session, "begin import", about=about, format=maker.order.format)
        for rows, share in pieces:
            with app.database.begin() as session:
                lines = transfer.take(session, rows, maker=maker)
                for (number, cells, _), line in zip(rows, lines, strict=True):
                    if job.confirm and line.fate is Fate.PENDING:
                        _ask(session, maker.record(number, cells), order=maker.order)
            yield lines, share


def _ask(session: Session, record: Record, *, order: Order) -> None:
    """Have somebody who is pending asked to confirm, in the way of those who sign up."""
    if record.mailbox is None:
        return
    wanted = Application(
        mailbox=record.mailbox,
        wishes=Preferences(
            topics=split(record.topics),
            pace=Pace(record.pace),
            language=record.language or order.language,
            format=Format(record.format),
        ),
        source=f"asked by the operator after the import of {order.file}",
        evidence={"address": record.typed, "file": order.file, "line": record.line},
    )
    welcome.apply(session, wanted, keyring=order.keyring, now=order.now)


@contextmanager
def _report(path: Path | None) -> Iterator[Callable[[Line], Any]]:
    """Open the report, and give what writes a line of it."""
    if path is None:
        yield lambda _line: None
        return
    with _new(path) as file:
        writer = csv.writer(file)
        writer.writerow(("line", "address", "outcome", "reason", "look at"))
        yield lambda one: writer.writerow(
            (one.line, safe(one.typed), one.fate, safe(one.why), "; ".join(one.doubts))
        )


class Percent:
    """Calls ``step`` once for every hundredth that is reached."""

    def __init__(self, step: Callable[[], None]) -> None:
        self._step = step
        self._done = 0

    def reach(self, share: float) -> None:
        """Take the steps up to this share of the work, from 0 to 1."""
        while self._done < int(share * 100):
            self._step()
            self._done += 1


def export_people(
    app: App, file: IO[str], *, as_json: bool, step: Callable[[], None] = lambda: None
) -> int:
    """Write everybody who has an address, as CSV or JSON lines; return how many."""
    write = _json_writer(file) if as_json else transfer_out.csv_writer(file)
    percent = Percent(step)
    count = 0
    with app.database.begin() as session:
        _note(app, session, "export readers", about="readers", form="JSON" if as_json else "CSV")
    with app.database.read() as session:
        total = transfer_out.count(session)
        for count, one in enumerate(transfer_out.everybody(session), 1):
            write(one)
            if count % transfer.PIECE == 0:
                percent.reach(count / total)
    return count


def _named(counts: Counter[Fate]) -> dict[str, int]:
    return {str(fate): count for fate, count in counts.items() if count}


def _note(app: App, session: Session, action: str, *, about: str, **facts: object) -> None:
    now = app.clock.now()
    logbook.note(session, actor=app.actor, action=action, about=about[:200], now=now, **facts)


def _json_writer(file: IO[str]) -> Callable[[Exported], Any]:
    return lambda one: file.write(transfer_out.as_json(one))


@contextmanager
def new_file(path: Path) -> Iterator[IO[str]]:
    """Open a file that is not there yet, readable by its owner only: it is full of addresses."""
    with _new(path) as file:
        yield file


def refuse_existing(path: Path) -> None:
    """Raise `UsageError` when there is such a file."""
    if path.exists():
        raise UsageError(f"{path} is there already; name another file or remove it")


def _new(path: Path) -> IO[str]:
    refuse_existing(path)
    try:
        path.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    return path.open("w", encoding="utf-8", newline="")
