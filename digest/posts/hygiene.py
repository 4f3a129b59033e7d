"""Is a post fit to mail? Ordered detectors repair its title and its summary, or hold it; pure.

Nothing is reworded: a repair only takes away. What was taken away has a name, so that an operator
can see why a text changed; the original is what the source said, and is kept by whoever calls.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from digest.posts import glyphs, leaks, sentences, tails
from digest.posts.identity import title_key
from digest.posts.post import Examined, FetchedPost, Fitness

CUT_TITLE = "its title is cut"
NO_TITLE = "it has no title"
NOT_A_TITLE = "its title is not a title but what a program said"

_LONGEST = 5_000  # characters of a summary that are looked at; bounds the work on a hostile one
_LITTLE = 30  # words; with fewer left after a repair, the post's own page is worth asking
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LOSSES = frozenset({"template", "prompt", "preamble", "refusal", "controls", "cut"})

_LONG_TITLE = 55  # characters; shorter titles end in dots because their authors like them
_SHORT_TITLE = 30
_TITLE_ELLIPSIS = re.compile(r"(?:\s*[\[(](?:…|\.{3})[\])]|\s*(?:…|\.{2,}))$")
_TITLE_GOES_ON = re.compile(
    r"\b(?:a|an|the|and|of|to|in|on|for|with|from|der|die|das|und|von|zu|mit|für|le|la|les|et|de|el"
    r"|los|y|con)$",
    re.IGNORECASE,
)
_CONTROL = re.compile(
    r"(?:skip to (?:main )?content|menu|subscribe(?: now)?|sign (?:up|in)|log ?in|accept (?:all )?"
    r"cookies|(?:older|newer|previous|next) (?:posts?|page)|read more|continue reading|weiterlesen"
    r"|mehr lesen|lire la suite|leer más|loading|page not found|404 not found|access denied"
    r"|just a moment|attention required!? .{0,20})\W*",
    re.IGNORECASE,
)

_FEW = 3  # stated times; so few may be equal by chance
_ALIKE = 0.9  # of all stated times: more equal ones than this are a placeholder
_LONGEST_READ = 240  # minutes


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A title or a summary on its way through the detectors."""

    text: str
    rules: tuple[str, ...] = ()
    is_chatter: bool = False  # nothing would be left

    def after(self, rule: str, text: str) -> "_Part":
        return self if text == self.text else _Part(text=text, rules=(*self.rules, rule))


_TIDY: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("entities", glyphs.without_entities),
    ("markup", glyphs.without_markup),
    ("characters", glyphs.without_invisible),
    ("list mark", glyphs.without_list_mark),
    ("comma", glyphs.with_tidy_commas),
)


def examine(*, title: str, summary: str | None) -> Examined:
    """Return the title and the summary repaired, or the reason why the post is held.

    Examining the result again changes nothing. A summary that is empty after its repair is None:
    a title without a summary is fit to mail.
    """
    told = _until_stable(_Part(text=(summary or "")[:_LONGEST]), _summary_pass)
    named, held = _examined_title(title, beside=told.text)
    if told.text and title_key(told.text) in {"", title_key(named.text)}:
        told = told.after("repeats title", "")
    rules = tuple(dict.fromkeys((*named.rules, *told.rules)))
    fitness = Fitness.HELD if held else Fitness.REPAIRED if rules else Fitness.CLEAN
    return Examined(
        title=named.text,
        summary=told.text or None,
        fitness=fitness,
        rules=rules,
        held=held,
        wants_page=held == CUT_TITLE or _is_little(told),
    )


def examined(post: FetchedPost) -> Examined:
    """Return what comes of a post's words; an examination that it brings is not repeated."""
    return post.examined or examine(title=post.title, summary=post.summary)


def complete(found: Examined, *, page: FetchedPost) -> Examined:
    """Return the post with what its own page has whole: nothing else of it is taken over.

    A cut title is replaced when it begins the page's title; the summary, when the page's own is
    fit and longer. Where the page does not help, the post stays as it was, and no longer asks.
    """
    if not found.wants_page:
        return found
    whole = examined(page)
    done = replace(found, wants_page=False)
    if found.held == CUT_TITLE and not whole.held and _begins(found.title, whole.title):
        done = replace(done, title=whole.title, held=None, fitness=Fitness.REPLACED)
    if whole.summary and len(whole.summary) > len(found.summary or ""):
        fitness = Fitness.HELD if done.held else Fitness.REPLACED
        done = replace(done, summary=whole.summary, fitness=fitness)
    if done.summary and title_key(done.summary) == title_key(done.title):
        done = replace(done, summary=None)
    return done


