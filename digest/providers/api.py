"""The shared half of carriers that hand letters to a mail provider's API."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import islice
from typing import TypeGuard

from digest.clock import Clock
from digest.errors import DigestError, UnfitError
from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.batching import groups
from digest.providers.carrier import Connection, Dot, Fate
from digest.providers.channel import Channel, CutError, UnreachedError
from digest.providers.endpoint import ApiSettings, Base
from digest.providers.party import Again, Answer, GarbledError, Party, Reading, Request
from digest.providers.status import (
    by_status,
    must_wait,
    scrubbed,
    seconds_to_wait,
    too_large,
    unclear,
)
from digest.providers.wording import with_sheet

_TRIES = 4  # requests for the same letters, the first one included
_UNREACHED = 3  # in a row, after which the letters drawn already are not tried any more
_HERE = 2.0  # seconds that are waited with the letters in hand; longer, others may be at it
_PAUSE = 1.0  # seconds before asking again where nothing else is said
_SPREAD = 0.5  # seconds at most on top of what was asked for, so that threads do not come at once
_SHARE = 0.8  # of the time for which a request is known again: it came there later than it left
_OK = range(200, 300)
_FORBIDDEN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class ApiCarrier:
    """Hands letters to one provider's API."""

    def __init__(self, party: Party, *, base: Base, settings: ApiSettings, clock: Clock) -> None:
        self.name = party.name
        self.capabilities = party.capabilities
        self._party = party
        self._base = base
        self._settings = settings
        self._clock = clock
        self._rest = _Rest(clock)

    def connect(self) -> Connection:
        """Give a connection; the provider is called when the first letter comes."""
        return self._connection()

    def check(self) -> str | None:
        """Ask for something harmless that needs our key; return what stands in the way, or None."""
        connection = self._connection()
        try:
            return connection.probe()
        finally:
            connection.close()

    def _connection(self) -> "ApiConnection":
        channel = Channel(self._base, settings=self._settings, clock=self._clock)
        return ApiConnection(
            self._party,
            channel,
            clock=self._clock,
            patience=self._settings.patience,
            rest=self._rest,
        )


class _Rest:
    """Until when a provider wants to be left alone, for all connections to it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = 0.0  # on the monotonic clock

    def ask(self, seconds: float) -> None:
        """Note that it asked for so many seconds from now; what it asked before still holds."""
        self._until = max(self._until, self._clock.monotonic() + seconds)

    @property
    def left(self) -> float:
        """The seconds that are left of it; 0 where it may be asked."""
        return max(self._until - self._clock.monotonic(), 0.0)


class _LeftOutError(DigestError):
    """Some letters of a request must not leave, so this request must not."""


class _TooLateError(DigestError):
    """A request must not be made once more: somebody could get a second copy."""


class _Batch:
    """The letters of one request, whether their dots were granted, and when its body first left."""

    def __init__(self, letters: Sequence[Letter], *, dot: Dot, granted: bool = False) -> None:
        self.letters = list(letters)
        self.left_out: list[Letter] = []
        self.granted = granted
        self.left_at: datetime | None = None
        self._dot = dot

    def ask_dots(self) -> None:
        """Ask the dots, once; raise `_LeftOutError` when the request has to be written anew."""
        if self.granted:
            return
        answers = [self._dot(letter) for letter in self.letters]
        self.granted = True
        if not all(answers):
            pairs = list(zip(self.letters, answers, strict=True))
            self.left_out = [letter for letter, may_go in pairs if not may_go]
            self.letters = [letter for letter, may_go in pairs if may_go]
            raise _LeftOutError("letters were withdrawn")

    def may_go_again(self) -> bool:
        """Ask the dots once more: the letters may be somebody else's by now."""
        return all(self._dot(letter) for letter in self.letters)

    def take(self, count: int) -> list[Letter]:
        """Take so many letters out, from the front."""
        taken, self.letters = self.letters[:count], self.letters[count:]
        return taken

    def halves(self) -> Iterator["_Batch"]:
        """Yield the letters in two batches."""
        middle = len(self.letters) // 2
        for half in (self.letters[:middle], self.letters[middle:]):
            yield _Batch(half, dot=self._dot, granted=self.granted)


