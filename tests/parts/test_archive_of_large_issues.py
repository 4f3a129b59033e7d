"""The online edition of an issue that was too large for a mail: all its posts, each once."""

from dataclasses import replace
from html import escape

from library import record, the_librarian
from press import composer, issue, post

from digest.archive.shelf import Copy, for_everybody
from digest.archive.view import Visit
from digest.editions.issue import Issue
from digest.render.settings import EmailSettings

COUNT = 60


def large() -> tuple[Issue, Copy, int]:
    """Return an issue, what the public sees of its mail, and how many posts that only counts.

    The addresses are beginnings of each other: /1, /11 and /111.
    """
    posts = [
        post(
            n,
            title=f"Number {n} of many",
            url=f"https://blog.example/{'1' * n}",
            summary=f"What {n} says.",
        )
        for n in range(1, COUNT + 1)
    ]
    of = issue(posts)
    tight = replace(composer(), settings=EmailSettings(budget=25_000))
    made = tight.compose(of, language="en")
    html, text = (for_everybody(part, seal=of.seal) for part in (made.html, made.text))
    return of, Copy(language="en", subject=made.subject, html=html, text=text), made.folded


def test_what_the_mail_only_counted_stands_in_the_page_with_its_words() -> None:
    of, copy, folded = large()
    assert folded > 10
    assert 'href="https://digest.example/24#more"' in copy.html
    library = the_librarian()
    visit = Visit(at=library.everywhere, words=library.words("en"), home="https://digest.example/")
    page = library.issue(record(of=of), copy, among=[record(of=of)], visit=visit)
    more = page[page.index('id="more"') :]
    assert more.count("<li>") == folded
    for one in of.posts:
        assert page.count(f'href="{escape(one.url)}"') >= 1
    for one in of.posts[-folded:]:
        assert one.title in more
        assert str(one.summary) in more


def test_the_text_of_the_page_has_every_post_once() -> None:
    of, copy, _ = large()
    library = the_librarian()
    text = library.text(record(of=of), copy, words=library.words("en"))
    for one in of.posts:
        assert [line.strip() for line in text.splitlines()].count(one.url) == 1
