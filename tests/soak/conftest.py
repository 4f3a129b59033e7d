"""How long the long proofs run: `make soak ARGS="--kills 50 --rounds 10 -k postgres"`."""

import pytest

KILLS, ROUNDS = 200, 50


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two lengths."""
    parser.addoption("--kills", type=int, default=KILLS, help="kill -9 in each part of the soak")
    parser.addoption("--rounds", type=int, default=ROUNDS, help="rounds of starters at once")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """Say how many kills each part has to survive."""
    return int(request.config.getoption("--kills"))


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """Say how many rounds of starters there are."""
    return int(request.config.getoption("--rounds"))
