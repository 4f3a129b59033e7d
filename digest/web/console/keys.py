"""The page of the keys with which programs use the JSON interface."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digest import people
from digest.app import App
from digest.errors import UsageError
from digest.web.console.frame import Frame
from digest.web.console.gate import Admin
from subscribers.errors import SubscriberError
from subscribers.keys import Scope

_LIST = "/settings/keys"
MEANINGS = {
    Scope.SIGNUP: "ask for a subscription, which its owner confirms by mail",
    Scope.READ: "see subscribers",
    Scope.WRITE: "add, change and unsubscribe them",
    Scope.ERASE: "erase them",
    Scope.EXPORT: "export all of them",
}


@dataclass(frozen=True, kw_only=True)
class KeyPages:
    """The list of keys, and how one is made and revoked."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route(_LIST, self.show, methods=["GET"])
        router.add_api_route(_LIST, self.add, methods=["POST"])
        router.add_api_route(f"{_LIST}/revoke", self.revoke, methods=["POST"])
        return router

    def show(self, request: Request, visit: Admin) -> Response:
        """List the keys."""
        return self._page(request, visit.app)

    def add(self, request: Request, visit: Admin) -> Response:
        """Make a key and show it, once."""
        name, wanted = visit.field("name"), visit.fields("scope")
        try:
            key = people.add_key(visit.app, name, scopes=_chosen(wanted))
        except (UsageError, SubscriberError) as error:
            return self._page(
                request, visit.app, error=error, typed={"name": name, "scopes": wanted}
            )
        return self._page(request, visit.app, key=key, key_of=name)

    def revoke(self, request: Request, visit: Admin) -> Response:
        """Let a key open nothing any more."""
        name = visit.field("name")
        try:
            people.revoke_key(visit.app, name)
        except SubscriberError as error:
            return self._page(request, visit.app, error=error)
        return self.frame.back(request, _LIST, said=f"The key {name} opens nothing any more.")

    def _page(
        self, request: Request, app: App, *, error: Exception | None = None, **values: Any
    ) -> Response:
        shown: dict[str, Any] = {
            "here": "settings",
            "title": "API keys",
            "tab": "keys",
            "keys": people.all_keys(app),
            "scopes": MEANINGS,
            "typed": {"name": "", "scopes": []},
            **values,
        }
        if error is not None:
            return self.frame.refused(request, error, template="keys.html.j2", **shown)
        return self.frame.page(request, "keys.html.j2", **shown)


def _chosen(words: list[str]) -> list[Scope]:
    scopes = [scope for scope in Scope if scope in words]
    if not scopes:
        raise UsageError("choose what the key may be used for")
    return scopes
