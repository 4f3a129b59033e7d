"""The way through a counted link: it leads to the post, and counts readers, not machines.

Mail is opened by programs before it is read: they look ahead, ask for the head only, or open every
link within seconds. None of that says what is read. Who asked is known for these seconds, in the
memory of this process, under a hash that ends with it; it is written down nowhere.
"""

import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from digest import clicks
from digest.clicks import Target
from digest.clock import Clock
from digest.web.peers import peer_of
from storage.database import Database

_NOT_FOUND, _FOUND = 404, 302
_KEY = re.compile(r"[A-Za-z0-9_-]{8}")
_TOGETHER = 3.0  # seconds: nobody opens two posts in that time
_SUSPECT = 600.0  # seconds for which whoever did that is not counted
_MOST = 20_000  # peers that are remembered at once
_AHEAD = ("purpose", "sec-purpose", "x-purpose", "x-moz")
_LOOKING = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)
_MACHINE = re.compile(
    r"bot\b|bot/|crawl|spider|scan|preview|fetch|monitor|curl|wget|python|java/|okhttp|go-http|"
    r"libwww|headless|barracuda|mimecast|proofpoint|symantec|trendmicro|forcepoint|safelinks|"
    r"googleimageproxy|yahoomailproxy|whatsapp|slack|facebookexternalhit|skypeuripreview",
    re.IGNORECASE,
)


@dataclass
class Trace:
    """What one peer did last; ``counted`` is whether that is in the figures."""

    at: float
    link_id: int
    counted: bool
    suspect_until: float = 0.0


@dataclass
class Watch:
    """Tells readers from programs that open every link; remembers the last few peers only."""

    salt: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    traces: "OrderedDict[bytes, Trace]" = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def judge(self, peer: str, link_id: int, *, at: float) -> tuple[bool, int | None]:
        """Return whether to count this click, and the link whose click was a machine's after all.

        ``at`` is in seconds, from any start.
        """
        who = blake2b(peer.encode(), key=self.salt, digest_size=16).digest()
        with self.lock:
            before = self.traces.pop(who, None)
            found = self._next(before, link_id, at=at)
            self.traces[who] = found
            while len(self.traces) > _MOST:
                self.traces.popitem(last=False)
        is_caught = bool(before and before.counted and found.suspect_until == at + _SUSPECT)
        return found.counted, before.link_id if before and is_caught else None

    def _next(self, before: Trace | None, link_id: int, *, at: float) -> Trace:
        if before is None:
            return Trace(at=at, link_id=link_id, counted=True)
        is_recent = at - before.at < _TOGETHER
        if at < before.suspect_until or (is_recent and before.link_id != link_id):
            return Trace(at=at, link_id=link_id, counted=False, suspect_until=at + _SUSPECT)
        is_again = is_recent and before.link_id == link_id
        return Trace(at=at, link_id=link_id, counted=not is_again)


@dataclass(frozen=True, kw_only=True)
class ClickPages:
    """The addresses ``/r/<key>``; ``trusted`` are the proxies in front."""

    database: Database
    clock: Clock
    trusted: tuple[str, ...]
    watch: Watch = field(default_factory=Watch)

    def router(self) -> APIRouter:
        """Join the way to its address."""
        router = APIRouter()
        router.add_api_route("/r/{key}", self.follow, methods=["GET", "HEAD"])
        return router

    def follow(self, key: str, request: Request) -> Response:
        """Lead to where the link was written down to lead; nothing in the request can change it."""
        target = self._target(key)
        if target is None:
            raise HTTPException(_NOT_FOUND)
        if not is_machine(request):
            self._count(target, request)
        return RedirectResponse(
            target.url,
            status_code=_FOUND,
            headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex"},
        )

    def _target(self, key: str) -> Target | None:
        if not _KEY.fullmatch(key):
            return None
        with self.database.read() as session:
            return clicks.find(session, key)

    def _count(self, target: Target, request: Request) -> None:
        peer = peer_of(request, trusted=self.trusted)
        counts, machines = True, None
        if peer is not None:
            counts, machines = self.watch.judge(peer, target.id, at=self.clock.monotonic())
        now = self.clock.now()
        if counts:
            self.database.together(lambda session: clicks.count(session, target.id, now=now))
        elif machines is not None:
            self.database.together(lambda session: clicks.take_back(session, machines, at=now))


def is_machine(request: Request) -> bool:
    """Whether a request says of itself that no person reads the answer."""
    headers = request.headers
    if request.method != "GET" or any(_LOOKING.search(headers.get(name, "")) for name in _AHEAD):
        return True
    if headers.get("sec-fetch-mode", "navigate") != "navigate":
        return True
    agent = headers.get("user-agent", "")
    return not agent or bool(_MACHINE.search(agent))
