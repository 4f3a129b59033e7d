"""A whole send, measured: ledger, check, personalising, wire, journal and results."""

import threading
from contextlib import closing
from functools import partial
from pathlib import Path

import crew
from application import application, due_edition
from books import Book
from crew import Work
from receivers import Sink
from references import SESSIONS, Run, checked

from digest import dispatch
from digest.app import App
from digest.delivery import ledger
from digest.delivery.state import DeliveryState
from digest.editions import store as editions
from digest.editions.state import EditionState
from digest.editions.store import Edition

_LOOK_SECONDS = 0.05


def send_rate(
    receiver: Sink, book: Book, *, processes: int = 1, connections: int = SESSIONS
) -> Run:
    """Send the issue of a fresh copy of the book to a sink, and look at both ends afterwards."""
    return checked(
        receiver,
        partial(send, receiver.port, book, processes=processes, connections=connections),
    )


def send(port: int, book: Book, *, processes: int = 1, connections: int = SESSIONS) -> Run:
    """Send the issue of a fresh copy of the book, with so many ``connections`` in all."""
    work = working if book.is_for_fleet else serving
    with book.copy() as url:
        run = crew.run(
            work,
            letters=book.readers,
            processes=processes,
            url=url,
            folder=str(book.folder),
            port=port,
            connections=connections // processes,
        )
        _check(url, book)
    return run


def serving(*, url: str, folder: str, port: int, connections: int) -> Work:
    """Build the application; the work serves readers until no letter is due."""
    app = application(url, folder=Path(folder), port=port, connections=connections)
    edition = due_edition(app)
    _ = app.sender  # built when first asked for: reads the machine's certificates

    def work() -> None:
        with closing(app):
            report = dispatch.hand_over(app, edition)
        if report.trouble:
            raise RuntimeError(f"the send stopped: {report.trouble}")

    return work


def working(*, url: str, folder: str, port: int, connections: int) -> Work:
    """Build the application; the work is that of a fleet's worker until everybody is served."""
    app = application(
        url, folder=Path(folder), port=port, connections=connections, is_for_fleet=True
    )
    edition = due_edition(app)
    _ = app.sender

    def work() -> None:
        with closing(app):
            watch = threading.Thread(target=_stop_when_sent, args=(app, edition))
            watch.start()
            dispatch.work(app)
            watch.join()

    return work


def _stop_when_sent(app: App, edition: Edition) -> None:
    state = edition.state
    while state is not EditionState.SENT:
        app.clock.sleep(_LOOK_SECONDS)
        with app.database.read() as session:
            state = editions.get(session, edition.id).state
    app.stop.set()


def _check(url: str, book: Book) -> None:
    """Make sure that the ledger says of every reader that the letter was taken."""
    with closing(application(url, folder=book.folder)) as app, app.database.read() as session:
        counts = ledger.counts(session, 1)
    if counts != {DeliveryState.ACCEPTED: book.readers}:
        raise RuntimeError(f"not every one of {book.readers} readers was served: {counts}")
