"""How the model in service does: as figures for Prometheus, as JSON, and as the page at /watch/."""

from functools import partial
from pathlib import Path
from weakref import ReferenceType, ref

from fastapi import FastAPI, Request
from prometheus_client import Gauge

from app.contract import Drift, Latency, Outcomes, Shadow, Watch
from app.features import NAMES
from app.operations import serve
from app.routes.docs import serve_files
from app.store import Store

PUBLIC = True
TOLD = (*NAMES, "score")
DRIFT = Gauge("drift_psi", "Of the last rows, against the data that was learned from", ["of"])
router = serve_files(Path(__file__).parent.parent / "watch_page", "/watch/")


def prepare(app: FastAPI) -> None:
    """Reckoned when somebody scrapes; NaN while there is nothing to tell."""
    known = ref(app.state.store)
    for name in TOLD:
        DRIFT.labels(name).set_function(partial(figure, known, name))


def figure(known: ReferenceType[Store], name: str) -> float:
    store = known()
    drift = drift_of(store, name) if store else None
    return float("nan") if drift is None else drift


def drift_of(store: Store, name: str) -> float | None:
    return store.ring.drift(store.model.manifest, name) if store.model else None


@serve(router, "watchModel")
async def watch_model(request: Request) -> Watch:
    store: Store = request.app.state.store
    ring, shadow = store.ring, store.shadow
    drifts = [(name, drift_of(store, name)) for name in TOLD]
    watch = Watch(
        model=store.model.version if store.model else None,
        rows=ring.seen,
        window=ring.window(),
        drift=[Drift(name=name, psi=round(psi, 4)) for name, psi in drifts if psi is not None],
        latency=Latency(p50=ring.latency(0.5), p99=ring.latency(0.99)),
        outcomes=Outcomes(count=ring.outcomes, error=ring.error / max(ring.outcomes, 1)),
        loadsRefused=store.refused,
    )
    if shadow:
        watch.shadow = Shadow(
            model=shadow.model.version,
            rows=shadow.rows,
            difference=shadow.sum / max(shadow.rows, 1),
            largest=shadow.largest,
            skipped=shadow.skipped,
        )
    return watch
