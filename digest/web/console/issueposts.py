"""The buttons beside the posts of an open issue: skip, include, lead, move, note, edit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import drafting, editing
from digest.app import App
from digest.calendar import Period
from digest.errors import UsageError
from digest.posts.post import Decision
from digest.web.console.gate import Editor, Visit
from digest.web.console.issue import IssuePages

Button = Callable[[App, Period, str], str]
"""Does what a button says to a post; returns what was done."""


def _include(app: App, period: Period, post: str) -> str:
    return drafting.include(app, period, post).sentence


def _skip(app: App, period: Period, post: str) -> str:
    return drafting.skip(app, period, post).sentence


def _unskip(app: App, period: Period, post: str) -> str:
    return drafting.leave_to_rules(app, period, post).sentence


def _lead(app: App, period: Period, post: str) -> str:
    return drafting.lead(app, period, post).sentence


def _up(app: App, period: Period, post: str) -> str:
    return drafting.move(app, period, post, by=-1).sentence


def _down(app: App, period: Period, post: str) -> str:
    return drafting.move(app, period, post, by=1).sentence


def _take(app: App, period: Period, post: str) -> str:
    del period
    (taken,) = editing.decide(app, [post], decision=Decision.TAKEN)
    return f"{taken.named} is mailed as it is"


def _title_only(app: App, period: Period, post: str) -> str:
    del period
    edited = editing.edit(app, post, title=None, summary="")
    return f"{edited.named} is mailed by its title only"


BUTTONS: Mapping[str, Button] = MappingProxyType(
    {
        "include": _include,
        "skip": _skip,
        "unskip": _unskip,
        "lead": _lead,
        "up": _up,
        "down": _down,
        "take": _take,
        "title-only": _title_only,
    }
)


@dataclass(frozen=True, kw_only=True)
class IssuePostPages:
    """What is done to one post of an issue."""

    pages: IssuePages

    def router(self) -> APIRouter:
        """Join the buttons to their addresses."""
        at = "/issues/{period}/posts/{post}"
        router = APIRouter()
        router.add_api_route(f"{at}/note", self.note, methods=["POST"])
        router.add_api_route(f"{at}/edit", self.edit, methods=["POST"])
        router.add_api_route(f"{at}/{{button}}", self.press, methods=["POST"])
        return router

    def press(
        self, request: Request, visit: Editor, period: str, post: int, button: str
    ) -> Response:
        """Do what the button of this name says."""

        def do(app: App, target: Period) -> str:
            if button not in BUTTONS:
                raise UsageError(f"there is no button {button!r}")
            return _sentence(BUTTONS[button](app, target, str(post)))

        return self._do(request, visit, period, do)

    def note(self, request: Request, visit: Editor, period: str, post: int) -> Response:
        """Keep the editor's words under a post."""
        typed = {f"note-{post}": visit.field("note")}

        def keep(app: App, target: Period) -> str:
            return _sentence(drafting.note(app, target, str(post), visit.field("note")).sentence)

        return self._do(request, visit, period, keep, typed=typed)

    def edit(self, request: Request, visit: Editor, period: str, post: int) -> Response:
        """Keep other words of a post; it is fit to mail then."""
        title, summary = visit.field("title"), visit.field("summary")
        typed = {f"title-{post}": title, f"summary-{post}": summary}

        def keep(app: App, target: Period) -> str:
            del target
            editing.edit(app, str(post), title=title, summary=summary)
            return _sentence(f"{title!r} is mailed in these words")

        return self._do(request, visit, period, keep, typed=typed)

    def _do(
        self,
        request: Request,
        visit: Visit,
        period: str,
        do: Callable[[App, Period], str],
        *,
        typed: Mapping[str, str] = MappingProxyType({}),
    ) -> Response:
        return self.pages.press(request, visit, period, do, typed=typed)


def _sentence(clause: str) -> str:
    return f"{clause[:1].upper()}{clause[1:]}."
