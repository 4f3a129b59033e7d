"""The pages by which somebody signs in to the console, and out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from digest import signin, staff
from digest.accounts.passwords import Passwords
from digest.accounts.tries import TooManyTriesError
from digest.signin import Browser, Proof, SignInError
from digest.web.console.frame import BASE, Frame
from digest.web.console.gate import SESSION, Gate, Viewer, sent
from digest.web.peers import peer_of

_TITLE = "Sign in"
_UNAUTHORIZED, _TOO_MANY = 401, 429
Sent = Annotated[FormData, Depends(sent)]


@dataclass(frozen=True, kw_only=True)
class SignInPages:
    """The form, the link that stands in for it once, and the way out."""

    frame: Frame
    gate: Gate
    passwords: Passwords

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route("/sign-in", self.form, methods=["GET"])
        router.add_api_route("/sign-in", self.sign_in, methods=["POST"])
        router.add_api_route("/sign-out", self.sign_out, methods=["POST"])
        router.add_api_route("/link/{token}", self.link, methods=["GET"])
        router.add_api_route("/link/{token}", self.use_link, methods=["POST"])
        return router

    def form(self, request: Request, next: str = "") -> Response:  # noqa: A002 - the word in the address
        """Show the form."""
        return self.page(request, next=next)

    def sign_in(self, request: Request, form: Sent) -> Response:
        """Begin a session, and go where somebody was going."""
        self.gate.check_form(request, form)
        proof = Proof(
            name=text_of(form, "name"),
            password=text_of(form, "password"),
            code=text_of(form, "code"),
        )
        after = text_of(form, "next")
        try:
            token = signin.sign_in(
                self.frame.app,
                proof,
                browser=self.browser(request),
                passwords=self.passwords,
            )
        except (SignInError, TooManyTriesError) as error:
            return self.refused(request, error, name=proof.name, next=after)
        return self.enter(request, token, after=after)

    def sign_out(self, request: Request, visit: Viewer) -> Response:
        """End the session."""
        person = visit.person
        signin.sign_out(visit.app, account_id=person.id, session_id=person.session)
        answer = self.frame.back(request, "/sign-in", said="You are signed out.")
        self.gate.cookies.drop(request, answer, SESSION)
        return answer

    def link(self, request: Request, token: str) -> Response:
        """Show the button: what opens links by itself must not use it up."""
        return self.frame.page(request, "link.html.j2", here="", title=_TITLE, token=token)

    def use_link(self, request: Request, token: str, form: Sent) -> Response:
        """Begin a session by a link."""
        self.gate.check_form(request, form)
        try:
            started = signin.use_link(self.frame.app, token, browser=self.browser(request))
        except (SignInError, TooManyTriesError) as error:
            return self.refused(request, error)
        return self.enter(request, started, after=f"{BASE}/settings/me")

    def needed(self, request: Request, error: Exception) -> Response:
        """Answer whoever is not signed in: with the form, which leads on to where they were going.

        A link from another site comes without the cookie (SameSite=Strict). So such a request is
        first made once more, by this site itself.
        """
        if request.method != "GET":
            return self.frame.refused(request, error, title="You are signed out")
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if request.headers.get("sec-fetch-site") == "cross-site":
            return self.frame.page(request, "again.html.j2", here="", title=_TITLE, path=path)
        return RedirectResponse(f"{BASE}/sign-in?next={quote(path)}", status_code=303)

    def enter(self, request: Request, token: str, *, after: str) -> Response:
        """Give the browser its session, and lead on; to a page of the console only."""
        answer = RedirectResponse(_own(after), status_code=303)
        self.gate.cookies.set(request, answer, SESSION, token)
        return answer

    def page(self, request: Request, *, status: int = 200, **values: Any) -> Response:
        """Show the form, with ``problem`` and what was typed."""
        app = self.frame.app
        shown: dict[str, Any] = {
            "name": "",
            "next": "",
            "nobody": not staff.everybody(app),
            "oidc": app.config.console.oidc,
            **values,
        }
        return self.frame.page(
            request,
            "sign-in.html.j2",
            here="",
            title=_TITLE,
            status=status,
            **shown,
        )

    def refused(
        self, request: Request, error: SignInError | TooManyTriesError, **values: Any
    ) -> Response:
        """Show the form again, and why nobody is signed in."""
        if isinstance(error, TooManyTriesError):
            problem = f"{_sentence(error)} The next try counts from {self._local(error.free_at)}."
            return self.page(request, status=_TOO_MANY, problem=problem, **values)
        return self.page(request, status=_UNAUTHORIZED, problem=_sentence(error), **values)

    def _local(self, moment: datetime) -> str:
        return self.frame.app.local(moment)

    def browser(self, request: Request) -> Browser:
        """Return where a request comes from."""
        trusted = self.frame.app.config.web.trusted_proxies
        return Browser(
            ip=peer_of(request, trusted=trusted) or "",
            agent=request.headers.get("user-agent", ""),
        )


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def text_of(form: FormData, name: str) -> str:
    """Return what was typed into a field."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _own(path: str) -> str:
    """Return a path of the console, and Today for whatever else somebody put into a link."""
    is_own = path.startswith(f"{BASE}/") and "\\" not in path and path.isprintable()
    return path if is_own else f"{BASE}/"
