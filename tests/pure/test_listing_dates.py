"""Dates as pages write them, in the words and digits of their readers."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from digest.sources.written import Reader, day_in_path, reader_of

WRITTEN = [
    ("en", "Posted on June 11, 2026 by Ann", date(2026, 6, 11)),
    ("en", "11 Jun 2026 · 4 min", date(2026, 6, 11)),
    ("en", "Thu, 11th of June 2026", date(2026, 6, 11)),
    ("en", "Sept. 3, 2025", date(2025, 9, 3)),
    ("de", "Veröffentlicht am 3. März 2026", date(2026, 3, 3)),
    ("de", "03.06.2026", date(2026, 6, 3)),
    ("fr", "Publié le 1er août 2025", date(2025, 8, 1)),
    ("es", "14 de febrero de 2026", date(2026, 2, 14)),
    ("ru", "5 мая 2026", date(2026, 5, 5)),
    ("ja", "2026年6月1日", date(2026, 6, 1)),
    ("ko", "2024년 3월 13일", date(2024, 3, 13)),
    ("ar", "١٠ يونيو ٢٠٢٦", date(2026, 6, 10)),  # noqa: RUF001 - Arabic digits
    ("vi", "11 tháng 6, 2026", date(2026, 6, 11)),
    ("he", "11 ביוני 2026", date(2026, 6, 11)),
    ("en", "2026/06/11", date(2026, 6, 11)),
    ("en", "no date in 2026 at all", None),
    ("en", "31 February 2026", None),
    ("en", "1.2.3 was released", None),
]


@pytest.mark.parametrize(("language", "text", "day"), WRITTEN)
def test_a_date_is_found_in_a_text(language: str, text: str, day: date | None) -> None:
    assert Reader(languages=(language,)).day(text) == day


def test_what_a_machine_wrote_keeps_its_zone_and_without_one_it_is_a_day() -> None:
    reader = Reader()
    zone = timezone(timedelta(hours=9))
    assert reader.stated("2026-06-11T08:30:00+09:00") == datetime(2026, 6, 11, 8, 30, tzinfo=zone)
    assert reader.stated("2026-06-11T08:30:00Z") == datetime(2026, 6, 11, 8, 30, tzinfo=UTC)
    assert reader.stated("2026-06-11 23:30:00") == date(2026, 6, 11)
    assert reader.stated(" 2026-06-11 ") == date(2026, 6, 11)


NUMBERS = [
    ("en", ["01-06-2022"], None),
    ("en", ["01-06-2022", "25-06-2022"], date(2022, 6, 1)),
    ("en", ["01/06/2022", "06/25/2022"], date(2022, 1, 6)),
    ("en", ["01/06/2022", "06/25/2022", "25/06/2022"], None),
    ("fr", ["01/06/2022"], date(2022, 6, 1)),
    ("en-GB", ["01/06/2022"], date(2022, 6, 1)),
    ("en", ["01.06.2022"], date(2022, 6, 1)),
    (None, ["01/06/2022"], None),
]


@pytest.mark.parametrize(("language", "texts", "day"), NUMBERS)
def test_numbers_mean_what_the_page_shows_elsewhere(
    language: str | None, texts: list[str], day: date | None
) -> None:
    assert reader_of(language=language, texts=texts).day(texts[0]) == day


def test_a_day_without_its_year_takes_the_one_of_its_heading() -> None:
    assert Reader().without_year("Jun 09", year=2026) == date(2026, 6, 9)
    assert Reader(languages=("de",)).without_year("9. Mai", year=2025) == date(2025, 5, 9)
    assert Reader().without_year("Thu, Jun 11", year=2026) == date(2026, 6, 11)
    assert Reader().without_year("Go 1", year=2026) is None


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("de", "03.06.", date(2026, 6, 3)),
        ("en", "06-03", date(2026, 6, 3)),
        ("en", "13-06", date(2026, 6, 13)),
        ("zh-CN", "6月3日", date(2026, 6, 3)),
        ("ko", "06.03", date(2026, 6, 3)),
        ("fr", "3/6", date(2026, 6, 3)),
        ("en", "3/6", None),
        ("en", "13.14.", None),
    ],
)
def test_two_numbers_under_a_year_are_read_as_their_writers_mean_them(
    language: str, text: str, day: date | None
) -> None:
    reader = reader_of(language=language, texts=[])
    assert reader.without_year(text, year=2026) == day


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("/blog/2026/06/11/a-post/", date(2026, 6, 11)),
        ("/blog/2026-06-11-a-post", date(2026, 6, 11)),
        ("/blog/20260611-a-post.html", date(2026, 6, 11)),
        ("/2026/13/40/a-post", None),
        ("/blog/1234-56-things", None),
    ],
)
def test_a_permalink_may_name_the_day(path: str, day: date | None) -> None:
    assert day_in_path(path) == day
