"""Subjects that look like advertising, and innocent ones that only hold a word of it."""

import pytest

from digest.checks.wording import wording


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        ("HOW WE CUT OUR BILL", "in capitals"),
        ("Re: your account", "an answer"),
        ("Faster!!", "exclamation"),
        ("Save $$$ on storage", "money"),
        ("100% free caching", "for free"),
        ("Act now: the old API ends", "to act"),
    ],
)
def test_what_looks_like_advertising_is_named_with_a_cure(subject: str, reason: str) -> None:
    (finding,) = wording(subject)
    assert reason in finding.sentence
    assert finding.level == "warning"
    assert "digest issue words" in finding.cure


@pytest.mark.parametrize(
    "subject",
    ["Free lists and how we found them", "PEP 703", "Reactors!", "What $5 buys", "Retry: a story"],
)
def test_words_as_such_are_innocent(subject: str) -> None:
    assert list(wording(subject)) == []
