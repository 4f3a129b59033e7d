"""The whole send against other ways to send a newsletter, to the same receiver."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import references
from books import sqlite_book
from cache import NotHereError
from letters import press
from receivers import Sink, sink
from references import Rival, Run, checked
from rounds import QUICK_ROUNDS, ROUNDS, Row, alternate, not_compared
from sending import send_rate

READERS, QUICK_READERS = 30_000, 4_000
LETTERS, QUICK_LETTERS = 200, 40  # some seconds of each of the others
OURS = "whole send, SQLite, one process"
RIVALS: dict[str, Callable[[], Rival]] = {
    "EmailMessage + smtplib": references.naive,
    "Django's mail loop": references.django,
    "django-newsletter": references.django_newsletter,
    "nodemailer's pool": references.nodemailer,
}
MUST = ">= 100"


def measure(*, quick: bool) -> list[Row]:
    """Return a row for each of the others; one that cannot be had is not compared."""
    here: dict[str, Rival] = {}
    missing: list[Row] = []
    for name, find in RIVALS.items():
        try:
            here[name] = find()
        except NotHereError as error:
            missing.append(not_compared(_title(name), must=MUST, reason=error))
    try:
        return [*_compare(here, quick=quick), *missing]
    except NotHereError as error:
        return [not_compared(_title(name), must=MUST, reason=error) for name in RIVALS]


def _compare(rivals: dict[str, Rival], *, quick: bool) -> list[Row]:
    letters = QUICK_LETTERS if quick else LETTERS
    with (
        sqlite_book(QUICK_READERS if quick else READERS) as book,
        sink(chunking=True) as receiver,
        TemporaryDirectory() as folder,
    ):
        template = Path(folder) / "template.json"
        press().write_template(template)
        contestants: dict[str, Callable[[], Run]] = {OURS: partial(send_rate, receiver, book)}
        for name, rival in rivals.items():
            contestants[name] = partial(_send, rival, receiver, letters=letters, template=template)
        result = alternate(contestants, rounds=QUICK_ROUNDS if quick else ROUNDS)
    return [result.row(OURS, to=name, must=MUST, title=_title(name)) for name in rivals]


def _send(rival: Rival, receiver: Sink, *, letters: int, template: Path) -> Run:
    run = partial(rival.send, receiver.port, letters=letters, template=template)
    return checked(receiver, run)


def _title(name: str) -> str:
    return f"{OURS}, against {name}"


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(row)
