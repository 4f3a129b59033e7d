"""Takes off a text what a generator said around it: preambles, refusals, prompts; pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from digest.posts import chatter, chatter_abroad, patterns, sentences

_SEEN = 400  # characters of a sentence that are looked at; bounds every pattern
_HEAD = 700  # characters in which a divider may part a preamble from the text
_RUN = 12  # sentences at the beginning that may be chatter
_DIVIDERS = ("---", "——", "***", "___", "===", "* *")
_DIVIDER = re.compile(r"(?:^|\s)(?:-{3,}|—{2,}|\*{3,}|_{3,}|={3,}|(?:\* ){2,}\*)(?=\s|$)")
_TURN = re.compile(
    r"\W{0,4}(?:<think>.{0,2000}?</think>|</?think>|<\|[a-z_]{2,20}\|>(?:system|user|assistant)?"
    r"|\[INST\].{0,2000}?\[/INST\]|\[/?INST\]|<</?SYS>>|#{2,4} ?(?:instructions?|response"
    r"|input|output|assistant):?"
    r"|(?:assistant|human|user|system):"
    r"(?=\s*(?:here|sure|certainly|i\b|you are|write|summari)))\s*",
    re.IGNORECASE | re.DOTALL,
)
_TEMPLATE = re.compile(
    r"\{\{[^{}]{0,200}\}\}|\{%[^{}]{0,200}%\}|<%[^<>]{0,200}%>|\[(?:insert|enter) [^\[\]]{1,60}\]"
    r"|\[your [^\[\]]{0,40}\bhere\]"
    r"|(?:(?:article|title|text|content): ?)?\{[a-z]{2,20}_[a-z_]{2,20}\}"
    r"|\[object Object\]|lorem ipsum dolor sit amet[^.]{0,400}\.?",
    re.IGNORECASE,
)
_EMPTY_VALUES = frozenset({"undefined", "null", "none", "nan", "n/a", "tbd", "todo", "lorem ipsum"})
_COLON = re.compile("[:：]")  # noqa: RUF001 - Chinese and Japanese have a wide one
_BEFORE_COLON = frozenset({"handover", "promise"})
_WEIGHTY = frozenset({"promise", "research"})
_SURE_BEHIND_OPENING = frozenset({"promise", "handed"})
_GOES_WITH = {"constraint": "prompt", "request": "refusal"}  # alone these say nothing
_QUOTED = re.compile('["“„«\'‘](?P<words>[^"”“»’]{3,200})["”“»’],?\\s+\\w')  # noqa: RUF001 - as printed
_IS_ABOUT = re.compile(
    r"\W*(?:is|was|are|sounds|reads|works|fails|ist|war|klingt)\b", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class _Chatter:
    """What sentences of chatter are known by; the kinds of a sentence by the name of their rule."""

    sure: Mapping[str, re.Pattern[str]]
    likely: Mapping[str, re.Pattern[str]]
    after: re.Pattern[str]
    opening: re.Pattern[str]


@cache  # not at the import: the tables take 0.2 seconds to compile, and many commands need none
def _chatter() -> _Chatter:
    english, abroad = patterns.named(chatter.NAMES), patterns.named(chatter_abroad.NAMES)

    def either(ours: str, theirs: str = "") -> re.Pattern[str]:
        found = patterns.filled(ours, parts=english)
        return patterns.either(found + (patterns.filled(theirs, parts=abroad) if theirs else []))

    opener = f"(?:{english['opener']}|{abroad['opener']})"
    sure, likely = chatter_abroad.SURE, chatter_abroad.LIKELY
    return _Chatter(
        sure={rule: either(table, sure[rule]) for rule, table in chatter.SURE.items()},
        likely={
            kind: either(table, likely.get(kind, "")) for kind, table in chatter.LIKELY.items()
        },
        after=either(chatter.AFTER, chatter_abroad.AFTER),
        opening=re.compile(
            rf"{opener}(?:\s*[,!.–—:-]+\s*| )(?=\w)",  # noqa: RUF001 - a dash
            re.IGNORECASE,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Parted:
    """What is left of a text, and the rules by which the rest was taken off, in order."""

    text: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Said:
    """One sentence of a text: where the text goes on behind it, and what it is known by."""

    end: int
    sure: str | None
    likely: str | None


def without_chatter(text: str) -> Parted:
    """Return the text without what a generator said before it or after it."""
    kept = text
    rules: list[str] = []
    for rule, part in _PARTS:
        found = part(kept)
        if found.text != kept:
            rules += found.rules or (rule,)
            kept = found.text
    return Parted(text=kept, rules=tuple(dict.fromkeys(rules)))


def _without_template(text: str) -> Parted:
    """Drop unrendered template marks at the beginning, and texts of nothing else.

    In the middle they stay: engineering blogs write about templates.
    """
    start = 0
    while mark := _TEMPLATE.match(text, start):
        start = mark.end()
        while start < len(text) and text[start].isspace():
            start += 1
    rest = text[start:]
    return Parted(text="" if rest.strip(" .").casefold() in _EMPTY_VALUES else rest)


def without_turns(text: str) -> str:
    """Drop the marks of a conversation ("[INST]", "Assistant:") from the beginning."""
    start = 0
    while (turn := _TURN.match(text, start)) and turn.end() > start:
        start = turn.end()
    return text[start:]


def _without_divided(text: str) -> Parted:
    """Cut through a divider near the beginning when what stands before it is chatter."""
    start = 0
    while leading := _DIVIDER.match(text, start):
        start = leading.end()
    text = text[start:].lstrip() if start else text
    head = text[:_HEAD]
    divider = _DIVIDER.search(head) if any(mark in head for mark in _DIVIDERS) else None
    if divider is None:
        return Parted(text=text)
    said = list(_said(text[: divider.start()]))
    rules = [one.sure for one in said if one.sure]
    if rules or any(one.likely for one in said):
        return Parted(text=text[divider.end() :].lstrip(), rules=(*rules[:1],))
    return Parted(text=text)


def _without_leading(text: str) -> Parted:
    """Drop the sentences at the beginning that are chatter, when together they surely are."""
    run: list[_Said] = []
    for one in _said(text):
        if len(run) == _RUN or not (one.sure or one.likely):
            break
        run.append(one)
    rules = [one.sure for one in run if one.sure]
    kinds = {one.likely for one in run if one.likely}
    if not rules and kinds & _WEIGHTY and len(kinds - {*_GOES_WITH, "handed"}) > 1:
        rules = ["preamble"]
    if not rules:
        return Parted(text=text)
    while not (run[-1].sure or _belongs(run, rules)):
        run.pop()
    return Parted(text=text[run[-1].end :].lstrip(), rules=tuple(rules))


def _belongs(run: list[_Said], rules: list[str]) -> bool:
    """Whether the last sentence of the run goes with the chatter before it."""
    kind = run[-1].likely
    return kind != "handed" and _GOES_WITH.get(kind or "", rules[0]) in rules


def _without_offer(text: str) -> Parted:
    """Drop offers to change the text, and counts of its words, from the end."""
    spans = list(sentences.split(text))
    while spans and _chatter().after.match(_plain(text[spans[-1][0] :])):
        start, _ = spans.pop()
        text = text[:start].rstrip()
    return Parted(text=text)


def _said(text: str) -> Iterator[_Said]:
    """Give the sentences, where "Here is the article:" is one, whatever follows its colon."""
    for start, end in sentences.split(text):
        at = start
        while colon := _COLON.search(text, at, min(end, at + _SEEN)):
            known = _known(text[at : colon.end()], end=colon.end())
            if not (known.sure or known.likely in _BEFORE_COLON):
                break
            yield known
            at = colon.end()
        if text[at:end].strip():
            yield _known(text[at:end], end=end)


def _known(sentence: str, *, end: int) -> _Said:
    words, known = _plain(sentence), _chatter()
    if _QUOTED.match(sentence):  # somebody speaks of what an assistant is told, or says
        return _Said(end=end, sure=None, likely=None)
    opening = known.opening.match(words)
    bare = words[opening.end() :] if opening else words
    sure = next((rule for rule, pattern in known.sure.items() if _tells(pattern, bare)), None)
    likely = next((kind for kind, pattern in known.likely.items() if pattern.match(bare)), None)
    if sure is None and opening and likely in _SURE_BEHIND_OPENING:
        sure = "preamble"
    if sure is None and likely is None and known.likely["opener"].match(words):
        likely = "opener"
    return _Said(end=end, sure=sure, likely=likely)


def _tells(pattern: re.Pattern[str], words: str) -> bool:
    """Whether a sentence is chatter, and not one about such a sentence."""
    found = pattern.match(words)
    return found is not None and not _IS_ABOUT.match(words, found.end())


def _plain(sentence: str) -> str:
    """Return what the patterns see: straight apostrophes, no quotation marks in front."""
    return sentence[:_SEEN].replace("’", "'").strip().lstrip("\"'“”«¡¿#*>-• ")  # noqa: RUF001


_PARTS = (
    ("template", _without_template),
    ("preamble", _without_divided),
    ("preamble", _without_leading),
    ("offer", _without_offer),
)
