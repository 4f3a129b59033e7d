"""How one source is read: its rule, tried before it is kept, and what the source answered last."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import curating, sourcebook
from digest.curating import Rule
from digest.errors import DigestError
from digest.render.links import link
from digest.sources.discover import KINDS
from digest.sources.trial import Trial
from digest.tables import SourceRow
from digest.web.console.frame import Frame
from digest.web.console.gate import Editor, Viewer, Visit

_FORM = "source-rule.html.j2"
_SHOWN = 15  # posts of a trial
_RAW = 20_000  # characters
_WORDS = {
    "feed": "a feed (RSS, Atom, JSON Feed)",
    "listing": "a page that lists posts",
    "sitemap": "a sitemap",
    "ghost": "the interface of Ghost",
    "wordpress": "the interface of WordPress",
}
_PARTS = {
    "post": "Each whole post",
    "title": "Its title",
    "link": "Its link",
    "date": "Its date",
    "excerpt": "Its excerpt",
    "tags": "Its tags",
    "author": "Its author",
}


@dataclass(frozen=True, kw_only=True)
class SourceRulePages:
    """The rule of a source, and its last answer beside the posts that were found."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router, at = APIRouter(), "/sources/{source_id:int}"
        router.add_api_route(f"{at}/raw", self.raw, methods=["GET"])
        router.add_api_route(f"{at}/rule", self.show, methods=["GET"])
        router.add_api_route(f"{at}/rule", self.change, methods=["POST"])
        return router

    def raw(self, request: Request, visit: Viewer, source_id: int) -> Response:
        """Show what the source answered last, as words, beside the posts that are known of it."""
        page = sourcebook.of(visit.app, source_id)
        return self.frame.page(
            request,
            "source-raw.html.j2",
            here="sources",
            title=f"What {page.row.name} answered last",
            row=page.row,
            raw=sourcebook.raw(visit.app, page.row.name, most=_RAW),
            latest=[(post, link(post.url)) for post in page.latest],
        )

    def show(self, request: Request, visit: Editor, source_id: int) -> Response:
        """Show the rule in a form."""
        row = sourcebook.of(visit.app, source_id).row
        return self._form(request, visit, row, _typed_of(Rule.of(row)))

    def change(self, request: Request, visit: Editor, source_id: int) -> Response:
        """Show what the source would bring by this rule; with the word to do so, keep it."""
        row, typed = sourcebook.of(visit.app, source_id).row, _typed(visit)
        try:
            rule = curating.rule_of(
                kind=typed["kind"], topic=typed["topic"], selectors=typed["selectors"]
            )
            if visit.field("do") != "save":
                trial = curating.try_rule(visit.app, row.name, rule)
                return self._form(request, visit, row, typed, trial=trial)
            curating.change_rule(visit.app, row.name, rule)
        except DigestError as error:
            return self._form(request, visit, row, typed, problem=_sentence(error))
        said = f"{row.name} is read as {rule.kind} from its next reading on."
        return self.frame.back(request, f"/sources/{source_id}", said=said)

    def _form(
        self,
        request: Request,
        visit: Visit,
        row: SourceRow,
        typed: dict[str, Any],
        *,
        trial: Trial | None = None,
        problem: str | None = None,
    ) -> Response:
        refused = problem or (trial is not None and trial.found is None)
        return self.frame.page(
            request,
            _FORM,
            here="sources",
            title=f"How {row.name} is read",
            status=422 if refused else 200,
            problem=problem,
            row=row,
            typed=typed,
            kinds=[(kind, _WORDS[kind]) for kind in KINDS],
            parts=[(part, _PARTS[part]) for part in curating.PARTS],
            configured=row.name in visit.app.config.recipes and not row.recipe,
            trial=trial,
            posts=[(post, link(post.url)) for post in trial.posts[:_SHOWN]] if trial else (),
            more=max(len(trial.posts) - _SHOWN, 0) if trial else 0,
        )


def _typed_of(rule: Rule) -> dict[str, Any]:
    selectors = {part: rule.selectors.get(part, "") for part in curating.PARTS}
    return {"kind": rule.kind, "topic": rule.topic or "", "selectors": selectors}


def _typed(visit: Visit) -> dict[str, Any]:
    return {
        "kind": visit.field("kind"),
        "topic": visit.field("topic"),
        "selectors": {part: visit.field(part) for part in curating.PARTS},
    }


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
