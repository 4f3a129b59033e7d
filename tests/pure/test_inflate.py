"""Bounded decompression."""

import gzip
import tracemalloc

import pytest

from digest.inflate import DamagedError, TooLargeError, gunzip

WORDS = b"twelve minutes became six " * 1000


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_content_comes_out_whole_however_it_was_cut(size: int) -> None:
    assert gunzip(pieces(gzip.compress(WORDS), size), limit=len(WORDS)) == WORDS


def test_members_in_a_row_are_one_content_and_padding_is_none() -> None:
    data = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0" * 20
    assert gunzip([data], limit=100) == b"one two"


def test_one_byte_too_many_is_refused() -> None:
    with pytest.raises(TooLargeError):
        gunzip([gzip.compress(WORDS)], limit=len(WORDS) - 1)


def test_a_bomb_costs_no_more_memory_than_its_limit() -> None:
    bomb = gzip.compress(bytes(100_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            gunzip([bomb], limit=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "data", [b"", gzip.compress(WORDS)[:-20], b"<rss/>", b"\x1f\x8bnot really"]
)
def test_damaged_content_is_named_so(data: bytes) -> None:
    with pytest.raises(DamagedError):
        gunzip([data], limit=1_000_000)
