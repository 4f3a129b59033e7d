"""The wire alone: prepared letters through the SMTP carrier, against Postfix's smtp-source."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import crew
from cache import NotHereError
from crew import Work
from letters import press
from receivers import HOST, Sink, sink
from references import SESSIONS, Run, checked, smtp_source
from rounds import QUICK_ROUNDS, ROUNDS, Row, alternate, not_compared

from digest.cores import on_one_core
from digest.mail.letter import Letter
from digest.mail.outcome import Verdict
from digest.providers.carrier import Carrier
from digest.providers.session import SmtpSettings
from digest.providers.smtp import SmtpCarrier

LETTERS, QUICK_LETTERS = 20_000, 6_000
CONNECTIONS = 8  # of ours, the quickest by DATA of 1 to 16 that were tried
PREPARED = 500  # different letters, sent again and again
SOURCE = f"smtp-source, {SESSIONS} sessions"
BARS = {"DATA": ">= 0.9", "BDAT": ">= 2.8"}
TITLE = "wire alone, one process, {}"


def measure(*, quick: bool) -> list[Row]:
    """Return a row for DATA and one for BDAT."""
    letters = QUICK_LETTERS if quick else LETTERS
    try:
        with sink() as data, sink(chunking=True) as bdat, TemporaryDirectory() as folder:
            text = press().write_letter(Path(folder) / "letter")
            contestants = {
                SOURCE: partial(source, data, letters=letters, text=text),
                "DATA": partial(wire_rate, data, letters=letters),
                "BDAT": partial(wire_rate, bdat, letters=letters),
            }
            result = alternate(contestants, rounds=QUICK_ROUNDS if quick else ROUNDS)
    except NotHereError as error:
        return [not_compared(TITLE.format(n), must=bar, reason=error) for n, bar in BARS.items()]
    return [
        result.row(name, to=SOURCE, must=bar, title=TITLE.format(name))
        for name, bar in BARS.items()
    ]


def source(receiver: Sink, *, letters: int, text: Path) -> Run:
    """Run the reference against a sink."""
    run = partial(smtp_source, receiver.port, letters=letters, text=text)
    return checked(receiver, run)


def wire_rate(
    receiver: Sink, *, letters: int, connections: int = CONNECTIONS, in_flight: int = 4
) -> Run:
    """Send prepared letters from one process."""
    run = partial(
        crew.run,
        handing_over,
        letters=letters,
        port=receiver.port,
        count=letters,
        connections=connections,
        in_flight=in_flight,
    )
    return checked(receiver, run)


def handing_over(*, port: int, count: int, connections: int, in_flight: int) -> Work:
    """Prepare letters and a carrier; the work hands ``count`` letters over."""
    settings = SmtpSettings(host=HOST, port=port, security="none", in_flight=in_flight)
    carrier = SmtpCarrier(settings)
    one = press()
    prepared = [one.letter(number) for number in range(PREPARED)]

    def work() -> None:
        sizes = [len(range(number, count, connections)) for number in range(connections)]
        shares = [islice(cycle(prepared), size) for size in sizes]
        # On one core, as every sender is.
        with (
            TemporaryDirectory() as folder,
            on_one_core(Path(folder)),
            ThreadPoolExecutor(connections) as threads,
        ):
            for _ in threads.map(partial(_hand_over, carrier), shares):
                pass  # an error comes out here

    return work


def _hand_over(carrier: Carrier, letters: Iterator[Letter]) -> None:
    with closing(carrier.connect()) as connection:
        for _, outcome in connection.hand_over(letters, dot=lambda _: True):
            if outcome.verdict is not Verdict.ACCEPTED:
                raise RuntimeError(f"the receiver did not take a letter: {outcome}")


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(row)
