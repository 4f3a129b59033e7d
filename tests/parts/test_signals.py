"""A signal that asks us to stop is heard, wherever it finds us."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from digest.cli.context import stop_on

LONG = 10.0  # seconds; what works takes none


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    """Give an event that SIGUSR1 sets."""
    before = signal.getsignal(signal.SIGUSR1)
    event = threading.Event()
    stop_on(signal.SIGUSR1, stop=event)
    yield event
    signal.signal(signal.SIGUSR1, before)


def test_a_signal_that_comes_while_the_event_is_locked_does_not_hang(stop: threading.Event) -> None:
    # As in the middle of `wait`, or of a handler for the signal before.
    with stop._cond:  # type: ignore[attr-defined] # the lock itself is private
        os.kill(os.getpid(), signal.SIGUSR1)
        signal.getsignal(signal.SIGUSR1)  # the handler has run by now
    assert stop.wait(LONG)


def test_two_signals_at_once_are_one(stop: threading.Event) -> None:
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGUSR1)
    assert stop.wait(LONG)
