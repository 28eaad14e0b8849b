"""What happens to every request, whatever its route: trace, limits, token, metrics, one log line."""

import hmac
import logging
from time import perf_counter

from fastapi import HTTPException
from fastapi.responses import Response
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import telemetry
from app.config import Config
from app.problems import problem
from app.telemetry import log

REQUESTS = Counter("http_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("http_request_seconds", "Time until the answer was sent", ["route"])
TOO_LONG = "The body is longer than {} bytes."


class Edge:
    def __init__(self, app: ASGIApp, config: Config, public: frozenset[str]) -> None:
        self.app = app
        self.config = config
        self.public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        span = telemetry.Trace(headers.get("traceparent", ""))
        reset = telemetry.current.set(span)
        answer = Answer(send, span)
        try:
            refusal = self.refusal(scope["path"], headers)
            if refusal:
                await refusal(scope, receive, answer)
            else:
                await self.app(scope, self.limited(receive), answer)
        except Exception:
            log.exception("failed")
            if not answer.status:
                await problem(500)(scope, receive, answer)
        finally:
            account(scope, answer.status, perf_counter() - span.start)
            telemetry.current.reset(reset)

    def refusal(self, path: str, headers: Headers) -> Response | None:
        token = self.config.service_token
        if token and path not in self.public:
            expected = f"Bearer {token.get_secret_value()}".encode()
            if not hmac.compare_digest(headers.get("authorization", "").encode(), expected):
                return problem(401, "SERVICE_TOKEN?", headers={"www-authenticate": "Bearer"})
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self.config.max_body:
            return problem(413, TOO_LONG.format(self.config.max_body))
        return None

    def limited(self, receive: Receive) -> Receive:
        """A body may come without its length: then it is counted."""
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.config.max_body:
                raise HTTPException(413, TOO_LONG.format(self.config.max_body))
            return message

        return counted


class Answer:
    """Passes the answer on, with its trace and the times of its steps in the headers."""

    def __init__(self, send: Send, span: telemetry.Trace) -> None:
        self.send = send
        self.span = span
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.span.lap("answer")
            headers = MutableHeaders(scope=message)
            headers["traceparent"] = self.span.traceparent()
            headers["server-timing"] = self.span.server_timing()
        await self.send(message)


def account(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "none")
    REQUESTS.labels(scope["method"], route, status).inc()
    SECONDS.labels(route).observe(seconds)
    probe = route in ("/livez", "/readyz", "/metrics")
    fields = {"method": scope["method"], "path": scope["path"], "status": status}
    fields["ms"] = round(seconds * 1000, 2)
    log.log(logging.DEBUG if probe else logging.INFO, "answered", extra={"fields": fields})
