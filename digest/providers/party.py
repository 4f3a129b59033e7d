"""What the file of one mail API says about it: how letters become a request, how answers read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from typing import Literal, Protocol

from digest.mail.letter import Letter
from digest.mail.outcome import Outcome
from digest.providers.capabilities import Capabilities

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request; ``target`` is the path with its query, in ASCII.

    ``parts`` are its body, one behind the other: letters share most of them, and are never all in
    memory.
    """

    target: str
    headers: Headers
    parts: Sequence[bytes] = ()
    method: Literal["GET", "POST"] = "POST"

    @cached_property
    def size(self) -> int:
        """How many bytes the body has."""
        return sum(map(len, self.parts))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One whole HTTP answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Again(Enum):
    """What has to be asked instead of reading on."""

    SPLIT = auto()  # nobody was taken because of somebody among them: give halves


Reading = Sequence[Outcome] | Outcome | Again
"""An outcome for each letter in their order, or one for all of them."""


class GarbledError(ValueError):
    """The answer is not what this API answers; nobody knows what became of the letters."""


class Party(Protocol):
    """One mail API. It keeps nothing of a conversation, so that all threads share it."""

    name: str
    capabilities: Capabilities

    @property
    def secrets(self) -> tuple[str, ...]:
        """What is never to be shown, whatever an answer repeats."""
        ...

    def request(self, letters: Sequence[Letter]) -> Request:
        """Write the request that hands these over.

        Where `capabilities.takes` is "sheet", every letter has one, and all have the same where
        `capabilities.fills`. Raises `UnfitError` for what it cannot say.
        """
        ...

    def read(self, answer: Answer, *, letters: Sequence[Letter]) -> Reading:
        """Say what became of these; raise `GarbledError` when the answer does not."""
        ...

    def probe(self) -> Request:
        """Write a request that changes nothing and needs our credentials."""
        ...
