"""What a process that works long does about its memory."""

import os
import subprocess
import sys

import pytest

_TRIMS = """
from pathlib import Path
from resource import getpagesize
from digest.memory import trim

def used():
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize()

pages = [bytearray(4_000) for _ in range(10_000)]
behind_them = bytearray(4_000)
pages.clear()
before = used()
trim()
print(before - used())
"""


def test_memory_that_is_free_goes_back_to_the_system_whatever_lies_behind_it() -> None:
    if sys.platform != "linux" or "glibc" not in (os.confstr("CS_GNU_LIBC_VERSION") or ""):
        pytest.skip("only glibc can be asked to")
    done = subprocess.run(
        [sys.executable, "-c", _TRIMS], check=True, stdout=subprocess.PIPE, text=True
    )
    assert int(done.stdout) > 30_000_000
