"""MLServer: the runtime that model-settings.json names."""

import os

import numpy as np
from mlserver import MLModel
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput

import raw


class Scoring(MLModel):
    async def load(self) -> bool:
        self.session = raw.load(os.environ["MODEL_FOLDER"])
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        given = payload.inputs[0]
        rows = np.array(given.data.root, np.float32).reshape(given.shape)
        values = raw.score(self.session, rows).tolist()
        output = ResponseOutput(name="value", shape=[len(values)], datatype="FP32", data=values)
        return InferenceResponse(model_name=self.name, outputs=[output])
