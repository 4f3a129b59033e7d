"""The gate of the console: who asks, what they may do, and whether they meant it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Protocol
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import FormData

from digest.accounts.roles import Role
from digest.accounts.seals import Seals
from digest.app import App
from digest.errors import DigestError
from digest.web.console.cookies import Cookies

SESSION = "session"
FORM = "console form"  # the use of the mark that forms carry
DOOR = "door"  # ties the forms of a browser without a session to this browser
_SAFE = frozenset({"GET", "HEAD"})
_OWN_SITE = frozenset({"same-origin", "none"})


class SignInNeededError(DigestError):
    """Nobody is signed in, or no longer."""


class ForbiddenError(DigestError):
    """The account's role is not enough for this."""


class ForgedError(DigestError):
    """The request does not come from a form of ours."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who is signed in.

    ``id`` is the account's and ``session`` the session's; both are 0 where no account is needed.
    """

    name: str
    role: Role
    id: int = 0
    session: int = 0

    def may(self, role: str) -> bool:
        """Whether they may do what needs this role."""
        return self.role.reaches(Role(role))


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request that was let in: who asks, the parts acting in their name, what was sent.

    ``form`` is empty for a GET. Its values are text, or files of a multipart form.
    """

    person: Person
    app: App
    form: FormData

    def field(self, name: str) -> str:
        """Return a field's text without the space around it; nothing where it was not sent."""
        return next(iter(self.fields(name)), "").strip()

    def fields(self, name: str) -> list[str]:
        """Return every value that was sent for a field, as a database can keep it."""
        values = self.form.getlist(name)
        return [value.replace("\0", "\ufffd") for value in values if isinstance(value, str)]

    def may(self, role: str) -> bool:
        """Whether this account may do what needs the role."""
        return self.person.may(role)


class Reception(Protocol):
    """Knows people by what their browser keeps."""

    def person(self, request: Request, token: str) -> Person | None:
        """Return whose session this is; None where it has ended or never was."""
        ...


class Gate:
    """Lets people in; one for each console."""

    def __init__(self, app: App, *, reception: Reception, cookies: Cookies) -> None:
        self.cookies = cookies
        self._app = app
        self._reception = reception
        self._seals = Seals(keyring=app.keyring, use=FORM)

    def person(self, request: Request) -> Person | None:
        """Return who asks, once for each request; None for somebody who is not signed in."""
        state = request.state
        if not hasattr(state, "person"):
            token = self.cookies.get(request, SESSION)
            state.person = self._reception.person(request, token)
        found: Person | None = state.person
        return found

    def visit(self, request: Request, *, form: FormData, person: Person) -> Visit:
        """Let a request in that this person sent, or raise `ForgedError`."""
        if request.method not in _SAFE:
            self.check_form(request, form)
        return Visit(person=person, app=self._app.acting_for(person.name), form=form)

    def check_form(self, request: Request, form: FormData) -> None:
        """Refuse what was sent by another site, and a form that was not written for this browser.

        Raises `ForgedError`.
        """
        refuse_foreign(request)
        mark = form.get("csrf")
        kept = self._kept(request)
        if not kept or not isinstance(mark, str) or not self._seals.fits(mark, kept):
            raise ForgedError(
                "this form was written before you signed in or out, or not for this browser:"
                " nothing was done; open the page again and repeat it there"
            )

    def csrf(self, request: Request) -> str:
        """Return the mark that this browser's forms carry."""
        return self._seals.seal(self._kept(request) or self.new_door(request))

    def new_door(self, request: Request) -> str:
        """Return what a browser without a session has to keep, made once for each request."""
        if not hasattr(request.state, "door"):
            request.state.door = secrets.token_urlsafe(16)
        door: str = request.state.door
        return door

    def _kept(self, request: Request) -> str:
        return self.cookies.get(request, SESSION) or self.cookies.get(request, DOOR)


def gate_of(request: Request) -> Gate:
    """Return the gate of the console that answers."""
    gate: Gate = request.app.state.gate
    return gate


def refuse_foreign(request: Request) -> None:
    """Refuse a request that another site made a browser send; raises `ForgedError`.

    Browsers say in Sec-Fetch-Site who made them ask; those that do not, name the origin.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin", "")
    is_own = site in _OWN_SITE if site else urlsplit(origin).netloc == request.headers.get("host")
    if not is_own:
        raise ForgedError(
            "this was sent by another site, or by a browser that does not say where from:"
            " nothing was done; use the button on the console's own page"
        )


def needs(role: str) -> Callable[..., Visit]:
    """Return what FastAPI asks before a page that needs this role is answered.

    Who is not signed in is refused before a body is read.
    """
    needed = Role(role)

    def known(request: Request) -> Person:
        person = gate_of(request).person(request)
        if person is None:
            raise SignInNeededError("sign in first")
        if not person.role.reaches(needed):
            raise ForbiddenError(
                f"this needs the role {needed}, and {person.name} is {person.role}:"
                " nothing was done; somebody who is admin can change that under Settings"
            )
        return person

    def let_in(
        request: Request,
        person: Annotated[Person, Depends(known)],
        form: Annotated[FormData, Depends(sent)],
    ) -> Visit:
        return gate_of(request).visit(request, form=form, person=person)

    return let_in


async def sent(request: Request) -> FormData:
    """Return what the form holds, files included; read once, however often it is asked for."""
    return FormData() if request.method in _SAFE else await request.form()


Viewer = Annotated[Visit, Depends(needs("viewer"))]
Editor = Annotated[Visit, Depends(needs("editor"))]
Publisher = Annotated[Visit, Depends(needs("publisher"))]
Admin = Annotated[Visit, Depends(needs("admin"))]
