"""How titles are tidied, parted and shortened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.titles import Title, cut, display_title


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("  Cold \n Reads\t", "Cold Reads"),
        ("• Cold Reads", "Cold Reads"),
        ("- - Cold Reads", "Cold Reads"),
        ("🎉 Cold Reads", "Cold Reads"),
        ("🏳️‍🌈🎉Cold Reads", "Cold Reads"),
        ("Reads , cold", "Reads, cold"),
        ("Cold Reads -- and warm ones", "Cold Reads — and warm ones"),
        ("C# and .NET", "C# and .NET"),
        (".NET in -Werror mode", ".NET in -Werror mode"),
        ("#100DaysOfCode", "#100DaysOfCode"),
        ("<3", "<3"),
        ("🎉", "🎉"),  # nothing else is left of it
        ("- ", "-"),
        ("Fin\u202ecod", "Fincod"),
    ],
)
def test_a_title_is_tidied_but_not_reworded(stored: str, shown: str) -> None:
    assert display_title(stored).whole == shown


def test_a_dash_parts_a_title() -> None:
    title = display_title("Snapshots at Noon — What a Busy Hour Does")
    assert title == Title("Snapshots at Noon", " — What a Busy Hour Does")


def test_a_dash_too_early_does_not_part_it_but_a_later_one_may() -> None:
    assert display_title("Part 1 — Reads").sub == ""
    assert display_title("Part 1 — Reads and writes — the rest").main == "Part 1 — Reads and writes"


def test_a_colon_parts_only_a_long_title() -> None:
    short = "Counting Cold Reads: a year of traces"
    assert display_title(short) == Title(short)
    long = "Counting Cold Reads: " + "a year of traces and more " * 4
    assert display_title(long).main == "Counting Cold Reads:"
    assert display_title(long).whole == long.strip()


@pytest.mark.parametrize(
    ("stored", "short"),
    [
        ("Counting Cold Reads — and warm ones", "Counting Cold Reads"),
        ("Counting Cold Reads: " + "a year of traces and more " * 4, "Counting Cold Reads"),
        ("Erasure Codes (2026)", "Erasure Codes"),
        ("Erasure Codes [2019]", "Erasure Codes"),
        ("(2026)", "(2026)"),
        ("word " * 20, "word " * 14 + "word…"),
        ("x" * 100, "x" * 77 + "…"),
    ],
)
def test_the_short_title_is_the_main_part(stored: str, short: str) -> None:
    assert display_title(stored).short == short


@given(st.text(max_size=300))
def test_no_text_breaks_a_title(stored: str) -> None:
    title = display_title(stored)
    assert title.whole.encode().decode() == title.whole
    assert "\n" not in title.whole
    assert len(title.short) <= 78
    assert bool(title.short) == bool(title.whole)


@given(st.text(max_size=200), st.integers(min_value=5, max_value=100))
def test_a_cut_keeps_its_promise(text: str, most: int) -> None:
    assert len(cut(text, most=most)) <= most


def test_a_title_that_is_nothing_but_a_colon_keeps_it() -> None:
    assert display_title(":").short == ":"
