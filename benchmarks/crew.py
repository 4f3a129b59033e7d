"""Runs work in processes of its own, which begin together and are measured apart."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from memory import peak_memory
from references import Run

Work = Callable[[], None]
"""What is measured; what it needs was prepared before."""

_HERE = Path(__file__).resolve()


def run(work: Callable[..., Work], *, letters: int, processes: int = 1, **words: Any) -> Run:
    """Have ``work(**words)`` prepared in each process, then done in all at once.

    ``letters`` is what they send together. The time runs from the first start to the last end,
    CPU is the sum, memory the largest.
    """
    with ExitStack() as stack:
        crew = [stack.enter_context(_started(work, words)) for _ in range(processes)]
        for process in crew:
            _line(process)  # it is ready
        for process in crew:
            assert process.stdin  # noqa: S101 - it was asked for
            process.stdin.write("go\n")
            process.stdin.flush()
        results = [json.loads(_line(process)) for process in crew]
    return Run(
        letters=letters,
        seconds=max(r["end"] for r in results) - min(r["start"] for r in results),
        cpu=sum(r["cpu"] for r in results),
        memory=max(r["memory"] for r in results),
    )


@contextmanager
def _started(work: Callable[..., Work], words: dict[str, Any]) -> "Iterator[subprocess.Popen[str]]":
    name = f"{Path(sys.modules[work.__module__].__file__ or '').stem}:{work.__name__}"
    with subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-W", "ignore", str(_HERE), name, json.dumps(words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout  # noqa: S101 - it was asked for
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("a process that sends broke down; see above")
    return line


def _main() -> None:
    module, name = sys.argv[1].split(":")
    work = getattr(import_module(module), name)(**json.loads(sys.argv[2]))
    print("ready", flush=True)
    sys.stdin.readline()
    start, busy = time.monotonic(), time.process_time()  # one clock for all processes
    work()
    result = {"start": start, "end": time.monotonic(), "cpu": time.process_time() - busy}
    print(json.dumps(result | {"memory": peak_memory()}), flush=True)


if __name__ == "__main__":
    _main()
