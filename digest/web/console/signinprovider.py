"""The pages by which somebody signs in over the operators' identity provider."""

import logging
import re
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from digest import signin
from digest.accounts.oidc.attempt import Attempt
from digest.accounts.oidc.errors import ProviderError
from digest.accounts.oidc.pending import Pending
from digest.accounts.oidc.provider import Provider, Reply
from digest.accounts.tries import TooManyTriesError
from digest.signin import SignInError
from digest.web.console.cookies import is_local_name
from digest.web.console.frame import BASE
from digest.web.console.signin import Sent, SignInPages, text_of

log = logging.getLogger(__name__)

_START, _BACK, _CODE = "/sign-in/provider", "/sign-in/provider/back", "/sign-in/provider/code"
_ATTEMPT, _PENDING = "oidc", "oidc-code"  # cookies
_UNAVAILABLE, _UNAUTHORIZED = 503, 401
_DOWN = (
    "Your organisation's sign-in cannot be asked just now. Nothing is wrong with your account: try"
    " again in a minute."
)
_FOREIGN = (
    "this way of signing in was begun in another browser, more than ten minutes ago, or was gone"
    " already; begin again"
)
_WORD = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, kw_only=True)
class SignInProviderPages:
    """The way to the provider, the way back, and the code of a second factor in between."""

    pages: SignInPages
    provider: Provider

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route(_START, self.start, methods=["GET"])
        router.add_api_route(_BACK, self.back, methods=["GET"])
        router.add_api_route(_CODE, self.code, methods=["POST"])
        return router

    def start(self, request: Request, next: str = "") -> Response:  # noqa: A002 - the word in the address
        """Lead to the provider; a link, as a form of ours may lead nowhere else (our policy)."""
        try:
            attempt, address = signin.begin_by_provider(
                self.pages.frame.app,
                self.provider,
                after=next,
                redirect_uri=_address_of(request, self.pages),
                browser=self.pages.browser(request),
            )
        except (TooManyTriesError, ProviderError) as error:
            return self._refused(request, error)
        answer = RedirectResponse(address, status_code=303)
        # The way back comes from another site.
        self.pages.gate.cookies.set(request, answer, _ATTEMPT, attempt.kept, over_links=True)
        return answer

    def back(
        self, request: Request, state: str = "", code: str = "", iss: str = "", error: str = ""
    ) -> Response:
        """Take what the provider sent back with the browser; an attempt is answered once."""
        app, cookies = self.pages.frame.app, self.pages.gate.cookies
        attempt = Attempt(kept=cookies.get(request, _ATTEMPT), keyring=app.keyring)
        if not attempt.is_answered_by(state, now=app.clock.now()):
            return self._refused(request, SignInError(_FOREIGN))
        reply = Reply(code=code, redirect_uri=_address_of(request, self.pages), issuer=iss)
        answer = self._answer(request, attempt, reply, error=error)
        cookies.drop(request, answer, _ATTEMPT)
        return answer

    def code(self, request: Request, form: Sent) -> Response:
        """Begin the session of somebody who has shown their second factor too."""
        self.pages.gate.check_form(request, form)
        app, cookies = self.pages.frame.app, self.pages.gate.cookies
        kept = cookies.get(request, _PENDING)
        pending = Pending.opened(kept, keyring=app.keyring, now=app.clock.now())
        if pending is None:
            return self._refused(request, SignInError(_FOREIGN))
        try:
            token = signin.finish_by_code(
                app,
                pending.account_id,
                text_of(form, "code"),
                browser=self.pages.browser(request),
            )
        except SignInError as error:
            return self._ask_for_code(request, error)
        except TooManyTriesError as error:
            return self._refused(request, error)
        answer = self.pages.enter(request, token, after=pending.after)
        cookies.drop(request, answer, _PENDING)
        return answer

    def _answer(self, request: Request, attempt: Attempt, reply: Reply, *, error: str) -> Response:
        if error:
            word = error if _WORD.fullmatch(error) else "an error"
            log.warning("the identity provider sent somebody back with %s", word)
            return self._refused(request, SignInError(signin.VOUCHED_FOR_NOBODY))
        app, browser = self.pages.frame.app, self.pages.browser(request)
        try:
            found = signin.sign_in_by_provider(
                app, self.provider, reply, attempt=attempt, browser=browser
            )
        except (SignInError, TooManyTriesError, ProviderError) as refusal:
            return self._refused(request, refusal)
        if isinstance(found, str):
            return self.pages.enter(request, found, after=attempt.after)
        pending = Pending(account_id=found.id, after=attempt.after)
        answer = self._ask_for_code(request)
        sealed = pending.sealed(app.keyring, now=app.clock.now())
        self.pages.gate.cookies.set(request, answer, _PENDING, sealed)
        return answer

    def _ask_for_code(self, request: Request, error: SignInError | None = None) -> Response:
        return self.pages.frame.page(
            request,
            "sign-in-code.html.j2",
            here="",
            title="Sign in",
            status=200 if error is None else _UNAUTHORIZED,
            problem=f"{error}." if error else None,
        )

    def _refused(
        self, request: Request, error: SignInError | TooManyTriesError | ProviderError
    ) -> Response:
        if isinstance(error, ProviderError):
            return self.pages.page(request, status=_UNAVAILABLE, problem=_DOWN)
        return self.pages.refused(request, error)


def _address_of(request: Request, pages: SignInPages) -> str:
    """Return where the provider sends the browser back to: where it is (the doorway checks that).

    It has to be registered there, so the provider leads nowhere else.
    """
    host = request.headers["host"]
    is_secure = pages.gate.cookies.is_https and not is_local_name(host)
    return f"{'https' if is_secure else 'http'}://{host}{BASE}{_BACK}"
