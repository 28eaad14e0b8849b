"""What the clients of app/client.py are built upon: one call of another service's operation."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Mapping

from pydantic import TypeAdapter

from app.contract import Problem
from app.operations import operations
from app.telemetry import current

JSON = "application/json"


class RefusedError(Exception):
    """The other service said no; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.model_dump().get("detail", problem.title))
        self.problem = problem


class Caller:
    def __init__(self, base: str, token: str = "", timeout: float = 5) -> None:
        self.base = base.rstrip("/")
        self.token = token
        self.timeout = timeout
        """In seconds."""

    async def call(
        self,
        operation_id: str,
        body: object = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> bytes:
        """The answer's body. Raises RefusedError, or OSError when there is no answer."""
        method, path = operations()[operation_id]
        sent = {name: value for name, value in (headers or {}).items() if value is not None}
        if self.token:
            sent["authorization"] = f"Bearer {self.token}"
        if trace := current.get():
            sent["traceparent"] = trace.traceparent()
        content = None if body is None else TypeAdapter(type(body)).dump_json(body)
        request = urllib.request.Request(  # noqa: S310 (the base comes from our own settings)
            self.base + path, content, sent | {"content-type": JSON}, method=method
        )
        return await asyncio.to_thread(self.ask, request)

    def ask(self, request: urllib.request.Request) -> bytes:
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:  # noqa: S310
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as error:
            raise RefusedError(problem(error.code, error.read())) from error


def problem(status: int, content: bytes) -> Problem:
    """Whatever stands between us and the other service may answer in a form of its own."""
    try:
        return Problem.model_validate(json.loads(content))
    except ValueError:
        return Problem(type="about:blank", title=f"It answered {status}.", status=status)