def believed_minutes(stated: Sequence[int | None]) -> bool:
    """Whether the reading times that one source states vary as real ones do.

    The same number for every post is a placeholder of its template; of so few that they may be
    equal by chance only more than one minute is believed.
    """
    known = [minutes for minutes in stated if minutes is not None]
    if not known or not all(0 < minutes <= _LONGEST_READ for minutes in known):
        return False
    (commonest, times), *_ = Counter(known).most_common(1)
    if len(known) <= _FEW:
        return commonest > 1 or times < len(known)
    return times < _ALIKE * len(known)


def _until_stable(part: _Part, detect: Callable[[_Part], _Part]) -> _Part:
    """Repeat the detectors while they find something; each find makes the text shorter."""
    while (found := detect(part)).text != part.text:
        part = found
    return found


def _tidied(part: _Part) -> _Part:
    for rule, repair in _TIDY:
        part = part.after(rule, repair(part.text))
    return part


def _summary_pass(part: _Part) -> _Part:
    part = part.after("characters", part.text.strip())
    part = _tidied(part.after("prompt", leaks.without_turns(part.text)))
    part = part.after("controls", tails.without_controls(part.text))
    short = tails.without_tail(part.text)
    has_more = short != part.text and tails.has_cut_mark(short)
    part = part.after("read more", short)
    is_cut = has_more or tails.is_cut(short)  # the usual length is that of excerpt with chatter
    parted = leaks.without_chatter(part.text)
    part = _Part(text=parted.text, rules=(*part.rules, *parted.rules))
    return part.after("cut", _trimmed(part.text)) if is_cut else part


def _trimmed(text: str) -> str:
    return sentences.whole(tails.without_cut_mark(text)) or ""


def _is_little(told: _Part) -> bool:
    words = len(told.text.split()) + len(_IDEOGRAPH.findall(told.text)) // 2
    return bool(_LOSSES & {*told.rules}) and words < _LITTLE


def _title_pass(part: _Part) -> _Part:
    part = _tidied(part)
    part = part.after("symbols", glyphs.without_leading_symbols(part.text) or part.text)
    parted = leaks.without_chatter(part.text)
    if not parted.text:
        return replace(part, is_chatter=True)
    return _Part(text=parted.text, rules=(*part.rules, *parted.rules))


def _examined_title(title: str, *, beside: str) -> tuple[_Part, str | None]:
    """Return the title, and why the post is held if it is."""
    part = _until_stable(_Part(text=title), _title_pass)
    if not title_key(part.text) and not part.text.strip():
        return part, NO_TITLE
    if part.is_chatter or _CONTROL.fullmatch(part.text):
        return part, NOT_A_TITLE
    return part, CUT_TITLE if _is_cut_title(part.text, beside=beside) else None


def _is_cut_title(title: str, *, beside: str) -> bool:
    """Whether a title was cut; the beginning of a text that has no title of its own was not."""
    ellipsis = _TITLE_ELLIPSIS.search(title[-12:])
    if ellipsis is None:
        return False
    kept = title[: len(title) - len(ellipsis[0])]
    text, begin = title_key(beside), title_key(kept)
    if text != begin and text.startswith(begin):
        return False
    goes_on = _TITLE_GOES_ON.search(kept[-12:]) and len(kept) >= _SHORT_TITLE
    return len(title) > _LONG_TITLE or bool(goes_on)


def _begins(cut: str, whole: str) -> bool:
    """Whether a cut title begins a whole one; the last word of the cut one may be garbled."""
    words = title_key(_TITLE_ELLIPSIS.sub("", cut))
    entire = title_key(whole)
    if len(entire) > len(words) and entire.startswith(words):
        return True
    most, _, _ = words.rpartition(" ")
    return len(most) >= _SHORT_TITLE and entire.startswith(f"{most} ") and len(entire) > len(most)
