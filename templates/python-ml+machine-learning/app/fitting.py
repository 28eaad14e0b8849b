"""From examples to an ONNX graph; the same examples and seed give the same bytes."""

from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from app import features
from app.dataset import Lesson
from app.progress import bar

TREES, STEP = 120, 20


def fit(lesson: Lesson) -> bytes:
    inputs = features.inputs(lesson.known.rows)
    change = lesson.known.following - features.last(lesson.known.rows)
    forest = HistGradientBoostingRegressor(
        max_leaf_nodes=15, early_stopping=False, warm_start=True, random_state=lesson.seed
    )
    with threadpool_limits(1):  # sums in one order on any machine; faster, too, with so few columns
        for trees in [*range(STEP, TREES, STEP), TREES]:
            forest.set_params(max_iter=trees).fit(inputs, change, lesson.weights)
            bar("train", trees, TREES)
    shape = FloatTensorType([None, inputs.shape[1]])
    graph = to_onnx(forest, initial_types=[("inputs", shape)])
    return bytes(graph.SerializeToString(deterministic=True))
