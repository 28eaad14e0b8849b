"""Every refusal is a problem document (RFC 9457): what is wrong, where, and what to do."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.contract import Issue, Problem


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def problem(
    status: int,
    detail: str = "",
    errors: Iterable[Issue] = (),
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    body = Problem(type="about:blank", title=HTTPStatus(status).phrase, status=status)
    if detail and detail != body.title:
        body.detail = detail
    if issues := list(errors):
        body.errors = issues
    return ProblemResponse(body.model_dump(), status, headers)


def refusal(error: Exception) -> ProblemResponse | None:
    """None for what nobody meant: that is a fault of ours."""
    if isinstance(error, HTTPException):
        return problem(error.status_code, error.detail, headers=error.headers)
    if isinstance(error, RequestValidationError):
        issues = list(map(issue, error.errors()))
        return problem(422, "The request does not keep to the contract.", issues)
    return None


async def refused(request: Request, error: Exception) -> ProblemResponse:
    return refusal(error) or problem(500)


def issue(wrong: Mapping[str, Any]) -> Issue:
    """A place in the body is a JSON pointer; what stands elsewhere is named by its parameter."""
    kind, *path = wrong["loc"]
    if wrong["type"] == "json_invalid":
        return Issue(path="", message=f"Not JSON: {wrong['ctx']['error']}")
    pointer = "".join(f"/{part}" for part in path)
    return Issue(path=pointer if kind == "body" else f"{kind}{pointer}", message=wrong["msg"])


def install(app: FastAPI) -> None:
    app.add_exception_handler(Exception, refused)  # the edge logs it
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, refused)
