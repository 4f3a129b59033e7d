"""Whether the links of an issue answer: asked politely, and not again for a day."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

from digest.checks.finding import Finding, is_placeholder
from digest.http import Client, FetchError

_FRESH = timedelta(hours=24)  # how long a good answer counts
_HOSTS = 6  # asked at once; each gets one question at a time
_PAUSE = 1.0  # seconds between two questions to one host
_ERROR = 400
_GONE = frozenset({404, 410})


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of one link: a status, or why there is none."""

    url: str
    status: int | None
    trouble: str = ""

    @property
    def is_good(self) -> bool:
        """Whether a reader who follows it finds something."""
        return self.status is not None and self.status < _ERROR


def check_links(
    titles: Mapping[str, str],
    *,
    client: Client,
    cache: Path,
    now: datetime,
    wait: Callable[[float], object],
) -> Iterator[Finding]:
    """Ask each link, and report those that do not answer.

    ``titles`` are the posts' by their address, ``cache`` is a file. ``wait`` keeps the pause
    between two questions to one host.
    """
    known = _Known(cache, now=now)
    asked = [url for url in titles if url not in known and not _nobodys(url)]
    answers = list(_ask_all(asked, client=client, wait=wait))
    known.keep(answer for answer in answers if answer.is_good)
    for answer in answers:
        if not answer.is_good:
            yield _finding(titles[answer.url], answer)
    if all(answer.is_good for answer in answers):
        yield Finding(
            level="ok", sentence=f"links: {len(titles)} posts, all that can be asked answer"
        )


def ask(url: str, *, client: Client) -> Answer:
    """Ask by HEAD; a server that does not like that is asked again by GET."""
    with suppress(FetchError):  # the same question by GET says why
        status = client.head(url).status
        if status < _ERROR:
            return Answer(url=url, status=status)
    try:
        return Answer(url=url, status=client.get(url).status)
    except FetchError as error:
        return Answer(url=url, status=None, trouble=str(error))


def _ask_all(
    urls: Iterable[str], *, client: Client, wait: Callable[[float], object]
) -> Iterator[Answer]:
    def ask_host(links: list[str]) -> list[Answer]:
        answers = []
        for place, url in enumerate(links):
            if place:
                wait(_PAUSE)
            answers.append(ask(url, client=client))
        return answers

    by_host = [list(links) for _, links in groupby(sorted(urls, key=_host), key=_host)]
    with ThreadPoolExecutor(max_workers=_HOSTS) as pool:
        for answers in pool.map(ask_host, by_host):
            yield from answers


def _finding(title: str, answer: Answer) -> Finding:
    if answer.status in _GONE:
        return Finding(
            level="error",
            sentence=f"links: {title!r} is gone ({answer.status}): {answer.url}",
            cure="leave the post out: digest post drop",
        )
    return Finding(
        level="warning",
        sentence=f"links: {title!r} gives no good answer"
        f" ({answer.trouble or answer.status}): {answer.url}",
        cure="open it; some sites only answer to browsers",
    )


class _Known:
    """The good answers of late, in a file; one that cannot be read is as good as none."""

    def __init__(self, path: Path, *, now: datetime) -> None:
        self._path = path
        self._now = now
        self._at = {url: at for url, at in self._read().items() if now - at < _FRESH}

    def __contains__(self, url: str) -> bool:
        return url in self._at

    def keep(self, answers: Iterable[Answer]) -> None:
        """Add good answers, and write the file whole or not at all."""
        self._at |= dict.fromkeys((answer.url for answer in answers), self._now)
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps({url: at.isoformat() for url, at in self._at.items()}), "utf-8")
        part.replace(self._path)

    def _read(self) -> dict[str, datetime]:
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            return {str(url): datetime.fromisoformat(at) for url, at in data.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


def _nobodys(url: str) -> bool:
    return is_placeholder(urlsplit(url).hostname or "")
