"""Search and topics, with the model that the repository makes itself."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app import embedding_model
from app.contract_ai import Hits, Topics
from app.embedding import FILES, Card, EmbeddingError, load
from app.main import create_app
from app.operations import operations
from app.passages import read

SEARCH, CLASSIFY, ANSWER = (operations()[name].path for name in ("search", "classify", "answer"))
# None of these stands in the texts.
ASKED = {
    "I want to cancel what I ordered yesterday": "orders",
    "where do I see the number of my order": "orders",
    "is this item in stock again soon": "orders",
    "my parcel has not arrived yet": "delivery",
    "what does shipping cost": "delivery",
    "nobody was at home when the driver came": "delivery",
    "my card was declined, what can I do": "payment",
    "do you take a voucher": "payment",
    "can I pay in instalments": "payment",
    "when do I get my money back after a return": "returns",
    "the lamp is broken after a year, is there a warranty": "returns",
    "I need a bigger size, can I exchange it": "returns",
    "I forgot my password": "account",
    "my login is locked": "account",
    "close my account please": "account",
    "please delete my personal data": "privacy",
    "unsubscribe from the newsletter": "privacy",
    "which cookies do you set": "privacy",
}
ENOUGH = 16
"""Of 18; three would be luck."""


@pytest.fixture
def client(environ: dict[str, str]) -> TestClient:
    return TestClient(create_app(environ))


@pytest.fixture
def folder(environ: dict[str, str], tmp_path: Path) -> Path:
    """A model of one's own to spoil."""
    made = Path(environ["MODELS"]) / "embedding"
    return shutil.copytree(made, tmp_path / "embedding")


def test_topics_are_right_for_questions_that_were_never_seen(client: TestClient) -> None:
    answer = client.post(CLASSIFY, json={"texts": list(ASKED)})
    topics = Topics.model_validate_json(answer.content).topics
    right = [found.topic == topic for found, topic in zip(topics, ASKED.values(), strict=True)]
    assert sum(right) >= ENOUGH


def test_finds_passages_by_meaning_the_nearest_first(client: TestClient) -> None:
    right = 0
    for query, topic in ASKED.items():
        answer = client.post(SEARCH, json={"query": query, "limit": 3})
        hits = Hits.model_validate_json(answer.content).hits
        near = [hit.similarity for hit in hits]
        assert near == sorted(near, reverse=True)
        assert len(near) == 3
        right += hits[0].passage.topic == topic
    assert right >= ENOUGH


def test_a_text_without_a_known_word_is_like_nothing(client: TestClient) -> None:
    assert client.post(SEARCH, json={"query": "🙂🙂"}).json()["hits"] == []
    (topic,) = client.post(CLASSIFY, json={"texts": ["xqzj"]}).json()["topics"]
    assert (topic["topic"], topic["similarity"]) == (None, 0)


def test_without_a_language_model_the_nearest_passage_is_quoted(client: TestClient) -> None:
    answer = client.post(ANSWER, json={"question": "I forgot my password"})
    first, *texts, last = (
        json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")
    )
    passage = first["sources"][0]["passage"]
    assert passage["title"] == "Forgotten password"
    assert "".join(part["text"] for part in texts) == passage["text"]
    assert (last["type"], last["by"], last["tokens"]) == ("done", "passages", 0)


def test_the_same_texts_make_the_same_model() -> None:
    assert embedding_model.make()[0] == embedding_model.make()[0]


def test_texts_in_one_batch_do_not_touch_each_other(folder: Path) -> None:
    model = load(folder)
    texts = [passage.text for passage in read(embedding_model.TEXTS)] + ["short", "🙂"]
    alone = np.concatenate([model.embed([text]) for text in texts])
    assert np.allclose(model.embed(texts), alone, atol=1e-5)
    lengths = np.linalg.norm(alone, axis=1)
    assert np.all(np.isclose(lengths, 1, atol=1e-5) | (lengths == 0))


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_or_foreign_model_is_refused(folder: Path, name: str) -> None:
    file = folder / name
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(EmbeddingError, match="not the one of its manifest"):
        load(folder)
    file.unlink()
    with pytest.raises(EmbeddingError, match="cannot be read"):
        load(folder)


def test_a_model_that_answers_otherwise_is_refused(folder: Path) -> None:
    manifest = folder / "manifest.json"
    card = Card.model_validate_json(manifest.read_bytes())
    assert card.golden
    card.golden.vector[0] += 0.1
    manifest.write_text(card.model_dump_json())
    with pytest.raises(EmbeddingError, match="answers otherwise"):
        load(folder)


def test_is_not_ready_without_a_model_and_mends_itself(
    environ: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    client = TestClient(create_app(environ | {"MODELS": str(models)}))
    assert client.get("/readyz").json()["checks"]["embedding"] == "unavailable"
    refused = client.post(SEARCH, json={"query": "refund"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    shutil.copytree(folder, models / "embedding")
    assert client.post(SEARCH, json={"query": "refund"}).status_code == 200


def test_takes_an_export_as_sentence_transformers_writes_it(folder: Path, tmp_path: Path) -> None:
    export = tmp_path / "export"
    (export / "onnx").mkdir(parents=True)
    (export / "1_Pooling").mkdir()
    shutil.copy(folder / "model.onnx", export / "onnx")
    shutil.copy(folder / "tokenizer.json", export)
    (export / "1_Pooling/config.json").write_text('{"pooling_mode_cls_token": true}')
    (export / "sentence_bert_config.json").write_text('{"max_seq_length": 8}')
    files, card = embedding_model.adopt(export)
    model = embedding_model.publish(tmp_path / "adopted", files, card)
    assert (model.card.pooling, model.card.max_tokens) == ("cls", 8)
    first = model.embed(["refund"])[0]
    assert np.allclose(model.embed(["refund for a parcel"])[0], first), (
        "only the first token counts"
    )
    (export / "tokenizer.json").unlink()
    with pytest.raises(EmbeddingError, match=r"no tokenizer\.json"):
        embedding_model.adopt(export)


def test_no_more_are_let_in_than_there_are_places(environ: dict[str, str]) -> None:
    client = TestClient(create_app(environ | {"AI_WAITING": "1"}))
    with client.app.state.desk:  # type: ignore[attr-defined]
        refused = client.post(SEARCH, json={"query": "refund"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert client.post(SEARCH, json={"query": "refund"}).status_code == 200
