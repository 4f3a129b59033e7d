"""Which posts make the issue, in which order, and for every other one the reason why not. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from digest.calendar import Period
from digest.limits import Count, CountOrNone, Days
from digest.posts.dating import effective_instant
from digest.posts.identity import instant, title_key
from digest.posts.muting import Muted
from digest.posts.post import Decision, Post
from digest.posts.topics import TopicSettings, canonical_tag


@dataclass(frozen=True, kw_only=True)
class SelectionRules:
    """What may come into an issue.

    Zero means no limit. ``late_days`` is how far before the window a post may be dated that was
    seen too late for the issue it belonged to. Tags are compared in all their spellings ("golang"
    is "go"), authors and words without case; a word stands for itself in the title or the
    summary, not inside a longer word. ``best_of`` is how many posts the best of four weeks holds.
    """

    per_source: CountOrNone = 8
    per_issue: CountOrNone = 60
    minimum: CountOrNone = 1
    late_days: Days = 28
    best_of: Count = 12
    include_tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    exclude_authors: tuple[str, ...] = ()
    exclude_words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HygieneSettings:
    """What becomes of an issue when a post in it waits for a person.

    ``held``: "hold" keeps the issue until somebody decided, "skip" leaves the post out.
    """

    held: Literal["hold", "skip"] = "hold"


class Reason(StrEnum):
    """Why a post is not in this issue; each is a sentence's end after "because it"."""

    HELD = "waits for a person"
    QUARANTINED = "came when its blog was put in quarantine"
    DROPPED = "was dropped by a person"
    BASELINE = "was there before the blog was first read, without a date in this window"
    BEFORE = "was dated before this window and seen in time for an earlier issue"
    TOO_OLD = "is dated too long before this window"
    AFTER = "is dated after this window; it waits for its own issue"
    TAG = "carries an excluded tag"
    NO_TAG = "carries none of the wanted tags"
    AUTHOR = "is by an excluded author"
    WORD = "holds an excluded word"
    MUTED = "has a muted word in its title"
    SOURCE_CAP = "is beyond the number of posts per source"
    ISSUE_CAP = "is beyond the number of posts per issue"
    SKIPPED = "was skipped by a person"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A post that is not in the issue, and why; ``detail`` is the tag, word, date or hold."""

    post: Post
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The chosen posts in the order of the issue (the first is the lead), and all the others.

    ``fit`` are all that no rule but a cap or a hold keeps out; ``awaited`` are those refused that
    would be in the issue if a person let them.
    """

    chosen: tuple[Post, ...]
    refused: tuple[Refusal, ...]
    enough: bool
    fit: tuple[Post, ...] = ()
    awaited: tuple[Post, ...] = ()

    def surplus(self) -> dict[str, int]:
        """Count the posts over the cap by source, for the line "4 more from ..."."""
        over = (r.post.source for r in self.refused if r.reason is Reason.SOURCE_CAP)
        return dict(Counter(over))


def effective(post: Post) -> datetime:
    """Return the instant that decides a post's week (see `posts.dating`)."""
    return effective_instant(
        published_at=post.published_at,
        published_on=post.published_on,
        first_seen_at=post.first_seen_at,
    )


def select(
    candidates: Iterable[Post],
    *,
    rules: SelectionRules,
    period: Period,
    seen_since: datetime | None,
    topics: TopicSettings | None = None,
    muted: Muted | None = None,
) -> Selection:
    """Choose from the posts that are in no issue yet.

    ``seen_since`` is when the last issue was frozen: a post dated before the window but seen
    after that moment came too late for its own issue and goes into this one. ``topics`` knows
    the spellings of tags. ``muted`` are the words that a person does not want in titles.
    """
    muted = muted or Muted()
    refused: list[Refusal] = []
    fit: list[Post] = []
    for post in candidates:
        refusal = _refuse(
            post, rules=rules, period=period, seen_since=seen_since, topics=topics
        ) or _refuse_muted(post, muted)
        if refusal:
            refused.append(refusal)
        else:
            fit.append(post)
    held = [post for post in fit if post.held]
    wanted = _within_caps(fit, rules=rules, refused=[])
    refused += [Refusal(post=post, reason=Reason.HELD, detail=post.held or "") for post in held]
    chosen = _within_caps([p for p in fit if not p.held], rules=rules, refused=refused)
    return Selection(
        chosen=_in_order(chosen),
        refused=tuple(refused),
        enough=len(chosen) >= max(1, rules.minimum),
        fit=tuple(fit),
        awaited=_fixable(wanted),
    )


