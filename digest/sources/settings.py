"""How the sources are read and parsed: what the operator may choose."""

from dataclasses import dataclass

from digest.limits import Count, CountOrNone, Pause, Seconds, WholeMinutes, Workers


@dataclass(frozen=True, kw_only=True)
class PollSettings:
    """How the sources are read.

    ``threads`` read at once, but only ``per_host`` from one host, with ``gap_seconds`` between
    two requests to it. A good source is read again after ``interval_minutes``. A source that is
    being read belongs to one poller, for ``lease_minutes`` at most if nobody sees it die. One
    reading follows a list over ``pages`` at most, and looks up as many posts as ``completions``
    on their own pages. Of what a source answered last, ``capture`` bytes are kept to be looked at.
    """

    threads: Workers = 8
    per_host: Workers = 1
    gap_seconds: Pause = 0.5
    interval_minutes: WholeMinutes = 60
    lease_minutes: WholeMinutes = 5
    pages: Count = 3
    completions: CountOrNone = 10
    capture: CountOrNone = 200_000


@dataclass(frozen=True, kw_only=True)
class ParserSettings:
    """What parsing may cost.

    ``processes`` parse at once; ``seconds`` is the most for one page; ``memory`` is the most, in
    bytes, that a page may take on top of an idle parser.
    """

    processes: Workers = 2
    seconds: Seconds = 5.0
    memory: Count = 512_000_000
