"""What every carrier of finished bytes promises, asked of each; and how one is chosen."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from mailhost import PATIENT, MailHost, letter_to

from digest.clock import Clock
from digest.errors import ConfigurationError
from digest.mail.outcome import Verdict
from digest.providers.carrier import Carrier, deliver
from digest.providers.folder import FolderSettings
from digest.providers.lmtp import LmtpSettings
from digest.providers.memory import MemoryCarrier
from digest.providers.registry import KINDS, PARTIES, CarrierSettings, build


@dataclass(frozen=True)
class Way:
    """A carrier, and a look at the other side: the messages that it truly has."""

    carrier: Carrier
    arrived: Callable[[], list[bytes]]


@pytest.fixture(params=[kind for kind in KINDS if kind not in PARTIES])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    """Give each carrier in turn, with a real other side."""
    with MailHost(lmtp=request.param == "lmtp") as host:
        folder = FolderSettings(path=tmp_path / "mail")
        lmtp = LmtpSettings(host=host.address, port=host.port, timeouts=PATIENT)
        settings = CarrierSettings(
            kind=request.param, smtp=host.settings(), lmtp=lmtp, folder=folder
        )
        carrier = build(settings, clock=Clock())
        looks: dict[str, Callable[[], list[bytes]]] = {
            "smtp": lambda: [taken.message for taken in host.accepted],
            "lmtp": lambda: [taken.message for taken in host.accepted],
            "folder": lambda: [path.read_bytes() for path in folder.path.glob("*.eml")],
            "memory": lambda: [one.message for one in carrier.letters],  # type: ignore[attr-defined]
        }
        yield Way(carrier, looks[request.param])


def message(number: int) -> bytes:
    return f"Subject: {number}\r\n\r\nHello {number}.\r\n".encode()


def test_a_carrier_is_named_as_it_is_chosen(way: Way, request: pytest.FixtureRequest) -> None:
    assert f"[{way.carrier.name}]" in request.node.name


def test_a_letter_is_accepted_after_one_intent(way: Way) -> None:
    asked: list[int] = []

    def intent() -> bool:
        asked.append(len(way.arrived()))
        return True

    connection = way.carrier.connect()
    outcome = deliver(connection, letter_to("ann@reader.test", message=message(1)), intent=intent)
    connection.close()
    assert outcome.verdict is Verdict.ACCEPTED
    assert asked == [0]
    assert way.arrived() == [message(1)]


def test_a_letter_without_consent_does_not_arrive(way: Way) -> None:
    connection = way.carrier.connect()
    outcome = deliver(connection, letter_to("ann@reader.test"), intent=lambda: False)
    assert (outcome.verdict, way.arrived()) == (Verdict.WITHDRAWN, [])
    after = deliver(connection, letter_to("ben@reader.test"), intent=lambda: True)
    connection.close()
    assert after.verdict is Verdict.ACCEPTED
    assert len(way.arrived()) == 1


def test_an_error_of_the_intent_comes_through_and_nothing_arrives(way: Way) -> None:
    class BookkeepingError(Exception):
        pass

    def intent() -> bool:
        raise BookkeepingError

    connection = way.carrier.connect()
    with pytest.raises(BookkeepingError):
        deliver(connection, letter_to("ann@reader.test"), intent=intent)
    assert way.arrived() == []
    after = deliver(connection, letter_to("ben@reader.test"), intent=lambda: True)
    connection.close()
    assert after.verdict is Verdict.ACCEPTED


def test_an_outcome_says_nothing_about_the_reader(way: Way) -> None:
    connection = way.carrier.connect()
    outcome = deliver(connection, letter_to("ann@reader.test"), intent=lambda: True)
    connection.close()
    assert "ann" not in str(outcome)


def test_connections_of_one_carrier_work_side_by_side(way: Way) -> None:
    def send(start: int) -> None:
        connection = way.carrier.connect()
        for number in range(start, start + 25):
            letter = letter_to(f"r{number}@reader.test", message=message(number))
            assert deliver(connection, letter, intent=lambda: True).verdict is Verdict.ACCEPTED
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, (0, 25, 50, 75)))
    assert sorted(way.arrived()) == sorted(message(number) for number in range(100))


def test_the_check_finds_nothing_in_the_way_and_hands_nothing_over(way: Way) -> None:
    assert way.carrier.check() is None
    assert way.arrived() == []


def test_closing_twice_or_unused_is_harmless(way: Way) -> None:
    connection = way.carrier.connect()
    connection.close()
    connection.close()
    assert way.arrived() == []


def test_memory_keeps_the_letters_in_order() -> None:
    carrier = MemoryCarrier()
    letters = [letter_to(f"r{number}@reader.test") for number in range(3)]
    connection = carrier.connect()
    for letter in letters:
        deliver(connection, letter, intent=lambda: True)
    assert carrier.letters == tuple(letters)


@pytest.mark.parametrize(
    ("kind", "hint"),
    [("smpt", "did you mean 'smtp'"), ("Folder", "did you mean 'folder'"), ("pigeon", "there are")],
)
def test_an_unknown_kind_is_refused_with_a_suggestion(kind: str, hint: str) -> None:
    with pytest.raises(ConfigurationError, match=hint):
        build(CarrierSettings(kind=kind))
