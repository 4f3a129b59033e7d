"""Days as the Buddhist and the Persian calendar count them, and as pages write them."""

from datetime import date

import pytest

from digest.sources.eras import PERSIAN_MONTHS, persian_day
from digest.sources.written import Reader

WRITTEN = [
    ("th", "12 มิถุนายน 2569", date(2026, 6, 12)),
    ("th", "12 มิ.ย. 2569", date(2026, 6, 12)),
    ("th", "12 มิถุนายน พ.ศ. 2569", date(2026, 6, 12)),
    ("th", "12 มิถุนายน 2026", date(2026, 6, 12)),
    ("th", "12/06/2569", date(2026, 6, 12)),
    ("fa", "۲۲ خرداد ۱۴۰۵", date(2026, 6, 12)),
    ("fa", "جمعه ۲۲ خرداد ماه ۱۴۰۵", date(2026, 6, 12)),
    ("en", "22 خرداد 1405", date(2026, 6, 12)),
    ("fa", "۱۴۰۵/۰۳/۲۲", date(2026, 6, 12)),
    ("fa", "22-03-1405", date(2026, 6, 12)),
    ("fa", "۲۲ ژوئن ۲۰۲۶", date(2026, 6, 22)),
    ("fa", "31 مهر 1404", None),
    ("ar", "1447/03/22", None),  # an Islamic year
    ("hi", "१२ जून २०२६", date(2026, 6, 12)),
    ("ta", "12 ஜூன், 2026", date(2026, 6, 12)),
    ("my", "12 ဇွန် 2026", date(2026, 6, 12)),
    ("lt", "2026 m. birželio 12 d.", date(2026, 6, 12)),
]


@pytest.mark.parametrize(("language", "written", "expected"), WRITTEN)
def test_a_day_is_read_in_its_calendar_and_script(
    language: str, written: str, expected: date | None
) -> None:
    assert Reader(languages=(language,), day_first=True).day(written) == expected


@pytest.mark.parametrize(
    ("year", "new_year", "is_leap"),
    [
        (1375, date(1996, 3, 20), True),
        (1399, date(2020, 3, 20), True),
        (1402, date(2023, 3, 21), False),
        (1403, date(2024, 3, 20), True),
        (1404, date(2025, 3, 21), False),
        (1408, date(2029, 3, 20), True),
    ],
)
def test_the_persian_year_begins_with_spring(year: int, new_year: date, *, is_leap: bool) -> None:
    first, last = PERSIAN_MONTHS[0], PERSIAN_MONTHS[-1]
    begin = persian_day(f"1 {first} {year}", with_numbers=False)
    after = persian_day(f"1 {first} {year + 1}", with_numbers=False)
    end = persian_day(f"{30 if is_leap else 29} {last} {year}", with_numbers=False)
    assert begin == new_year
    assert after
    assert end
    assert (after - begin).days == 365 + is_leap
    assert (after - end).days == 1
