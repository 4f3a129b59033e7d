"""Tells which addresses of a site are posts, from their shapes alone; pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from urllib.parse import unquote, urlsplit

from digest.sources.dates import read_date

_FEW = 3  # addresses of one shape, from which on it is a habit of the site and no accident
_WHOLE_DATE = 3  # steps of a path: year, month, day

# Folders, and last steps, of lists and of what is no text; in the languages of the big systems.
_LISTS = re.compile(
    r"tags?|categor(?:y|ies)|topics?|labels?|authors?|users?|people|hosts?|pages?|archives?|search"
    r"|feeds?|rss|atom|amp|attachments?|wp-\w+|docs?|documentation|api|reference|manual|wiki|cart"
    r"|checkout|products?|shop|kategorien?|schlagw(?:ort|oerter)|autor(?:en)?|seite|categorias?"
    r"|etiquetas?|etiquettes?|auteurs?|categories|page[-_]?\d+|events?|jobs?|careers?"
)
_SECTIONS = re.compile(
    r"blogs?|posts?|articles?|artikel|beitraege|news|stories|story|engineering|tech|writing|notes"
    r"|insights|journal|log|weblog|updates|episodes|essays|p|til|magazin|magazine|releases"
)
_PAGES = re.compile(
    r"about(?:[-_](?:us|me))?|contact(?:[-_]us)?|imprint|impressum|legal|privacy(?:[-_]policy)?"
    r"|terms(?:[-_]\w+)*|cookies?(?:[-_]policy)?|datenschutz(?:erklaerung)?|ueber[-_](?:uns|mich)"
    r"|kontakt|team|company|jobs|careers|newsletter|subscribe|subscription|join|login|signin|signup"
    r"|sign[-_](?:in|up)|membership|donate|download|community|faq|help|support|pricing|sitemap"
    r"|links|projects?|portfolio|talks|uses|now|cv|resume|home|index|404|offline|thanks|thank[-_]you"
    r"|timeline|survey|schedule|start(?:[-_]here)?|a[-_]propos|mentions[-_]legales"
)
_YEAR, _MONTH, _DAY = (
    re.compile(pattern)
    for pattern in (r"(?:19|20)\d\d", r"0?[1-9]|1[0-2]", r"0?[1-9]|[12]\d|3[01]")
)
_DATED_SLUG = re.compile(r"((?:19|20)\d\d)([-_]?)(\d\d)\2(\d\d)[-_]\D")
_NO_TEXT = re.compile(
    r"\.(?:xml|txt|json|pdf|jpe?g|png|gif|webp|svg|ico|zip|gz|mp[34]|css|js)$", re.IGNORECASE
)
_ENDING = re.compile(r"\.(?:html?|php|aspx?)$", re.IGNORECASE)


def posts_among(urls: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses of posts, in their order.

    Where the site dates its addresses, or has a folder such as ``/blog/``, those are the posts;
    otherwise the folder that holds most of what is no list and no usual page.
    """
    steps = {url: path for url in urls if (path := _steps(url))}
    numbered = _numbered(steps.values())
    paths = {
        url: path
        for url, path in steps.items()
        if not _is_no_post(path) and (path[:-1] in numbered or not _is_period(path))
    }
    evident = [url for url, path in paths.items() if _is_dated(path) or _is_in_section(path)]
    if len(evident) >= min(_FEW, len(paths)):
        return tuple(evident)
    folders = Counter(path[:-1] for path in paths.values())
    for folder, count in folders.most_common(1):
        if count * 2 >= len(paths):
            return tuple(url for url, path in paths.items() if path[:-1] == folder)
    return ()


def date_in(url: str) -> date | None:
    """Return the day that an address names: ``/2026/06/12/slug`` or ``/2026-06-12-slug``."""
    path = _steps(url)
    if path and (named := _DATED_SLUG.match(path[-1])):
        stated = read_date("-".join(named.group(1, 3, 4)))
    else:
        stated = read_date("-".join(path[-4:-1])) if _date_steps(path[:-1]) == _WHOLE_DATE else None
    return stated if isinstance(stated, date) else None


def _steps(url: str) -> tuple[str, ...]:
    """Return the path in steps, without the ending of a file name; "index" is the folder itself."""
    parts = urlsplit(url)
    path = tuple(step for step in unquote(parts.path).split("/") if step)
    if path and not _NO_TEXT.search(path[-1]):
        path = (*path[:-1], _ENDING.sub("", path[-1]))
    return path[:-1] if path and path[-1].lower() == "index" else path


def _is_no_post(path: tuple[str, ...]) -> bool:
    """Whether this is a list of posts, a page that every site has, or no text."""
    last = path[-1].lower()
    if any(_LISTS.fullmatch(step.lower()) for step in path) or _NO_TEXT.search(last):
        return True
    # /privacy is a page, /blog/privacy a post
    return len(path) == 1 and bool(_PAGES.fullmatch(last) or _SECTIONS.fullmatch(last))


def _is_period(path: tuple[str, ...]) -> bool:
    """Whether this is the archive of a year, a month or a day."""
    steps = _date_steps(path)  # "/2020/03/2019/" looks back on a year, and is no archive
    return steps > 1 or (steps == 1 and not _date_steps(path[:-1]))


def _numbered(paths: Iterable[tuple[str, ...]]) -> frozenset[tuple[str, ...]]:
    """Return the folders in which posts go by their numbers: there 1984 is no year."""
    numbers = Counter(
        path[:-1]
        for path in paths
        if path[-1].isdecimal() and not _YEAR.fullmatch(path[-1]) and not _date_steps(path[:-1])
    )
    return frozenset(folder for folder, count in numbers.items() if count >= _FEW)


def _is_dated(path: tuple[str, ...]) -> bool:
    """Whether a date stands right before the slug, or begins it; deeper is what hangs on a post."""
    return bool(_DATED_SLUG.match(path[-1])) or _date_steps(path[:-1]) > 1


def _date_steps(path: tuple[str, ...]) -> int:
    """Count the steps of the date that ends this path: day, month and year, or fewer."""
    for patterns in ((_YEAR, _MONTH, _DAY), (_YEAR, _MONTH), (_YEAR,)):
        steps = path[-len(patterns) :]
        if len(steps) == len(patterns) and all(
            pattern.fullmatch(step) for pattern, step in zip(patterns, steps, strict=True)
        ):
            return len(patterns)
    return 0


def _is_in_section(path: tuple[str, ...]) -> bool:
    return any(_SECTIONS.fullmatch(step.lower()) for step in path[:-1])