def overruled(
    selection: Selection,
    *,
    rules: SelectionRules,
    included: Collection[int],
    skipped: Collection[int],
) -> Selection:
    """Let a person's word stand above the rules, by the ids of posts.

    What waits for a person to judge its words is not let in by this: its words are not fit to
    mail. A skipped post makes room under the caps: first for what a person included, then for the
    next by the rules. An included one pushes none out. Without another word the lead is chosen
    anew.
    """
    welcome = [
        refusal.post
        for refusal in selection.refused
        if refusal.post.id in included
        and refusal.post.id not in skipped
        and refusal.post.held is None
    ]
    left = [post for post in selection.fit if post.id not in skipped]
    stay = [post for post in selection.chosen if post.id not in skipped]
    chosen = _with_room_taken((*stay, *welcome), [p for p in left if not p.held], rules=rules)
    wanted = [p for p in _within_caps(selection.fit, rules=rules, refused=[]) if p in left]
    wanted = _with_room_taken((*wanted, *welcome), left, rules=rules)
    return replace(
        selection,
        chosen=_in_order(_newest_first(chosen)),
        refused=tuple(_refused_still(selection, chosen=chosen, skipped=skipped)),
        enough=len(chosen) >= max(1, rules.minimum),
        awaited=_fixable(wanted),
    )


def _with_room_taken(
    first: Iterable[Post], others: Sequence[Post], *, rules: SelectionRules
) -> list[Post]:
    """Add others to what is in it anyway, as far as the caps leave room."""
    kept = {post.id: post for post in first}
    more = [post for post in others if post.id not in kept]
    return _within_caps(more, rules=rules, refused=[], first=tuple(kept.values()))


def _refused_still(
    selection: Selection, *, chosen: Sequence[Post], skipped: Collection[int]
) -> Iterator[Refusal]:
    """Yield what is not in it after a person's word, and why."""
    taken = {post.id for post in chosen}
    for post in selection.chosen:
        if post.id in skipped:
            yield Refusal(post=post, reason=Reason.SKIPPED)
    for refusal in selection.refused:
        if refusal.post.id in skipped:
            yield Refusal(post=refusal.post, reason=Reason.SKIPPED)
        elif refusal.post.id not in taken:
            yield refusal


def _fixable(wanted: Iterable[Post]) -> tuple[Post, ...]:
    """Return those that would be in it if a person let them: there are words to judge."""
    return tuple(post for post in wanted if post.held and (post.title or post.summary))


def _refuse(
    post: Post,
    *,
    rules: SelectionRules,
    period: Period,
    seen_since: datetime | None,
    topics: TopicSettings | None,
) -> Refusal | None:
    if post.decision is Decision.DROPPED:
        return Refusal(post=post, reason=Reason.DROPPED)
    if post.alarm:
        return Refusal(post=post, reason=Reason.QUARANTINED, detail=post.alarm)
    untimely = _untimely(post, rules=rules, period=period, seen_since=seen_since)
    if untimely:
        return Refusal(post=post, reason=untimely, detail=f"{effective(post):%Y-%m-%d}")
    return _unwanted(post, rules, topics)


def _refuse_muted(post: Post, muted: Muted) -> Refusal | None:
    word = muted.word_in(post.title, source_id=post.source_id)
    return Refusal(post=post, reason=Reason.MUTED, detail=word) if word else None


