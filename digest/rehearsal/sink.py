"""The mail server of a rehearsal, in a process of its own: `python -m digest.rehearsal.sink`.

It listens on loopback alone, writes its port, and takes letters until its standard input ends. Then
it writes what it has truly taken, as JSON.
"""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from digest.errors import DigestError
from digest.rehearsal.faults import Fault, Faults
from digest.rehearsal.talk import Talk


@dataclass(kw_only=True)
class Sink:
    """A running mail server; when it has ended, what it has taken and what it did to letters."""

    port: int
    taken: Counter[str] = field(default_factory=Counter)  # letters by recipient
    faults: Counter[Fault] = field(default_factory=Counter)


@contextmanager
def sink(*, fail: float, seed: int) -> Iterator[Sink]:
    """Run the server; ``fail`` is the share of letters, from 0 to 1, that meet a fault once."""
    command = [sys.executable, "-m", "digest.rehearsal.sink", str(fail), str(seed)]
    with subprocess.Popen(  # noqa: S603 - our own program with our own numbers
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            running = Sink(port=_port_of(process))
            yield running
            words, _ = process.communicate()
            truth: dict[str, Any] = json.loads(words)
            running.taken.update(truth["taken"])
            running.faults.update({Fault(name): n for name, n in truth["faults"].items()})
        except BaseException:
            process.kill()
            raise


def _port_of(process: "subprocess.Popen[str]") -> int:
    assert process.stdout  # noqa: S101 - it was asked for
    port = process.stdout.readline()
    if not port:
        raise DigestError("the rehearsal's mail server did not start; see above")
    return int(port)


async def serve(faults: Faults) -> Counter[str]:
    """Take letters until standard input ends; return how many, by recipient."""
    taken: Counter[str] = Counter()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Talk(taken, faults=faults), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    over = asyncio.Event()
    loop.add_reader(sys.stdin, over.set)
    await over.wait()
    server.close()
    return taken


def main() -> None:
    """Serve, and write the truth."""
    faults = Faults(share=float(sys.argv[1]), seed=int(sys.argv[2]))
    taken = asyncio.run(serve(faults))
    json.dump({"taken": taken, "faults": faults.done}, sys.stdout)


if __name__ == "__main__":
    main()
