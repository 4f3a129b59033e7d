"""The sentences of the email that count or date something, in the words of one language."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from digest import calendar
from digest.calendar import ScheduleSettings
from digest.editions.issue import Issue
from digest.render.titles import cut, name_of
from digest.render.words import Words

LONGEST_PREHEADER = 140
_TITLES_IN_PREHEADER = 3
_NOON, _EVENING = 12, 18


def blogs(words: Words, count: int) -> str:
    """Say "3 blogs"."""
    sentence = words.sentences.ngettext("%(n)s blog", "%(n)s blogs", count)
    return sentence % {"n": words.number(count)}


def posts(words: Words, count: int) -> str:
    """Say "5 posts"."""
    sentence = words.sentences.ngettext("%(n)s post", "%(n)s posts", count)
    return sentence % {"n": words.number(count)}


def minutes(words: Words, count: int) -> str:
    """Say "3 min", never torn apart."""
    return unbroken(words.sentences.gettext("%(n)s min") % {"n": words.number(count)})


def surplus(words: Words, issue: Issue) -> Iterator[str]:
    """Say of each blog over its cap how many posts are not named."""
    for item in issue.surplus:
        sentence = words.sentences.ngettext(
            "%(n)s more from %(source)s", "%(n)s more from %(source)s", item.posts
        )
        yield sentence % {"n": words.number(item.posts), "source": name_of(item.source)}


def folded(words: Words, count: int) -> str:
    """Say how many posts stand in the online edition only; "" for none."""
    if not count:
        return ""
    sentence = words.sentences.ngettext("%(n)s more post online", "%(n)s more posts online", count)
    return sentence % {"n": words.number(count)}


def stats(words: Words, issue: Issue) -> tuple[str, ...]:
    """Say how many posts there are, and how long they take where that is known."""
    size = len(issue.entries)
    sentence = words.sentences.ngettext(
        "%(n)s new post from %(blogs)s", "%(n)s new posts from %(blogs)s", size
    )
    sources = len({entry.source for entry in issue.entries})
    if issue.is_best_of:
        sentence = words.sentences.ngettext(
            "%(n)s post from %(blogs)s", "%(n)s posts from %(blogs)s", size
        )
    new = sentence % {"n": words.number(size), "blogs": blogs(words, sources)}
    known = [post.minutes for post in issue.posts if post.minutes]
    if not known:
        return (new,)
    return new, _reading(words, sum(known), is_all=len(known) == size)


def _reading(words: Words, count: int, *, is_all: bool) -> str:
    if is_all:
        sentence = words.sentences.ngettext(
            "%(n)s minute of reading", "%(n)s minutes of reading", count
        )
    else:
        sentence = words.sentences.ngettext(
            "at least %(n)s minute of reading", "at least %(n)s minutes of reading", count
        )
    return sentence % {"n": words.number(count)}


def topic_line(words: Words, topics: Sequence[str], sizes: Sequence[int]) -> dict[str, str]:
    """Count the posts of each topic, the largest first; nothing when there is one topic only."""
    counts: Counter[str] = Counter()
    for topic, size in zip(topics, sizes, strict=True):
        counts[topic] += size
    if len(counts) == 1:
        return {}
    return {topic: unbroken(f"{topic} {words.number(n)}") for topic, n in counts.most_common()}


def preheader(words: Words, titles: Sequence[str], *, otherwise: Sequence[str]) -> str:
    """Name the next posts, fewer when they do not fit; an issue of one post gives its length."""
    named = list(titles[:_TITLES_IN_PREHEADER])
    while named:
        written = words.sentences.gettext("Also: %(titles)s") % {"titles": "; ".join(named)}
        if len(written) <= LONGEST_PREHEADER:
            return written
        named.pop()
    return cut(" · ".join(otherwise), most=LONGEST_PREHEADER)


def best_of(words: Words, titles: Sequence[str] = ()) -> str:
    """Say "The best of four weeks", and go on with the first of the titles."""
    said = words.sentences.gettext("The best of four weeks")
    return f"{said}: {titles[0]}" if titles else said


def cadence(words: Words, issue: Issue, *, schedule: ScheduleSettings) -> str:
    """Say when the mail comes, from the schedule itself."""
    if issue.is_best_of:
        return words.sentences.gettext("One email in four weeks, with the best of them.")
    return rhythm(words, issue.day, schedule=schedule)


def rhythm(words: Words, day: date, *, schedule: ScheduleSettings) -> str:
    """Say when the mail comes, as things stand on that day."""
    near = datetime.combine(day, time(), UTC)
    slot = calendar.next_due(schedule, near).due_at.astimezone(ZoneInfo(schedule.zone))
    gettext = words.sentences.gettext
    daytime = {"daytime": _daytime(words, slot.hour)}
    if schedule.cadence == "day":
        sentence = gettext("One email a day, in the %(daytime)s. No email on a day without posts.")
        return sentence % daytime
    if schedule.cadence == "month":
        return gettext("One email a month. No email in a month without posts.")
    sentence = gettext(
        "One email a week, on %(weekday)s %(daytime)s. No email in a week without posts."
    )
    return sentence % {"weekday": _weekday(words, slot.weekday()), **daytime}


def _weekday(words: Words, day: int) -> str:
    pgettext = words.sentences.pgettext
    return (
        pgettext("every week on", "Monday"),
        pgettext("every week on", "Tuesday"),
        pgettext("every week on", "Wednesday"),
        pgettext("every week on", "Thursday"),
        pgettext("every week on", "Friday"),
        pgettext("every week on", "Saturday"),
        pgettext("every week on", "Sunday"),
    )[day]


def _daytime(words: Words, hour: int) -> str:
    pgettext = words.sentences.pgettext
    if hour < _NOON:
        return pgettext("time of day", "morning")
    if hour < _EVENING:
        return pgettext("time of day", "afternoon")
    return pgettext("time of day", "evening")


def unbroken(text: str) -> str:
    """Hold words together at line ends."""
    return text.replace(" ", "\u00a0")
