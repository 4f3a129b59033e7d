"""The process that parses what strangers wrote, so that it may die of it alone.

Run as ``python -m digest.sources.child FD SECONDS BYTES``: jobs come and answers go over the
connection ``FD``; a job may take so many seconds, and so many bytes on top of the idle process.
"""

import resource
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from pydantic import TypeAdapter

from digest.posts import hygiene
from digest.sources.adapter import Adapter, Page, Reading, UnreadableError
from digest.sources.candidates import Signposts
from digest.sources.state import State

MOST_EXAMINED = 200  # posts of a reading; of a whole archive the parent examines what it needs
SIGNPOSTS = "signposts"  # the job that asks not for posts but for where else they are


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is to be parsed, without its content, which follows as bytes.

    ``recipe`` holds the selectors of a `Recipe`, by its own names.
    """

    kind: str
    url: str
    headers: dict[str, str]
    recipe: dict[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of it: a reading or signposts, or the state and the reason why there are none."""

    reading: Reading | None = None
    signposts: Signposts | None = None
    state: str = ""
    reason: str = ""


# JSON, not pickle: what a hostile feed might make of this process must not run in the parent.
JOBS: TypeAdapter[Job] = TypeAdapter(Job)
ANSWERS: TypeAdapter[Answer] = TypeAdapter(Answer)
READY = b"ready"


def main(arguments: list[str]) -> None:
    """Serve jobs until the parent hangs up."""
    descriptor, seconds, memory = int(arguments[0]), float(arguments[1]), int(arguments[2])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the parent says when to stop, by hanging up
    from digest.sources.registry import ADAPTERS  # noqa: PLC0415 - the parent needs no parser

    hygiene.examine(title="Ready", summary="Ready.")  # its tables cost the first page nothing
    _limit_memory(memory)
    with Connection(descriptor) as connection:
        connection.send_bytes(READY)
        while True:
            try:
                job = JOBS.validate_json(connection.recv_bytes())
                content = connection.recv_bytes()
            except EOFError:
                return
            # The parent kills a slow child. When the parent is gone the alarm does, even while a
            # parser does not come back to Python.
            signal.setitimer(signal.ITIMER_REAL, seconds + 1)
            connection.send_bytes(ANSWERS.dump_json(_work(job, content, ADAPTERS)))
            signal.setitimer(signal.ITIMER_REAL, 0)


def _work(job: Job, content: bytes, adapters: Mapping[str, Adapter]) -> Answer:
    page = Page(url=job.url, content=content, headers=job.headers)
    try:
        return _answer(job, page, adapters)
    except UnreadableError as error:
        return Answer(state=error.state, reason=str(error))
    except MemoryError:
        return Answer(state=State.TOO_LARGE_TO_PARSE, reason="it takes too much memory to parse")
    except Exception as error:  # noqa: BLE001 - whatever a parser does, it is this page's fault
        return Answer(state=State.MALFORMED, reason=f"the parser gave up ({type(error).__name__})")


def _answer(job: Job, page: Page, adapters: Mapping[str, Adapter]) -> Answer:
    if job.kind == SIGNPOSTS:
        return Answer(signposts=_signposts(page))
    if job.recipe is not None:
        return Answer(reading=_examined(_by_recipe(page, job.recipe)))
    if job.kind not in adapters:
        return Answer(state=State.FAILED, reason=f"nothing reads sources of kind {job.kind!r}")
    return Answer(reading=_examined(adapters[job.kind](page)))


def _examined(reading: Reading) -> Reading:
    """Examine the posts here, where it costs neither the parent's time nor that of its database."""
    first, rest = reading.posts[:MOST_EXAMINED], reading.posts[MOST_EXAMINED:]
    examined = (replace(post, examined=hygiene.examined(post)) for post in first)
    return replace(reading, posts=(*examined, *rest))


def _signposts(page: Page) -> Signposts:
    from digest.sources import signposts  # noqa: PLC0415 - the parent needs no parser

    return signposts.read(page)


def _by_recipe(page: Page, recipe: dict[str, str]) -> Reading:
    from digest.sources import listing  # noqa: PLC0415 - the parent needs no parser
    from digest.sources.recipe import Recipe  # noqa: PLC0415 - the parent needs no parser

    return listing.read_with(page, recipe=Recipe(**recipe))


def _limit_memory(extra: int) -> None:
    """Cap the address space; where the system does not tell its size, time is the only limit."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        used = int(statm.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + extra, used + extra))


if __name__ == "__main__":
    main(sys.argv[1:])
