"""A whole send, measured: ledger, check, personalising, wire, journal and results."""

from contextlib import closing
from functools import partial

import crew
from application import application
from books import Book
from receivers import Sink
from references import SESSIONS, Run, checked
from serving import serving, working

from digest.delivery import ledger
from digest.delivery.state import DeliveryState


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


def _check(url: str, book: Book) -> None:
    """Make sure that the ledger says of every reader that the letter was taken."""
    with closing(application(url, folder=book.folder)) as app, app.database.read() as session:
        counts = ledger.counts(session, 1)
    if counts != {DeliveryState.ACCEPTED: book.readers}:
        raise RuntimeError(f"not every one of {book.readers} readers was served: {counts}")
