"""The texts that are searched, by their meaning. Topics come from them, too: like goes with like."""

import json
from pathlib import Path

import numpy as np

from app.contract_ai import Hit, OtherTopic, Passage, Topic
from app.embedding import Embedding, EmbeddingError, Vectors, load
from app.telemetry import log

NEAREST = 3
"""So many of a topic's passages say how near a text is to it."""
FLOOR = 0.2
"""A text that is less like every topic has none."""


class Passages:
    def __init__(self, embedding: Embedding, passages: list[Passage]) -> None:
        self.embedding = embedding
        self.passages = passages
        texts = [f"{one.title}. {one.text}" for one in passages]
        self.vectors = embedding.embed(texts, embedding.card.passage_prefix)
        topics = np.array([one.topic for one in passages])
        self.topics = {str(topic): self.vectors[topics == topic] for topic in np.unique(topics)}

    def asked(self, texts: list[str]) -> Vectors:
        return self.embedding.embed(texts, self.embedding.card.query_prefix)

    def search(self, query: str, limit: int) -> list[Hit]:
        (vector,) = self.asked([query])
        if not vector.any():
            return []
        similarities = self.vectors @ vector
        best = np.argsort(-similarities, kind="stable")[:limit]
        return [Hit(passage=self.passages[i], similarity=cosine(similarities[i])) for i in best]

    def classify(self, texts: list[str]) -> list[Topic]:
        return [self.topic(vector) for vector in self.asked(texts)]

    def topic(self, vector: Vectors) -> Topic:
        near = {
            topic: cosine(np.sort(vectors @ vector)[-NEAREST:].mean())
            for topic, vectors in self.topics.items()
        }
        ranked = sorted(near.items(), key=lambda one: -one[1])
        best, similarity = ranked[0]
        known = similarity >= FLOOR
        others = [OtherTopic(topic=name, similarity=value) for name, value in ranked[known:]]
        return Topic(topic=best if known else None, similarity=similarity, others=others)


def cosine(value: np.floating) -> float:
    """Rounding may lead beyond 1."""
    return round(min(1.0, max(-1.0, float(value))), 4)


def read(file: Path) -> list[Passage]:
    lines = file.read_text("utf-8").splitlines()
    return [Passage.model_validate(json.loads(line)) for line in lines if line.strip()]


class Library:
    """Holds the passages in service. While there is no model it looks again, so making one mends it."""

    def __init__(self, model: Path, texts: Path) -> None:
        self.model = model
        self.texts = texts
        self.passages: Passages | None = None
        self.reason = ""

    def get(self) -> Passages:
        """Raises EmbeddingError. May take seconds, once."""
        if not self.passages:
            embedding = load(self.model)
            try:
                self.passages = Passages(embedding, read(self.texts))
            except (OSError, ValueError) as error:
                raise EmbeddingError(f"{self.texts} cannot be read: {error}") from error
            log.info("embedding in service", extra={"fields": {"embedding": embedding.card.name}})
        return self.passages

    def ready(self) -> bool:
        try:
            self.get()
        except EmbeddingError as error:
            if self.reason != str(error):
                log.warning("not ready: %s", error)
            self.reason = str(error)
            return False
        return True
