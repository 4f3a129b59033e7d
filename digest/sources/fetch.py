"""Reads one source: asks only for news, names what came of it, and says when to ask again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit, urlunsplit

from digest.http import Client, FetchError, Response
from digest.posts.post import LookedUp
from digest.sources.adapter import Page, Reading, UnreadableError
from digest.sources.capture import Answer
from digest.sources.further import Completed, Reach, Walk, go_on, state_of
from digest.sources.guard import Parser
from digest.sources.state import State

MANY = 5  # a source that had so many entries does not have none all at once
FIRST_RETRY = timedelta(minutes=15)
LAST_RETRY = timedelta(hours=24)
LONGEST_WAIT = timedelta(days=7)  # however long a site asks us to stay away
_ETAG_LENGTH, _LAST_MODIFIED_LENGTH = 1024, 200  # characters, as the database keeps


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is known of a source before it is read; ``recipe`` is for listing pages."""

    id: int
    name: str
    url: str
    kind: str = "feed"
    recipe: Mapping[str, str] | None = None
    etag: str | None = None
    last_modified: str | None = None
    entries: int | None = None
    failures: int = 0


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """How a reading ended; ``reading`` is set when there are posts to look at.

    ``state`` is not yet `State.NEW_POSTS`: what is new, only the stored posts can tell.
    ``retry_after`` is in seconds. ``looked_up`` holds the posts that were completed from their
    own pages, by address, as both show them. ``answer`` is how the site answered, if it did.
    """

    state: State
    detail: str | None = None
    reading: Reading | None = None
    looked_up: Mapping[str, LookedUp] = field(default_factory=dict)
    etag: str | None = None
    last_modified: str | None = None
    retry_after: float | None = None
    answer: Answer | None = None


def fetch(
    source: Source,
    *,
    client: Client,
    parser: Parser,
    now: datetime,
    reach: Reach | None = None,
    is_known: Callable[[str], bool] = lambda _: False,
    pause: Callable[[], bool] = lambda: False,
    keep: int = 0,
) -> Fetched:
    """Read a source; everything that the other side can do ends in a named state.

    ``is_known`` says whether nothing more is wanted of the post at an address. ``pause`` is called
    before each request after the first, and ends the reading early when it returns True. So many
    bytes of what the site answers are kept as ``keep`` says.
    """
    answer: Answer | None = None
    try:
        response = client.get(source.url, headers=_conditions(source))
        answer, detail = Answer.of(response, most=keep), _moved(response)
        if response.status == HTTPStatus.NOT_MODIFIED and _conditions(source):
            return Fetched(
                state=State.UNCHANGED,
                detail=detail,
                etag=source.etag,
                last_modified=source.last_modified,
                answer=answer,
            )
        if response.status != HTTPStatus.OK:
            return replace(_refused(response, now=now), answer=answer)
        page = Page(url=response.url, content=response.content, headers=response.headers)
        walk = Walk(
            client=client, parser=parser, kind=source.kind, recipe=source.recipe, pause=pause
        )
        first = parser.parse(source.kind, page, recipe=source.recipe)
        del page
        response = replace(response, content=b"")  # it may be large, and what follows takes long
        completed = go_on(
            first,
            walk,
            url=response.url,
            reach=reach or Reach(),
            is_known=is_known,
        )
    except (FetchError, UnreadableError) as error:
        return Fetched(state=State(error.state), detail=str(error), answer=answer)
    return replace(_read(source, completed, response, detail=detail), answer=answer)


def next_check(
    *,
    now: datetime,
    state: State,
    failures: int,
    interval: timedelta,
    retry_after: float | None = None,
) -> datetime:
    """Return when to ask again; ``failures`` counts this one too.

    After a failure the wait doubles, from 15 minutes to a day. A site that says how long to stay
    away is obeyed, for a week at most; one that says it is gone is asked once a week.
    """
    if state is State.GONE:
        return now + LONGEST_WAIT
    wait = interval
    if state.is_error:
        wait = min(FIRST_RETRY * 2 ** min(failures - 1, 10), LAST_RETRY)
    asked = timedelta(seconds=min(retry_after or 0, LONGEST_WAIT.total_seconds()))
    return now + max(wait, asked)


def read_retry_after(text: str | None, *, now: datetime) -> float | None:
    """Return the seconds that a Retry-After asks for (RFC 9110, 10.2.3), or None."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text[:12])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (until - now).total_seconds()) if until.tzinfo else None


def _conditions(source: Source) -> dict[str, str]:
    """Say which version we have (RFC 9110, 13.1)."""
    known = {"if-none-match": source.etag, "if-modified-since": source.last_modified}
    return {name: value for name, value in known.items() if value}


def _read(
    source: Source, completed: Completed, response: Response, *, detail: str | None
) -> Fetched:
    """Name what was read; one that lacks something forgets its version, to be looked at again."""
    reading, headers = completed.reading, response.headers
    if not reading.posts and (source.entries or 0) >= MANY:
        return Fetched(
            state=State.SUDDENLY_EMPTY,
            detail=f"there is no post in it, and there were {source.entries}",
        )
    fetched = Fetched(
        state=State.UNCHANGED if reading.posts else State.EMPTY,
        detail=detail,
        reading=reading,
        looked_up=completed.looked_up,
    )
    if not completed.is_whole:
        return fetched
    return replace(
        fetched,
        etag=_storable(headers.get("etag"), length=_ETAG_LENGTH),
        last_modified=_storable(headers.get("last-modified"), length=_LAST_MODIFIED_LENGTH),
    )


def _refused(response: Response, *, now: datetime) -> Fetched:
    return Fetched(
        state=state_of(response.status),
        detail=f"the site answered {response.status}",
        retry_after=read_retry_after(response.headers.get("retry-after"), now=now),
    )


def _moved(response: Response) -> str | None:
    """Note a new address for the operator, without a query, which may hold a key."""
    if response.permanent_url is None:
        return None
    parts = urlsplit(response.permanent_url)
    query = "…" if parts.query else ""
    return f"moved to {urlunsplit(parts._replace(query=query, fragment=''))}"


def _storable(value: str | None, *, length: int) -> str | None:
    """Return a header that can be sent back as it is."""
    fits = value and len(value) <= length and value.isascii() and value.isprintable()
    return value if fits else None
