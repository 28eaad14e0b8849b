"""Is it alive, is it ready, how does it do."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.contract import Health
from app.operations import serve

PUBLIC = True
router = APIRouter(tags=["health"])


@serve(router, "isAlive")
async def is_alive() -> Health:
    return Health(status="ok")


@serve(router, "isReady")
async def is_ready(request: Request, response: Response) -> Health:
    failed = {name for name, check in request.app.state.checks.items() if not check()}
    checks = {n: "unavailable" if n in failed else "ok" for n in request.app.state.checks}
    if failed:
        response.status_code = 503
        response.headers["retry-after"] = "5"
    return Health.model_validate({"status": "unavailable" if failed else "ok", "checks": checks})


@serve(router, "readMetrics")
async def read_metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