def _untimely(
    post: Post, *, rules: SelectionRules, period: Period, seen_since: datetime | None
) -> Reason | None:
    moment = effective(post)
    stated = instant(post.published_at, post.published_on)
    day_only = post.published_on is not None and moment == stated
    if period.holds(at=None if day_only else moment, on=post.published_on):
        return Reason.BASELINE if post.baseline and moment != stated else None
    if moment >= period.closes_at or (day_only and _day(post) >= period.end_day.toordinal()):
        return Reason.AFTER
    if post.baseline and post.freed_at is None:
        return Reason.BASELINE
    if (post.freed_at or post.first_seen_at) <= (seen_since or period.opens_at):
        return Reason.BEFORE
    if moment < period.opens_at - timedelta(days=rules.late_days):
        return Reason.TOO_OLD
    return None


def _day(post: Post) -> int:
    return post.published_on.toordinal() if post.published_on else 0


def _unwanted(post: Post, rules: SelectionRules, topics: TopicSettings | None) -> Refusal | None:
    return _unwanted_tag(post, rules, topics) or _unwanted_words(post, rules)


def _unwanted_tag(
    post: Post, rules: SelectionRules, topics: TopicSettings | None
) -> Refusal | None:
    if not rules.include_tags and not rules.exclude_tags:
        return None
    tags = {canonical_tag(tag, settings=topics) for tag in post.tags}
    for tag in rules.exclude_tags:
        if canonical_tag(tag, settings=topics) in tags:
            return Refusal(post=post, reason=Reason.TAG, detail=tag)
    wanted = {canonical_tag(tag, settings=topics) for tag in rules.include_tags}
    if wanted and not tags & wanted:
        return Refusal(post=post, reason=Reason.NO_TAG, detail=", ".join(rules.include_tags))
    return None


def _unwanted_words(post: Post, rules: SelectionRules) -> Refusal | None:
    if post.author and post.author.casefold() in {a.casefold() for a in rules.exclude_authors}:
        return Refusal(post=post, reason=Reason.AUTHOR, detail=post.author)
    text = f" {title_key(post.title)} {title_key(post.summary or '')} "
    for word in rules.exclude_words:
        if f" {title_key(word)} " in text:
            return Refusal(post=post, reason=Reason.WORD, detail=word)
    return None


def _newest_first(posts: Iterable[Post]) -> list[Post]:
    """Sort by date; what the source lists first on one day stays first (it was stored first)."""
    return sorted(posts, key=lambda post: (-effective(post).timestamp(), post.id))


def _within_caps(
    fit: Sequence[Post],
    *,
    rules: SelectionRules,
    refused: list[Refusal],
    first: Sequence[Post] = (),
) -> list[Post]:
    """Keep what the caps allow, the newest first, beside the ``first`` that are in it anyway."""
    kept = list(first)
    of_source = Counter(post.source_id for post in first)
    for post in _newest_first(fit):
        if rules.per_source and of_source[post.source_id] >= rules.per_source:
            detail = f"per_source = {rules.per_source}"
            refused.append(Refusal(post=post, reason=Reason.SOURCE_CAP, detail=detail))
        elif rules.per_issue and len(kept) >= rules.per_issue:
            detail = f"per_issue = {rules.per_issue}"
            refused.append(Refusal(post=post, reason=Reason.ISSUE_CAP, detail=detail))
        else:
            of_source[post.source_id] += 1
            kept.append(post)
    return kept


def _in_order(posts: Sequence[Post]) -> tuple[Post, ...]:
    """Put the lead first: the longest read that has a summary; else the newest post."""
    leads = [post for post in posts if post.minutes and post.summary]
    lead = max(leads, key=lambda post: post.minutes or 0, default=None)
    rest = [post for post in posts if post is not lead]
    return (lead, *rest) if lead else tuple(rest)
