"""Subject and preheader: from the content, within their lengths, and never the same again."""

from dataclasses import replace

import pytest
from press import issue, post

from digest.editions.issue import Issue
from digest.render.sentences import LONGEST_PREHEADER
from digest.render.subject import preheader_of, subject_of
from digest.render.words import Words
from digest.translations import Translations

ENGLISH = Words(language="en", sentences=Translations().language("en"))
TITLES = ("Counting cold reads", "Snapshots at noon", "Runbooks that run", "QUIC, slowly", "Last")


def made(*titles: str, subject: str | None = None) -> Issue:
    posts = [post(n, title=title) for n, title in enumerate(titles, start=1)]
    return replace(issue(posts), subject=subject)


def both(of: Issue, *recent: str) -> tuple[str, str]:
    subject = subject_of(of, words=ENGLISH, recent=recent)
    return subject, preheader_of(of, words=ENGLISH, subject=subject)


def test_the_subject_is_the_lead_and_the_preheader_names_the_next_three() -> None:
    assert both(made(*TITLES)) == (
        "Counting cold reads",
        "Also: Snapshots at noon; Runbooks that run; QUIC, slowly",
    )


def test_a_subject_of_late_gives_way_to_the_next_title() -> None:
    assert both(made(*TITLES), "COUNTING cold reads") == (
        "Snapshots at noon",
        "Also: Counting cold reads; Runbooks that run; QUIC, slowly",
    )


def test_when_all_titles_were_used_the_name_and_the_day_stand_there() -> None:
    subject, _ = both(made("Again"), "Again")
    assert subject == "The Weekly Dive, 12 June 2026"


def test_a_persons_subject_wins_and_is_not_repeated() -> None:
    subject, preheader = both(made(*TITLES, subject="Snapshots at noon, and two more"), TITLES[0])
    assert subject == "Snapshots at noon, and two more"
    assert preheader == "Also: Counting cold reads; Runbooks that run; QUIC, slowly"


@pytest.mark.parametrize("title", ["x" * 2000, "word " * 400, "", "Title\r\nBcc: a@b.example"])
def test_no_title_makes_a_subject_too_long_or_a_preheader_that_repeats_it(title: str) -> None:
    for of in (made(title), made(title, title, "Other " * 40), made("A", subject=title)):
        subject, preheader = both(of)
        assert 0 < len(subject) <= 78
        assert 0 < len(preheader) <= LONGEST_PREHEADER
        assert subject.isprintable()
        assert subject not in preheader
