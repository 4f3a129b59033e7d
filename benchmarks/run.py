"""Measures what must be fast, as ratios within one run: `make bench`, or with ARGS=--quick."""

import json
import sys
from pathlib import Path

import feeds
import freeze
import personalise

PARTS = (freeze, personalise, feeds)
RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    """Run every part, print a table, write results.json; 1 when a bar is missed."""
    quick = "--quick" in sys.argv[1:]
    rows = [row for part in PARTS for row in part.measure(quick=quick)]
    missed = [row for row in rows if not _holds(row)]
    for row in rows:
        mark = "MISSED" if row in missed else "ok"
        print(f"{mark:<7}{row['ratio']:>9.2f}  must be {row['must']:<7} {row['name']}")
        print(f"{'':<18}{row['note']}")
    if not quick:
        RESULTS.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 1 if missed else 0


def _holds(row: dict[str, object]) -> bool:
    sign, bar = str(row["must"]).split()
    ratio = float(str(row["ratio"]))
    return ratio <= float(bar) if sign == "<=" else ratio >= float(bar)


if __name__ == "__main__":
    sys.exit(main())
