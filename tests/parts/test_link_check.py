"""The links of an issue: asked once, politely, by HEAD first, and not again for a day."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from internet import Internet

from digest.checks.finding import Finding
from digest.checks.links import check_links
from digest.http import Client
from digest.reading import HttpSettings

NOW = datetime(2026, 6, 12, 5, tzinfo=UTC)


@pytest.fixture
def web() -> Iterator[Internet]:
    with Internet() as internet:
        yield internet


def check(
    urls: list[str], folder: Path, *, now: datetime = NOW, waits: list[float] | None = None
) -> list[Finding]:
    return list(
        check_links(
            {url: f"Post at {url.rpartition('/')[2]}" for url in urls},
            client=Client(HttpSettings(allow_networks=("127.0.0.0/8",), deadline=2.0)),
            cache=folder / "links.json",
            now=now,
            wait=(waits if waits is not None else []).append,
        )
    )


def test_links_that_answer_are_well_and_not_asked_again_for_a_day(
    web: Internet, tmp_path: Path
) -> None:
    urls = [web.serve(f"/{n}", "words") for n in range(3)]
    waits: list[float] = []
    assert [f.level for f in check(urls, tmp_path, waits=waits)] == ["ok"]
    assert [asked.method for asked in web.asked] == ["HEAD"] * 3
    assert waits == [1.0, 1.0]
    assert [f.level for f in check(urls, tmp_path, now=NOW + timedelta(hours=23))] == ["ok"]
    assert len(web.asked) == 3
    check(urls, tmp_path, now=NOW + timedelta(hours=25))
    assert len(web.asked) == 6


@pytest.mark.parametrize(
    ("status", "level", "sentence"),
    [(404, "error", "is gone (404)"), (410, "error", "is gone"), (503, "warning", "(503)")],
)
def test_a_link_that_leads_nowhere_is_named_with_what_to_do(
    status: int, level: str, sentence: str, web: Internet, tmp_path: Path
) -> None:
    url = web.serve("/lost", status=status)
    (finding,) = check([url], tmp_path)
    assert finding.level == level
    assert "'Post at lost'" in finding.sentence
    assert sentence in finding.sentence
    assert finding.cure
    check([url], tmp_path)  # a bad answer is not kept; some servers answer to GET only
    assert [asked.method for asked in web.requests("/lost")] == ["HEAD", "GET"] * 2


def test_a_host_that_is_silent_is_a_warning(web: Internet, tmp_path: Path) -> None:
    web.serve("/there")
    (finding,) = check(["http://127.0.0.1:9/nobody"], tmp_path)
    assert finding.level == "warning"
    assert "127.0.0.1" in finding.sentence


def test_addresses_that_nobody_can_own_are_not_asked(tmp_path: Path) -> None:
    assert [f.level for f in check(["https://plain.example/cold"], tmp_path)] == ["ok"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 5}', '{"a": "x"}'])
def test_a_damaged_cache_is_as_good_as_none(content: str, web: Internet, tmp_path: Path) -> None:
    (tmp_path / "links.json").write_text(content, encoding="utf-8")
    assert [f.level for f in check([web.serve("/a")], tmp_path)] == ["ok"]
