"""What happens to every request, whatever its route: trace, limits, token, metrics, one log line."""

import hmac
import logging
from collections.abc import Mapping
from time import perf_counter

from fastapi import HTTPException
from fastapi.responses import Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import telemetry
from app.config import Config
from app.operations import Hot
from app.problems import problem, refusal
from app.tally import Tally, Times
from app.telemetry import log

REQUESTS = Tally("http_requests", "Requests answered", ("method", "route", "status"))
SECONDS = Times("http_request_seconds", "Time until the answer was sent", "route")
PROBES = ("/livez", "/readyz", "/metrics")
TOO_LONG = "The body is longer than {} bytes."
Headers = dict[bytes, bytes]


class Edge:
    def __init__(
        self, app: ASGIApp, config: Config, public: frozenset[str], hot: Mapping[str, Hot]
    ) -> None:
        self.app = app
        self.max_body = config.max_body
        self.public = public
        self.hot = hot
        token = config.service_token
        self.expected = f"Bearer {token.get_secret_value()}".encode() if token else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers: Headers = dict(scope["headers"])
        span = telemetry.Trace(headers.get(b"traceparent", b"").decode("latin-1"))
        reset = telemetry.current.set(span)
        answer = Answer(send, span)
        hot = self.hot.get(scope["path"])
        try:
            refused = self.refused(scope["path"], headers, hot)
            if refused:
                await refused(scope, receive, answer)
            elif hot and (hot.endless or b"content-length" in headers):
                await hot(scope, receive, answer)
            else:
                await (hot or self.app)(scope, self.limited(receive), answer)
        except ClientDisconnect:
            answer.status = answer.status or 499  # nobody hears it; the log and figures tell it
        except Exception as error:
            meant = refusal(error)
            if not meant:
                log.exception("failed")
            if not answer.status:
                await (meant or problem(500))(scope, receive, answer)
        finally:
            route = scope["path"] if hot else getattr(scope.get("route"), "path", "none")
            account(scope, route, answer.status, perf_counter() - span.start)
            telemetry.current.reset(reset)

    def refused(self, path: str, headers: Headers, hot: Hot | None) -> Response | None:
        if self.expected and path not in self.public:
            given = headers.get(b"authorization", b"")
            if not hmac.compare_digest(given, self.expected):
                return problem(401, "SERVICE_TOKEN?", headers={"www-authenticate": "Bearer"})
        length = headers.get(b"content-length", b"0")
        too_long = length.isdigit() and int(length) > self.max_body
        if too_long and not (hot and hot.endless):
            return problem(413, TOO_LONG.format(self.max_body))
        return None

    def limited(self, receive: Receive) -> Receive:
        """A body may come without its length: then it is counted."""
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.max_body:
                raise HTTPException(413, TOO_LONG.format(self.max_body))
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
            message["headers"] = [
                *message.get("headers", ()),
                (b"traceparent", self.span.traceparent().encode()),
                (b"server-timing", self.span.timing.encode()),
            ]
        await self.send(message)


def account(scope: Scope, route: str, status: int, seconds: float) -> None:
    method = scope["method"]
    REQUESTS.add(1, method, route, status)
    SECONDS.add(seconds, route)
    level = logging.DEBUG if route in PROBES else logging.INFO
    telemetry.answered(level, method, scope["path"], status, seconds)
