"""A newsroom on each database, and its commands: what most parts need around them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from newsroom import Ended, Newsroom, newsroom

Call = Callable[..., Ended]


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Newsroom]:
    """Give an empty newsroom."""
    with newsroom(tmp_path, database_url=database_url) as room:
        yield room


@pytest.fixture
def call(room: Newsroom, capsys: pytest.CaptureFixture[str]) -> Call:
    """Give a way to run a command that is expected to end well, or with another code."""

    def call(*arguments: str, code: int = 0) -> Ended:
        return room.call(capsys, *arguments, code=code)

    return call
