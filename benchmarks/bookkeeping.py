"""What ledger, check, journal and results cost: a send whose letters and wire cost nothing."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from statistics import median

import crew
from application import SENDER, application, due_edition
from books import sqlite_book
from crew import Work
from rounds import QUICK_ROUNDS, ROUNDS, Row

from digest import dispatch
from digest.delivery.routes import MAIN
from digest.delivery.state import DeliveryState
from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.capabilities import EVERYTHING
from digest.providers.carrier import Dot, Fate
from subscribers.person import Person

READERS, QUICK_READERS = 100_000, 20_000
MOST = 10.0  # microseconds of CPU for each letter
_TAKEN = Outcome(verdict=Verdict.ACCEPTED, stage=Stage.DOT, code=250)


class Nowhere:
    """A carrier that takes every letter at once."""

    name = "nowhere"
    capabilities = EVERYTHING

    def connect(self) -> "Nowhere":
        """Return the only conversation there is."""
        return self

    def hand_over(self, letters: Iterable[Letter], *, dot: Dot) -> Iterator[Fate]:
        """Ask for the point of no return, as every carrier does, and say that it was taken."""
        for letter in letters:
            if not dot(letter):
                raise RuntimeError("nobody leaves during this send")
            yield letter, _TAKEN

    def close(self) -> None:
        """Do nothing."""

    def check(self) -> str | None:
        """Find nothing in the way."""
        return None


class Blank:
    """Writes empty letters."""

    def letter(self, reader: Person, *, key: str) -> Letter:
        """Return a letter without a word."""
        return Letter(key=key, sender=SENDER, recipient=reader.email)


def measure(*, quick: bool) -> list[Row]:
    """Return one row."""
    readers = QUICK_READERS if quick else READERS
    costs = []
    with sqlite_book(readers) as book:
        for _ in range(QUICK_ROUNDS if quick else ROUNDS):
            with book.copy() as url:
                run = crew.run(keeping_books, letters=readers, url=url, folder=str(book.folder))
            costs.append(run.cpu_us)
    cost = median(costs)
    return [
        {
            "name": "ledger, check, journal and results, CPU for each letter",
            "ratio": round(cost / MOST, 2),
            "must": "<= 1",
            "reference": f"{MOST:.0f} us",
            "note": f"{cost:.1f} us, SQLite, median of {len(costs)} sends to {readers:,} readers",
        }
    ]


def keeping_books(*, url: str, folder: str) -> Work:
    """Build an application that writes blank letters to nowhere; the work sends the issue."""
    app = application(url, folder=Path(folder))
    edition = due_edition(app)
    vars(app).update(carriers={MAIN: Nowhere()}, personalisers=_blanks)

    def work() -> None:
        with closing(app):
            report = dispatch.hand_over(app, edition)
        if set(report.counts) != {DeliveryState.ACCEPTED}:
            raise RuntimeError(f"not everybody was served: {report}")

    return work


def _blanks(_edition: object, _issue: object, variants: Mapping[int, object]) -> dict[int, Blank]:
    return {variant: Blank() for variant in variants}


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(row)
