"""Reads an export in pieces; a long one in a process of its own, while the piece before is written.

Run as ``python -m subscribers.transfer_ahead FD``: the job comes and the pieces go over the
connection ``FD``.
"""

import gc
import marshal
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice, starmap
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from subscribers.errors import TransferError
from subscribers.tokens import Keyring
from subscribers.transfer_file import Sheet, open_sheet
from subscribers.transfer_ready import Maker, Row

Piece = tuple[list[Row], float]
"""Some thousand rows, and the share of the file that is read by then, from 0 to 1."""

_LONG = 4 << 20  # bytes from which a process of its own has paid its start


@contextmanager
def open_pieces(
    sheet: Sheet, *, maker: Maker, size: int, long: int = _LONG
) -> Iterator[Iterator[Piece]]:
    """Read the sheet in pieces of ``size`` rows, made ready.

    Files from ``long`` bytes on are read ahead. Raises `TransferError`, between two pieces, where
    the file turns out to be broken.
    """
    if sheet.size < long:
        yield _pieces(sheet, maker, size)
        return
    ours, theirs = Pipe()
    with theirs:
        process = _start(theirs)
    with ours, ThreadPoolExecutor(1) as hand:
        try:
            # A ring that has been used holds what cannot travel.
            order = replace(maker.order, keyring=Keyring(maker.order.keyring.secrets))
            ours.send((sheet.path, sheet.name, sheet.asked, order, size))
            yield _received(ours, hand=hand)
        finally:
            process.kill()
            process.wait()  # then nothing more comes, and the hand is free


def _start(connection: Connection) -> "subprocess.Popen[bytes]":
    """Start a fresh interpreter, in a session of its own: Ctrl-C in a terminal reaches only us."""
    return subprocess.Popen(  # noqa: S603 - our own module, no outside words
        [sys.executable, "-P", "-m", __name__, str(connection.fileno())],
        pass_fds=[connection.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def _pieces(sheet: Sheet, maker: Maker, size: int) -> Iterator[Piece]:
    rows = starmap(maker.row, sheet.rows)
    while piece := list(islice(rows, size)):
        yield piece, sheet.share_read()


def _received(connection: Connection, *, hand: ThreadPoolExecutor) -> Iterator[Piece]:
    """Yield pieces; the next one is taken in meanwhile, so that the other process can go on."""
    coming = hand.submit(connection.recv_bytes)
    while True:
        try:
            rows, share, problem = marshal.loads(coming.result())  # noqa: S302 - our own
        except (EOFError, OSError) as error:
            raise TransferError(
                "the process that reads the file has died: import it again, and what was taken"
                " by then is known"
            ) from error
        if problem:
            raise TransferError(problem)
        if not rows:
            return
        coming = hand.submit(connection.recv_bytes)
        yield rows, share


def main(connection: Connection) -> None:
    """Read what the job names and send it; the parent's end is ours, too."""
    gc.disable()  # rows leave no garbage in cycles, and to look for it took a twentieth of the time
    path, name, asked, order, size = connection.recv()
    with open_sheet(path, name=name, asked=asked) as sheet:
        problem = ""
        try:
            for rows, share in _pieces(sheet, Maker(sheet.layout, order), size):
                connection.send_bytes(marshal.dumps((rows, share, "")))
        except TransferError as error:
            problem = str(error)
        connection.send_bytes(marshal.dumps(([], 1.0, problem)))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        main(Connection(int(sys.argv[1])))
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(1)  # the parent is gone, and wants no more
