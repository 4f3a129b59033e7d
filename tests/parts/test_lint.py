"""The checks that stop a bad issue before it is sealed."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from press import composer, issue, post

from digest.editions.issue import Also, NewsletterSettings
from digest.render.composed import ComposedIssue
from digest.render.lint import lint
from digest.render.slots import Slot, marker

ISSUE = issue()
UNSUBSCRIBE = marker(Slot.UNSUBSCRIBE_URL, seal=ISSUE.seal)


@cache
def good() -> ComposedIssue:
    return composer().compose(ISSUE, language="en")


def test_a_good_issue_has_no_findings() -> None:
    assert list(lint(ISSUE, good())) == []


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda c: replace(c, html=c.html.replace("<!DOCTYPE html>", "")), "DOCTYPE"),
        (lambda c: replace(c, html=c.html.replace('lang="en"', 'lang="und"')), "lang and dir"),
        (lambda c: replace(c, html=c.html.replace('dir="ltr"', 'dir="auto"', 1)), "lang and dir"),
        (lambda c: replace(c, subject=""), "subject is empty"),
        (lambda c: replace(c, subject="x" * 79), "longer than 78"),
        (lambda c: replace(c, html=c.html + " " * 100_000), "more than 100,000"),
        (lambda c: replace(c, html=c.html.replace(UNSUBSCRIBE, "")), "HTML has no unsubscribe"),
        (lambda c: replace(c, text=c.text.replace(UNSUBSCRIBE, "")), "text has no unsubscribe"),
        (
            lambda c: replace(c, html=c.html.replace("<body", "\n" + "x" * 100_000 + "<body")),
            "behind byte 100,000",
        ),
        (lambda c: replace(c, text=c.text + f"x{ISSUE.seal[:16]}xNICKx"), "nobody fills: NICK"),
        (lambda c: replace(c, html=c.html.replace("Counting Cold", "")), "lacks the title"),
        (lambda c: replace(c, text=c.text.replace("Runbooks", "")), "text lacks the title 'Runb"),
        (lambda c: replace(c, text=c.text.replace("posts/3?", "posts/33?")), "text lacks the addr"),
        (lambda c: replace(c, html=c.html.replace("posts/3?", "posts/33?")), "HTML does not link"),
        (lambda c: replace(c, html=c.html + "<script>x</script>"), "'<script'"),
        (lambda c: replace(c, html=c.html + "<FORM action=x>"), "'<form'"),
        (lambda c: replace(c, html=c.html + "<img alt='' src=x>"), "'<img'"),
        (lambda c: replace(c, html=c.html + "<style>@import 'x'</style>"), "'@import'"),
        (lambda c: replace(c, html=c.html + "<p onclick=x>"), "'onclick='"),
        (lambda c: replace(c, html=c.html + "<a href='javascript:x'>x</a>"), "javascript:x"),
        (lambda c: replace(c, html=c.html + '<a href="mailto:a@b">x</a>'), "mailto:a@b"),
        (lambda c: replace(c, html=c.html + '<a href="/here">x</a>'), "'/here'"),
        (lambda c: replace(c, html=c.html + "<a href=ftp://x>x</a>"), "ftp://x"),
    ],
)
def test_each_fault_is_an_error_that_says_what_is_wrong(
    spoil: Callable[[ComposedIssue], ComposedIssue], complaint: str
) -> None:
    findings = list(lint(ISSUE, spoil(good())))
    assert any(complaint in str(f) and f.is_error for f in findings), [str(f) for f in findings]


def test_a_large_mail_is_a_warning_before_it_is_an_error() -> None:
    large = replace(good(), html=good().html + "x" * 55_000)
    (finding,) = lint(ISSUE, large)
    assert not finding.is_error


def test_an_empty_postal_address_is_an_error() -> None:
    nowhere = issue(newsletter=NewsletterSettings(postal_address=" "))
    composed = composer().compose(nowhere, language="en")
    assert [str(f) for f in lint(nowhere, composed) if "postal address" in str(f)]


def test_a_post_that_cannot_be_linked_is_an_error() -> None:
    bad = issue([post(1, title="Fine"), post(2, title="Bad", url="javascript:alert(1)")])
    composed = composer().compose(bad, language="en")
    assert "javascript" not in composed.html + composed.text
    assert [str(f) for f in lint(bad, composed)] == ["the post 'Bad' has no http(s) address"]


def test_a_post_that_shares_a_card_must_be_in_both_parts_too() -> None:
    warm = Also(post_id=2, url="https://warm.example/", title="Warm reads", source="Field Log")
    card = issue([post(1, title="Fine", also=(warm,))])
    composed = composer().compose(card, language="en")
    assert list(lint(card, composed)) == []
    spoilt = replace(composed, text=composed.text.replace("Warm reads", ""))
    assert [str(f) for f in lint(card, spoilt)] == ["the text lacks the title 'Warm reads'"]


@pytest.mark.parametrize("html", ["", "<", "<![>", "<!--", "<a href=", "<a href='", "\x00<!"])
def test_odd_markup_is_reported_and_never_crashes_the_check(html: str) -> None:
    assert any(f.is_error for f in lint(ISSUE, replace(good(), html=html)))
