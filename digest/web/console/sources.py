"""The sources: how each is, how often it posts, and how another one is followed."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import curating, roster, sourcebook
from digest.errors import DigestError
from digest.render.links import link
from digest.sources.discover import FEED, KINDS
from digest.sources.shelf import NewSource
from digest.sources.trial import Trial
from digest.web.console import charts
from digest.web.console.frame import Frame
from digest.web.console.gate import Editor, Viewer

_SHOWN = 15  # posts of a trial
_FORM = "sources-add.html.j2"


@dataclass(frozen=True, kw_only=True)
class SourcesPages:
    """The list, and the two steps by which a source is added: look, then follow."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route("/sources", self.list, methods=["GET"])
        router.add_api_route("/sources/try", self.try_out, methods=["POST"])
        router.add_api_route("/sources/add", self.add, methods=["POST"])
        return router

    def list(self, request: Request, visit: Viewer) -> Response:
        """Show every source."""
        overview = sourcebook.overview(visit.app)
        rows = roster.sources(visit.app)
        return self.frame.page(
            request,
            "sources.html.j2",
            here="sources",
            title="Sources",
            rows=[(row, overview.of(row.id).health) for row in rows],
            at=overview.at,
            cadence=charts.cadence(visit.app, overview),
            muted=[one.word for one in curating.muted(visit.app) if one.source is None],
        )

    def try_out(self, request: Request, visit: Editor) -> Response:
        """Read an address and show what it would bring; nothing is kept."""
        url, name = visit.field("url"), visit.field("name")
        recipe = name if name in visit.app.config.recipes else None
        try:
            (trial,) = roster.try_sources(self.frame.app, [url], recipe=recipe)
        except DigestError as error:
            return self._refused(request, error, url=url, name=name)
        return self.frame.page(
            request,
            _FORM,
            here="sources",
            title="What this source would bring",
            status=200 if trial.found else 422,
            url=url,
            name=name,
            topic=visit.field("topic"),
            **_shown(trial),
        )

    def add(self, request: Request, visit: Editor) -> Response:
        """Follow what was looked at; older posts than the coming issue's are not mailed."""
        url, name, topic = (visit.field(key) for key in ("url", "name", "topic"))
        kind = visit.field("kind")
        wanted = NewSource(
            url=url,
            kind=kind if kind in KINDS else FEED,
            name=name or None,
            page=visit.field("page") or None,
        )
        try:
            (added,) = roster.add_sources(visit.app, [wanted], topic=topic or None)
        except DigestError as error:
            return self._refused(request, error, url=url, name=name)
        sourcebook.count(visit.app)
        fate = "is followed from now on" if added.new else "is followed already"
        return self.frame.back(request, "/sources", said=f"{added.name} {fate}.")

    def _refused(self, request: Request, error: Exception, **typed: str) -> Response:
        return self.frame.refused(
            request, error, template=_FORM, here="sources", title="This was not added",
            trial=None, posts=(), more=0, topic="", **typed,
        )  # fmt: skip


def _shown(trial: Trial) -> dict[str, Any]:
    return {
        "trial": trial,
        "posts": [(post, link(post.url)) for post in trial.posts[:_SHOWN]],
        "more": max(len(trial.posts) - _SHOWN, 0),
    }
