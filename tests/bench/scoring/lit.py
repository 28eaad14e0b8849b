"""LitServe, one worker."""

import os
import sys

import litserve
import numpy as np

import raw


class Scoring(litserve.LitAPI):
    def setup(self, device):
        self.session = raw.load(os.environ["MODEL_FOLDER"])

    def decode_request(self, request):
        return np.array([list(request.values())], np.float32)

    def predict(self, rows):
        return raw.score(self.session, rows)

    def encode_response(self, values):
        return {"value": float(values[0])}


if __name__ == "__main__":
    server = litserve.LitServer(Scoring(api_path="/score"), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, num_api_servers=1, log_level="warning", access_log=False)
