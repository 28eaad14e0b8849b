"""Run in an emitted services/ml: trains its model, and keeps the scikit-learn estimator beside it for the naive rival."""

import sys

import joblib
from app import fitting, train

export = fitting.to_onnx


def keep(forest, **options):
    joblib.dump(forest, "forest.joblib")
    return export(forest, **options)


fitting.to_onnx = keep
sys.exit(train.main())
