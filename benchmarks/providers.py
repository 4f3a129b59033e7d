"""Readers per second over mail APIs, words and all, by carrier and by letters per request."""

import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

from letters import press, reader
from provider_sink import provider_sink
from rounds import Row

from digest.clock import Clock
from digest.mail.letter import Letter
from digest.mail.outcome import Verdict
from digest.providers.api import ApiCarrier
from digest.providers.registry import PARTIES, CarrierSettings, api_base

READERS, QUICK_READERS = 100_000, 10_000
CONNECTIONS = 2
SIZES = (1, 10, 50, 100, 500, 1000)
LEAST = 5_000  # readers per second with the provider's own batches
ONE_BY_ONE = {"ses"}
_ACCOUNTS: Mapping[str, dict[str, Any]] = {
    "ses": {"access_key": "AKIDEXAMPLE", "secret_key": "secret"},
    "postmark": {"token": "secret"},
    "mailgun": {"key": "secret", "domain": "digest.example"},
    "mailjet": {"key": "public", "secret": "secret"},
    "sparkpost": {"key": "secret", "their_unsubscribe": True},
}


def measure(*, quick: bool) -> list[Row]:
    """Return a row for each carrier that has batches, with batches as large as they may be."""
    readers = QUICK_READERS if quick else READERS
    rows = []
    for kind in PARTIES:
        if kind not in ONE_BY_ONE:
            rate, cpu, batch = run(kind, readers=readers)
            rows.append(
                {
                    "name": f"{kind}, {batch} letters per request, thousands of readers/s",
                    "ratio": round(rate / 1000, 2),
                    "must": f">= {LEAST / 1000:g}",
                    "reference": "none",
                    "note": f"{rate:,.0f} readers/s, {cpu:.0f} us of our CPU each",
                }
            )
    return rows


def run(kind: str, *, readers: int, batch: int = 0) -> tuple[float, float, int]:
    """Send one issue to so many; return readers/s, CPU us per reader, and letters per request."""
    with provider_sink(kind) as sink:
        carrier, batch = _carrier(kind, port=sink.port, batch=batch)
        shares = [range(number, readers, CONNECTIONS) for number in range(CONNECTIONS)]
        begun, spent = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            for _ in threads.map(lambda share: _hand_over(carrier, share), shares):
                pass  # an error comes out here
        passed, spent = time.perf_counter() - begun, time.process_time() - spent
        if sink.taken != readers:
            raise RuntimeError(f"{kind}: {sink.taken} of {readers} readers were served")
    return readers / passed, spent / readers * 1e6, batch


def _carrier(kind: str, *, port: int, batch: int) -> tuple[ApiCarrier, int]:
    plain = CarrierSettings(kind=kind)
    account = _ACCOUNTS.get(kind, {"key": "secret"})
    own = replace(getattr(plain, kind), url=f"http://127.0.0.1:{port}", **account)
    settings = replace(plain, **{kind: own})
    base = api_base(settings)
    party = PARTIES[kind](settings, base, Clock())
    if batch:
        party.capabilities = replace(party.capabilities, batch=batch)
    carrier = ApiCarrier(party, base=base, settings=settings.api, clock=Clock())
    return carrier, party.capabilities.batch


def _hand_over(carrier: ApiCarrier, share: range) -> None:
    with closing(carrier.connect()) as connection:
        letters = _written(share, takes=carrier.capabilities.takes)
        for _, outcome in connection.hand_over(letters, dot=lambda _: True):
            if outcome.verdict is not Verdict.ACCEPTED:
                raise RuntimeError(f"a letter was not taken: {outcome}")


def _written(share: range, *, takes: str) -> Iterator[Letter]:
    personaliser = press().personaliser
    write = personaliser.to_fill if takes == "sheet" else personaliser.letter
    return (write(reader(number), key=f"2026-w24.{number}") for number in share)


def main() -> None:
    """Print readers/s by carrier and batch size."""
    quick = "--quick" in sys.argv
    kinds = [word for word in sys.argv[1:] if word in PARTIES] or list(PARTIES)
    words = len(press().letter(0).message)
    print(f"a letter of {words:,} bytes; readers/s (our CPU us each) by letters per request")
    for kind in kinds:
        _, largest = _carrier(kind, port=1, batch=0)
        figures = []
        for size in (size for size in SIZES if size <= largest):
            most = READERS if size == largest and not quick else QUICK_READERS
            readers = min(most, 2_000 * size)
            rate, cpu, _ = run(kind, readers=readers, batch=size)
            figures.append(f"{size}: {rate:,.0f} ({cpu:.0f})")
        print(f"{kind:<10} {'   '.join(figures)}", flush=True)


if __name__ == "__main__":
    main()
