"""The raw model in process: what it answers to the rows of the load, and what a row costs."""

import itertools
import json
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort

LAST, MEAN = 2, 3
BATCH = 1000


def load(folder):
    version = (Path(folder) / "models/current").read_text().strip()
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(Path(folder) / "models" / version / "model.onnx", options)


def inputs(rows):
    return np.stack([rows[:, 0], rows[:, 1], rows[:, LAST] - rows[:, MEAN], rows[:, 4]], axis=1)


def score(session, rows):
    (change,) = session.run(None, {"inputs": inputs(rows)})
    return rows[:, LAST] + change[:, 0]


def cost(work, seconds=1.0):
    """Of one call, in seconds of the clock and of CPU."""
    work()
    count, start, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - start < seconds:
        work()
        count += 1
    return [(time.perf_counter() - start) / count, (time.process_time() - cpu) / count]


def main():
    rows = np.array(json.load(sys.stdin), np.float32)
    session = load(sys.argv[1])
    batches = itertools.cycle(rows.reshape(-1, BATCH, rows.shape[1]))
    told = {
        "values": score(session, rows).tolist(),
        "one": cost(lambda: score(session, rows[:1])),
        "thousand": cost(lambda: score(session, next(batches))),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