class ApiConnection:
    """Draws letters, groups those that may share a request, and tells what became of each."""

    def __init__(
        self, party: Party, channel: Channel, *, clock: Clock, patience: float, rest: _Rest
    ) -> None:
        self._party = party
        self._channel = channel
        self._clock = clock
        self._patience = patience
        self._rest = rest
        self._unreached = 0  # in a row

    def hand_over(self, letters: Iterable[Letter], *, dot: Dot) -> Iterator[Fate]:
        """Hand the letters over (see `Connection.hand_over`).

        The dots of a request's letters are asked when the connection stands, right before the first
        byte of its body; those that are refused are left out of it. They are asked again before it
        is made once more.
        """
        source = iter(letters)
        capabilities = self._party.capabilities
        while drawn := list(islice(source, capabilities.batch)):
            for group in groups(drawn, capabilities=capabilities):
                for letter, outcome in self._deliver(_Batch(group, dot=dot)):
                    text = scrubbed(outcome.text, secrets=self._party.secrets)
                    yield letter, outcome._replace(text=text) if text != outcome.text else outcome

    def probe(self) -> str | None:
        """Ask for something harmless; return what stands in the way, or None."""
        try:
            answer = self._channel.ask(self._party.probe())
        except (UnreachedError, CutError) as error:
            return str(error)
        if answer.status in _OK:
            return None
        reading = self._read(answer, letters=())
        if not isinstance(reading, Outcome):
            return f"{self._party.name} answers {answer.status}"
        if reading.verdict is Verdict.ACCEPTED:
            return None
        said = scrubbed(reading.text, secrets=self._party.secrets)
        cure = "; check the key in [carrier]" if answer.status in _FORBIDDEN else ""
        return f"{self._party.name} answers {answer.status} {said}{cure}"

    def close(self) -> None:
        """Hang up."""
        self._channel.close()

    def _deliver(self, batch: _Batch) -> Iterator[Fate]:
        """Hand over the letters of one request, and of those that it has to be split into."""
        while batch.letters:
            try:
                reading = self._reading(batch)
            except _LeftOutError:
                withdrawn = Outcome(verdict=Verdict.WITHDRAWN, stage=Stage.TEXT, counted=False)
                yield from ((letter, withdrawn) for letter in batch.left_out)
            except UnreachedError as error:
                self._unreached += 1
                alone = not batch.granted and self._unreached < _UNREACHED
                fate = _unreached(error)
                yield from [(one, fate) for one in batch.take(1 if alone else len(batch.letters))]
            else:
                self._unreached = 0
                yield from self._follow(reading, batch)
                return

    def _follow(self, reading: Reading, batch: _Batch) -> Iterator[Fate]:
        match reading:
            case Again.SPLIT:
                for half in batch.halves():
                    yield from self._deliver(half)
            case Outcome():
                yield from ((letter, reading) for letter in batch.letters)
            case _:
                yield from zip(batch.letters, reading, strict=True)

    def _reading(self, batch: _Batch) -> Reading:
        """Ask until there is an answer that can be kept, or asking again would be wrong."""
        try:
            request = self._party.request(self._fit(batch.letters))
        except UnfitError as error:
            return _cannot(error)
        resting = self._rest.left
        if resting > _HERE:
            return Outcome(
                verdict=Verdict.RETRY,
                stage=Stage.REQUEST,
                text=f"the provider asked to be left alone for {resting:.0f} more seconds",
                retry_after=resting,
                counted=resting > self._patience,
            )
        if resting > 0:
            self._clock.sleep(resting)
        return self._asked(request, batch)

    def _asked(self, request: Request, batch: _Batch) -> Reading:
        """Make the request, and once more while that may help and cannot harm.

        Once nobody knows whether it was obeyed, only a word on this very request ends the doubt.
        """
        reading: Reading
        doubt: Outcome | None = None
        for turn in range(_TRIES):
            try:
                reading, pause = self._once(request, batch)
            except UnreachedError:
                if doubt is None:
                    raise
                reading, pause = doubt, _PAUSE
            except _TooLateError:
                break
            if _is_unknown(reading):
                doubt = reading
            elif doubt and not _is_word_on(reading):
                reading = doubt
            if pause is None or turn == _TRIES - 1 or (doubt is None and pause > _HERE):
                break
            self._clock.sleep(pause)
        return reading

    def _fit(self, letters: Sequence[Letter]) -> list[Letter]:
        if self._party.capabilities.takes == "message":
            return list(letters)
        return [with_sheet(letter) for letter in letters]

    def _once(self, request: Request, batch: _Batch) -> tuple[Reading, float | None]:
        """Ask once; return also after how many seconds the same may be asked again."""
        again = _PAUSE if self._party.capabilities.is_idempotent else None
        try:
            answer = self._channel.ask(request, gate=lambda: self._let_leave(batch))
        except CutError as error:
            return _cut(error), again if error.whole else _PAUSE
        if must_wait(answer):
            return self._put_off(answer)
        if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return too_large(answer, letters=batch.letters), None
        reading = self._read(answer, letters=batch.letters)
        return reading, again if _is_unknown(reading) else None

    def _read(self, answer: Answer, *, letters: Sequence[Letter]) -> Reading:
        """Read an answer; one that is not what this API answers proves nothing."""
        try:
            return self._party.read(answer, letters=letters)
        except GarbledError as error:
            return unclear(answer, text=str(error))
        except (TypeError, AttributeError, LookupError):  # a list for a number, a text for a list
            return unclear(answer, text="the answer is not what this API answers")

    def _let_leave(self, batch: _Batch) -> None:
        """Let a body leave; once more only while the letters are ours, and it is known again.

        A machine may have slept since: wall time is asked, and the lease.
        """
        if batch.left_at is None:
            batch.ask_dots()
            batch.left_at = self._clock.now()
            return
        hours = self._party.capabilities.repeat_hours
        age = self._clock.now() - batch.left_at
        if (hours and age > _SHARE * timedelta(hours=hours)) or not batch.may_go_again():
            raise _TooLateError("the request must not be made once more")

    def _put_off(self, answer: Answer) -> tuple[Reading, float | None]:
        """Obey a provider that asks us to wait.

        A moment is waited here, longer by whoever gave us the letters, who can wait without them;
        beyond our patience they are put off.
        """
        said = seconds_to_wait(answer, now=self._clock.now())
        spread = random.uniform(0, _SPREAD)  # noqa: S311 - spreads load, guards nothing
        wait = (_PAUSE if said is None else said) + spread
        self._rest.ask(wait)
        is_short = _HERE + _SPREAD < wait <= self._patience + _SPREAD
        reading = by_status(answer, text="the provider asked to wait")._replace(
            retry_after=wait if is_short else said, counted=not is_short
        )
        return reading, wait if wait <= self._patience + _SPREAD else None


def _is_unknown(reading: Reading) -> TypeGuard[Outcome]:
    return isinstance(reading, Outcome) and reading.verdict is Verdict.UNKNOWN


def _is_word_on(reading: Reading) -> bool:
    """Tell whether a reading says that a request was obeyed, now or before."""
    if isinstance(reading, Outcome):
        return reading.verdict is Verdict.ACCEPTED
    return reading is not Again.SPLIT


def _unreached(error: UnreachedError) -> Outcome:
    verdict = Verdict.CONFIG if error.ours else Verdict.RETRY
    return Outcome(verdict=verdict, stage=error.stage, text=str(error), counted=False)


def _cut(error: CutError) -> Outcome:
    if error.whole:
        return Outcome(verdict=Verdict.UNKNOWN, stage=Stage.REPLY, text=str(error))
    return Outcome(verdict=Verdict.RETRY, stage=Stage.TEXT, text=str(error), counted=False)


def _cannot(error: UnfitError) -> Outcome:
    return Outcome(verdict=Verdict.CONFIG, stage=Stage.TEXT, text=str(error), counted=False)
