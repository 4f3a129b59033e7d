"""Errors of the JSON interface, as problem documents (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from digest.web.guard import protect
from subscribers.errors import SubscriberError, SuppressedError, UnknownSubscriberError

MEDIA_TYPE = "application/problem+json"

_STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (UnknownSubscriberError, 404),
    (SuppressedError, 409),
    (SubscriberError, 422),
)


class Wrong(BaseModel):
    """One part of a request that cannot be taken."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """What went wrong: ``title`` is the same for every case, ``detail`` says what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Wrong] = []


class ProblemError(Exception):
    """A request that is answered with a problem document."""

    def __init__(
        self, status: int, detail: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


def answer(
    status: int,
    detail: str,
    *,
    errors: Sequence[Wrong] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem document; it never repeats what was sent."""
    problem = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors)
    )
    return JSONResponse(
        problem.model_dump(exclude_defaults=not errors) | {"type": problem.type},
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def answer_with_problems(api: FastAPI) -> None:
    """Let every error of an application be answered with a problem document."""

    def problem(_request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)  # noqa: S101 - it is registered for no other
        return answer(error.status, error.detail, headers=error.headers)

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for no other
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(sorted(_methods(api, request)))
        return answer(error.status_code, str(error.detail), headers=headers)

    def of_people(_request: Request, error: Exception) -> Response:
        status = next(status for kind, status in _STATUSES if isinstance(error, kind))
        return answer(status, str(error))

    def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
        wrong = [_wrong(one) for one in error.errors()]
        return answer(422, "a part of the request cannot be taken", errors=wrong)

    def failed(_request: Request, error: Exception) -> Response:
        del error  # the server logs it
        failure = answer(500, "something failed on our side; try again in a few minutes")
        protect(MutableHeaders(raw=failure.raw_headers))  # it comes from outside the guard
        return failure

    api.add_exception_handler(ProblemError, problem)
    api.add_exception_handler(HTTPException, refused)
    api.add_exception_handler(SubscriberError, of_people)
    api.add_exception_handler(RequestValidationError, invalid)
    api.add_exception_handler(Exception, failed)


def _methods(api: FastAPI, request: Request) -> set[str]:
    """Return what the asked resource takes by our document, as a 405 has to say (RFC 9110)."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    paths = api.openapi()["paths"].items()
    return {
        method.upper()
        for template, methods in paths
        if compile_path(template)[0].match(path)
        for method in methods
    }


def _wrong(error: Mapping[str, Any]) -> Wrong:
    """Name the place as a JSON pointer (RFC 6901); what stands there is not repeated."""
    _where, *path = error["loc"]
    return Wrong(pointer="".join(f"/{part}" for part in path), detail=str(error["msg"]))
