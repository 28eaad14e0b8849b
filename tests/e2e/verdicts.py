"""Judges the documents of verdicts.ndjson with pydantic and compares; ends with 1 when the languages disagree."""

import json
import sys
import time
from pathlib import Path

from app import contract
from pydantic import TypeAdapter, ValidationError

adapters: dict[str, TypeAdapter] = {}
disagreements = []
valid = 0
documents = [json.loads(line) for line in Path("verdicts.ndjson").read_text("utf-8").splitlines()]
for document in documents:
    name = document["name"]
    adapter = adapters.setdefault(name, TypeAdapter(getattr(contract, name)))
    try:
        adapter.validate_json(document["text"])
        verdict = True
    except ValidationError:
        verdict = False
    valid += verdict
    if verdict != document["valid"]:
        disagreements.append((name, document["text"][:300], "Node takes it" if document["valid"] else "Python takes it"))

event = next(d["text"] for d in documents if d["name"] == "ReadingEvent" and d["valid"])
adapter, loaded = adapters["ReadingEvent"], json.loads(event)


def cost(work) -> float:
    start = time.process_time()
    for _ in range(50_000):
        work()
    return (time.process_time() - start) / 50_000 * 1e6


parsing, checking = cost(lambda: json.loads(event)), cost(lambda: adapter.validate_json(event))
print(f"Python: a verdict takes {checking:.2f} µs with parsing, {checking / parsing:.2f} × json.loads")
print(f"{len(documents)} documents, {valid} valid, {len(disagreements)} disagreements")
for disagreement in disagreements[:40]:
    print(*disagreement, sep="  ")
sys.exit(1 if disagreements else 0)
