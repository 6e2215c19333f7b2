"""Refusals, in the shape of OpenAI's errors: `{"error": {message, type, param, code}}`.

`code` is for programs and stays as it is; `message` is for people.
"""

import re
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.exceptions import HTTPException

__all__ = ["ErrorMessage", "Refusal", "documented", "handle_errors"]

KINDS = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
SHOULD = "Input should be "
TYPES = ("str", "int", "float", "bool")
FIELD = re.compile("[a-z_]+")
CODES = {404: "not_found", 405: "method_not_allowed"}
REASONS = {
    400: "The request is not as described; `param` says where.",
    401: "No token, or a wrong one.",
    404: "No such model.",
    405: "Another method.",
    408: "The request was not sent in time.",
    413: "More than is taken at once.",
    421: "Called by a name that is not this server's.",
    429: "Busy; `Retry-After` says when to come again.",
    500: "The model failed.",
    503: "The server is stopping, or not ready.",
    504: "Not answered in time.",
}
"""What a status means, for the OpenAPI page."""


class ErrorDetail(BaseModel):
    """What is wrong."""

    message: str = Field(description="for people")
    type: str = Field(description="the kind of error, as OpenAI names them")
    param: str | None = Field(description="the part of the request that is wrong, if one is")
    code: str = Field(description="for programs; stays as it is")


class ErrorMessage(BaseModel):
    """An error as OpenAI's clients read it."""

    error: ErrorDetail


class Refusal(HTTPException):
    """What a request is answered when it is not done.

    Example: `Refusal(413, "too_large", "the body is over 8 MiB: send less at once.")`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, headers)
        self.code, self.param = code, param

    def response(self) -> Response:
        """As an answer."""
        kind = KINDS.get(
            self.status_code, "invalid_request_error" if self.status_code < 500 else "server_error"
        )
        detail = ErrorDetail(message=self.detail, type=kind, param=self.param, code=self.code)
        return Response(
            to_json(ErrorMessage(error=detail)),
            self.status_code,
            media_type="application/json",
            headers=self.headers,
        )


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of a route, for its description."""
    return {
        status: {"model": ErrorMessage, "description": REASONS[status]}
        for status in sorted(statuses)
    }


def handle_errors(app: FastAPI) -> None:
    """Has an app answer all errors in this shape."""
    app.exception_handler(RequestValidationError)(_wrong_shape)
    app.exception_handler(HTTPException)(_refused)


async def _refused(request: Request, error: HTTPException) -> Response:
    if not isinstance(error, Refusal):
        code = CODES.get(error.status_code, "invalid_request")
        message = _said(request, error)
        error = Refusal(error.status_code, code, message, headers=_plain(error.headers))
    return _answer(request, error)


def _answer(request: Request, refusal: Refusal) -> Response:
    """The refusal; its code is for the log too."""
    request.state.refused = refusal.code
    return refusal.response()


def _said(request: Request, error: HTTPException) -> str:
    if error.status_code == 404:
        return f"there is no {request.url.path} here; /openapi.json lists what there is."
    if error.status_code == 405:
        return f"{request.method} is not for {request.url.path}; /openapi.json tells what is."
    return str(error.detail)


def _plain(headers: Any) -> dict[str, str] | None:
    return None if headers is None else dict(headers)


async def _wrong_shape(request: Request, error: RequestValidationError) -> Response:
    """A body that is no JSON, or of another shape; what was sent is not repeated."""
    told: Sequence[dict[str, Any]] = error.errors()
    if told[0]["type"] == "json_invalid":
        message = f"the body is no JSON: {told[0]['ctx']['error']}."
        return _answer(request, Refusal(400, "invalid_json", message))
    depth = max(len(one["loc"]) for one in told)  # of several ways to be wrong, the least wrong
    nearest = [one for one in told if len(one["loc"]) == depth]
    place = _place(nearest[0]["loc"])
    ways = [one["msg"].removeprefix(SHOULD) for one in nearest if _place(one["loc"]) == place]
    said = " or ".join(dict.fromkeys(ways))
    wanted = said if said[0].isupper() else f"this should be {said}"
    message = f"{place or 'the body'}: {wanted}."
    return _answer(request, Refusal(400, "invalid_request", message, param=place))


def _place(steps: Sequence[int | str]) -> str | None:
    """Where in a body, without the names of Python's types: `input.3.text`."""
    outer, inner = steps[1:2], steps[2:]  # the first is "body"
    named = [step for step in inner if isinstance(step, int) or FIELD.fullmatch(step)]
    return ".".join(str(step) for step in (*outer, *named) if step not in TYPES) or None
