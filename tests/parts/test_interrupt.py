"""Ctrl-C while letters leave: held back to the end of the block, and never lost."""

import os
import signal
import threading

import pytest

from digest.delivery.interrupt import held_back


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_it_asks_for_an_end_and_is_raised_when_the_block_is_left() -> None:
    asked, reached = threading.Event(), []

    def letters() -> None:
        with held_back(end=asked.set) as came:
            press()
            assert asked.wait(10)
            assert came.is_set()
            reached.append("the end")

    with pytest.raises(KeyboardInterrupt):
        letters()
    assert reached == ["the end"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_one_does_not_wait() -> None:
    asked, reached = threading.Event(), []

    def letters() -> None:
        with held_back(end=asked.set):
            press()
            assert asked.wait(10)
            press()
            reached.append("the end")

    with pytest.raises(KeyboardInterrupt):
        letters()
    assert reached == []


def test_what_somebody_else_handles_is_left_to_them() -> None:
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append("theirs"))
    try:
        with held_back(end=lambda: heard.append("ours")) as came:
            press()
        assert (heard, came.is_set()) == (["theirs"], False)
    finally:
        signal.signal(signal.SIGINT, before)


def test_without_one_nothing_is_raised() -> None:
    with held_back(end=lambda: None) as came:
        pass
    assert not came.is_set()
