"""An embedding model from a folder: a text becomes a vector, and what means the same is near.

The folder holds what a sentence-transformers ONNX export holds, model.onnx and tokenizer.json, and
a manifest.json with their sums. `python -m app.embedding_model` makes one, of our own or of such an
export. Nothing is unpickled and nothing is fetched.
"""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from tokenizers import Tokenizer

from app.disk import sha256
from app.runtime import ort

Vectors = NDArray[np.float32]
"""A row per text, of length 1; of length 0 when no word of the text is known."""
MAKE = "python -m app.embedding_model"
FILES = ("model.onnx", "tokenizer.json")
BATCH = 32


class Golden(BaseModel):
    """A text and its vector on the day of making: the model in service must still give it."""

    text: str
    vector: list[float]


class Card(BaseModel):
    """manifest.json; what its maker says of a model elsewhere."""

    name: str
    sha256: dict[str, str]
    """Of each file."""
    pooling: Literal["mean", "cls"] = "mean"
    """How the vectors of the tokens become that of the text."""
    max_tokens: Annotated[int, Field(ge=1)] = 256
    """What is longer is cut."""
    query_prefix: str = ""
    passage_prefix: str = ""
    """Some models want to be told which of the two a text is, such as E5: `query: `, `passage: `."""
    golden: Golden | None = None


class EmbeddingError(Exception):
    """No model, or one that cannot be trusted; says what to do about it."""


class Embedding:
    def __init__(self, card: Card, graph: bytes, tokenizer: bytes) -> None:
        self.card = card
        self.tokenizer = Tokenizer.from_buffer(tokenizer)
        self.tokenizer.enable_truncation(card.max_tokens)
        # A row as long as its text, not as long as the export was made for.
        self.tokenizer.enable_padding()
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # requests run beside each other
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self.inputs = {one.name for one in self.session.get_inputs()}

    def embed(self, texts: list[str], prefix: str = "") -> Vectors:
        parts = range(0, len(texts), BATCH)
        found = [self.batch([prefix + text for text in texts[at : at + BATCH]]) for at in parts]
        return np.concatenate(found)

    def batch(self, texts: list[str]) -> Vectors:
        encoded = self.tokenizer.encode_batch(texts)
        mask = np.array([one.attention_mask for one in encoded], np.int64)
        given = {
            "input_ids": np.array([one.ids for one in encoded], np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        asked = {name: given[name] for name in self.inputs}
        output = self.session.run(None, asked)[0]
        return normalised(output if output.ndim == 2 else self.pooled(output, mask))

    def pooled(self, tokens: Vectors, mask: NDArray[np.int64]) -> Vectors:
        """From (texts, tokens, dimensions) to (texts, dimensions); padding does not count."""
        if self.card.pooling == "cls":
            first: Vectors = tokens[:, 0]
            return first
        weights = mask[:, :, None].astype(np.float32)
        mean: Vectors = (tokens * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1)
        return mean


def normalised(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found: Vectors = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return found


def load(folder: Path) -> Embedding:
    """Raises EmbeddingError for whatever is not as its manifest says."""
    if not (folder / "manifest.json").exists():
        raise EmbeddingError(f"There is no embedding model in {folder} yet: run `{MAKE}`.")
    try:
        card = Card.model_validate_json((folder / "manifest.json").read_bytes())
        files = {name: (folder / name).read_bytes() for name in FILES}
    except (OSError, ValueError) as error:
        raise EmbeddingError(f"{folder} cannot be read: run `{MAKE}`.") from error
    for name, content in files.items():
        if sha256(content) != card.sha256.get(name):
            raise EmbeddingError(f"{folder / name} is not the one of its manifest: run `{MAKE}`.")
    try:
        model = Embedding(card, files["model.onnx"], files["tokenizer.json"])
        tried = model.embed([card.golden.text]) if card.golden else model.embed(["a"])
    except Exception as error:  # neither library's exceptions share a base
        raise EmbeddingError(f"The model in {folder} does not load: {error}") from error
    if card.golden and not np.allclose(tried[0], card.golden.vector, atol=1e-3):
        raise EmbeddingError(f"The model in {folder} answers otherwise than it did: run `{MAKE}`.")
    return model
