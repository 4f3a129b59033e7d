"""Where the sentences of a plain text end, in the scripts and habits of many languages; pure."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

# A run of marks is looked at once, from its first: a text of nothing but dots stays cheap. The one
# set of marks comes first because the engine skips to the next of a set fast.
_CLOSING = "[\"'”’»›)\\]」』）】〉》]"  # noqa: RUF001 - quotation marks of several languages
_MARKS = re.compile(
    rf"[.!?…。！？｡।॥؟۔](?:(?<=[.!?…])(?<![.!?…]{{2}})[.!?…]*+{_CLOSING}*+(?=\s|$)"  # noqa: RUF001
    rf"|(?<=[。！？｡।॥؟۔])[。！？｡।॥؟۔]*+{_CLOSING}*+)"  # noqa: RUF001
)
_ELLIPSIS = re.compile(r"(?:…|\.\.)\W{{0,3}}$")
_WORD_BEFORE = re.compile(r"(?:\w+[.])*\w+$")
_LIST_NUMBER = re.compile(r"(?:^|[.!?:]\s)\d{1,2}$")
_FINAL = re.compile(rf"[.!?。！？｡।॥؟۔]{_CLOSING}*[\W_]{{0,12}}$")  # noqa: RUF001 - emoji may follow
_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        """
        e.g i.e eg ie vs cf approx resp mr mrs ms dr prof st fig figs eq sec ch vol ed eds jr sr
        inc ltd corp dept est misc ver no incl excl tel env
        nr bzw ca evtl ggf inkl exkl usw sog vgl zb abs str bijv mme mlle p.ex sra srta dra ej
        p.ej núm pág art sig dott ing ecc tzn tj т.е т.д т.п др см рис стр напр
        """,  # noqa: RUF001 - Russian
    )
)
_ENDING_TOO = frozenset({"no", "usw", "ecc", "inc", "ltd", "corp", "т.д", "т.п", "др"})
_MONTH = re.compile(
    r"\s(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez|maj|okt|led|úno|bře)\w*|\s\d",
)
_SHORT_WORD = 3  # letters; "inference. llm-d" ends a sentence, "esp. small" does not
_PAIRS = (("“", "”"), ("«", "»"), ("(", ")"), ("[", "]"), ("「", "」"), ("『", "』"), ("（", "）"))  # noqa: RUF001 - as they are printed
_STRAIGHT = re.compile(r'(?<![\d¹²³])"')  # behind a digit it means inches
_TRIES = 12  # ends that are looked at for one that leaves no quotation open


@lru_cache(maxsize=8)  # each detector asks anew, nearly always of the same text
def ends(text: str) -> Sequence[int]:
    """Return the offset behind each sentence, closing quotation marks included.

    An ellipsis ends nothing: behind it a sentence may go on, or be cut. Neither do the dots of
    abbreviations ("e.g.", "z. B."), initials, versions ("v1.2"), ordinals ("3. Mai") and lists.
    """
    return tuple(marks.end() for marks in _MARKS.finditer(text) if _is_end(text, marks))


def split(text: str) -> Iterator[tuple[int, int]]:
    """Give start and end of each sentence; the last one may be a rest without an end."""
    start = 0
    for end in (*ends(text), len(text)):
        while start < end and text[start].isspace():
            start += 1
        if start < end:
            yield start, end
        start = end


def is_whole(text: str) -> bool:
    """Whether the text ends as a sentence does (an emoji or a mark may follow)."""
    return bool(_FINAL.search(text[-24:])) and not _ELLIPSIS.search(text[-8:])


def whole(text: str, *, found: Sequence[int] | None = None) -> str | None:
    """Return the text up to its last whole sentence, or None when it has none.

    ``found`` limits the ends that may be chosen. An end that leaves a quotation or a bracket open
    is passed over; where all do, the mark that opened it goes.
    """
    found = ends(text) if found is None else found
    for end in found[: -_TRIES - 1 : -1]:
        if _open_mark(text[:end]) is None:
            return text[:end]
    return without_open_marks(text[: found[-1]]) if found else None


def without_open_marks(text: str) -> str:
    """Return the text without quotation marks and brackets that nothing closes."""
    while (mark := _open_mark(text)) is not None:
        text = (text[:mark] + text[mark + 1 :]).strip()
    return text


def _open_mark(text: str) -> int | None:
    """Return where the last quotation or bracket was opened that is not closed again."""
    for opening, closing in _PAIRS:
        if opening == "“" and "„" in text:  # German: “ closes what „ opened
            if text.count("„") > text.count("“") + text.count("”"):
                return text.rfind("„")
        elif opening == "«" and text.find("»") < text.find("«"):  # »so«
            if text.count("»") > text.count("«"):
                return text.rfind("»")
        elif text.count(opening) > text.count(closing):
            return text.rfind(opening)
    straight = [mark.start() for mark in _STRAIGHT.finditer(text)]
    return straight[-1] if len(straight) % 2 else None


def _is_end(text: str, marks: re.Match[str]) -> bool:
    run, rest = marks[0], text[marks.end() : marks.end() + 16]
    if "…" in run or ".." in run:
        return False
    if not rest.strip() or not run.isascii():
        return True
    goes_on = rest.lstrip()[:1].islower()
    if not run.startswith("."):
        return not goes_on
    before = _WORD_BEFORE.search(text[max(0, marks.start() - 24) : marks.start()])
    return _ends_after(before[0] if before else "", rest=rest, goes_on=goes_on, run=run) and not (
        _LIST_NUMBER.search(text[max(0, marks.start() - 4) : marks.start()])
    )


def _ends_after(word: str, *, rest: str, goes_on: bool, run: str) -> bool:
    """Whether one dot behind this word ends the sentence, given what follows."""
    folded = word.casefold()
    if folded in _ABBREVIATIONS and (goes_on or folded not in _ENDING_TOO):
        return False
    if word.isdigit():
        return not goes_on and not (len(word) <= 2 and _MONTH.match(rest))  # noqa: PLR2004 - a day
    if len(word) == 1 or re.fullmatch(r"(?:\w\.)+\w", word):
        return False
    return not goes_on or (len(word) > _SHORT_WORD and run == ".")
