"""Measures what must be fast, as ratios within one run: `make bench`, or with ARGS=--quick."""

import json
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import answers
import audience
import bookkeeping
import compose
import console
import freeze
import growth
import hooks
import listings
import peers
import people
import postfix
import providers
import relay
import send
import signup
import sources
import variants
import wire

PARTS = (
    freeze,
    variants,
    compose,
    sources,
    listings,
    wire,
    send,
    bookkeeping,
    growth,
    relay,
    postfix,
    providers,
    peers,
    people,
    audience,
    signup,
    answers,
    hooks,
    console,
)
RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    """Run every part, print a table, write results.json; 1 when a bar is missed.

    Names of parts among the arguments choose these parts alone; then nothing is written.
    """
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    quick = "--quick" in sys.argv[1:]
    rows = []
    for part in PARTS:
        if not words or part.__name__ in words:
            measured = _alone(part.measure, quick=quick)
            rows += measured
            for row in measured:
                _print(row)
    if not quick and not words:
        RESULTS.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    missed = sum(_mark(row) == "MISSED" for row in rows)
    if missed:
        print(f"{missed} of {len(rows)} bars are missed; docs/performance.md says what limits them")
    return 1 if missed else 0


def _alone(measure: Callable[..., list[dict[str, Any]]], *, quick: bool) -> list[dict[str, Any]]:
    """Measure in a process of its own, for what others leave in memory would be counted, too."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(measure, quick=quick).result()


def _print(row: dict[str, object]) -> None:
    ratio = row["ratio"]
    figure = "-" if ratio is None else f"{ratio:.2f}"
    print(f"{_mark(row):<7}{figure:>9}  must be {row['must']:<7} {row['name']}")
    print(f"{'':<18}{row['note']}", flush=True)


def _mark(row: dict[str, object]) -> str:
    """Say whether the bar was reached; what could not be compared is no miss."""
    if row["ratio"] is None:
        return "none"
    sign, bar = str(row["must"]).split()
    ratio = float(str(row["ratio"]))
    return "ok" if (ratio <= float(bar) if sign == "<=" else ratio >= float(bar)) else "MISSED"


if __name__ == "__main__":
    sys.exit(main())
