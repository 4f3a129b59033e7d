"""The subject of an issue and the line beside it in the inbox; pure."""

from collections.abc import Collection, Sequence

from digest.editions.issue import Issue
from digest.mail.headers import clean
from digest.render import sentences
from digest.render.sentences import LONGEST_PREHEADER
from digest.render.titles import LONGEST_SHORT, cut, display_title
from digest.render.words import Words


def subject_of(issue: Issue, *, words: Words, recent: Collection[str]) -> str:
    """Return the subject: a person's, or else the title of the lead, in at most 78 characters.

    A title that was the subject of a ``recent`` issue gives way to that of the next post; when
    all were, or none of the posts has a title, the newsletter's name and the day stand there. A
    best-of says that it is one, before the title of its lead.
    """
    if chosen := clean(issue.subject or ""):
        return cut(chosen, most=LONGEST_SHORT)
    if issue.is_best_of:
        return cut(sentences.best_of(words, titles_of(issue)), most=LONGEST_SHORT)
    used = {subject.casefold() for subject in recent}
    for title in titles_of(issue):
        if title.casefold() not in used:
            return title
    day = words.day(issue.day, pattern="long")
    room = LONGEST_SHORT - len(f", {day}")
    return f"{cut(clean(issue.newsletter.name), most=room)}, {day}"


def preheader_of(issue: Issue, *, words: Words, subject: str) -> str:
    """Return a person's line, or else name the first posts that the subject does not name.

    Without any of those, say how much there is.
    """
    if chosen := clean(issue.preheader or ""):
        return cut(chosen, most=LONGEST_PREHEADER)
    said = subject.casefold()
    others = [title for title in titles_of(issue) if not _repeats(title.casefold(), said)]
    return sentences.preheader(words, others, otherwise=sentences.stats(words, issue))


def titles_of(issue: Issue) -> Sequence[str]:
    """Return the short titles of an issue's cards, each once, in its order."""
    titles = (display_title(post.title) for post in issue.posts)
    return list(dict.fromkeys(title.short for title in titles if title.whole))


def _repeats(title: str, said: str) -> bool:
    return title in said or said in title
