"""`python -m app.embedding_model`: makes the small embedding model that the repository starts with.

It learns from app/texts.jsonl alone, in a second: word pieces, and a vector for each
of them by latent semantic analysis. To take a real one, export it with sentence-transformers
(`backend="onnx"`, then `save_pretrained`), and say `--from FOLDER`: its files are copied beside a
manifest with their sums. A model that wants prefixes, as E5 does, is given them by `--query-prefix`
and `--passage-prefix`.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from app import passages
from app.disk import replace, sha256
from app.embedding import Card, Embedding, EmbeddingError, Golden, Vectors, load

TEXTS = Path(__file__).parent / "texts.jsonl"
SPECIAL = ("[PAD]", "[UNK]")
ENDINGS = ("d", "ed", "er", "es", "ing", "ly", "r", "s")
PLAIN = (
    "a all an and any are as at be been by can did do does for from get has have how i if in is it "
    "its long may me my no not of on or our so than that the their them then there they this to "
    "take takes was we what when where which who why will with you your"
)
"""Words that say nothing of what a text is about."""
DIMENSIONS = 40
GOLDEN = "How long does it take?"


def main() -> int:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--to", type=Path, default=Path("models/embedding"))
    arguments.add_argument("--from", type=Path, dest="export", metavar="FOLDER")
    arguments.add_argument("--query-prefix", default="")
    arguments.add_argument("--passage-prefix", default="")
    given = arguments.parse_args()
    try:
        files, card = adopt(given.export) if given.export else make()
        card.query_prefix, card.passage_prefix = given.query_prefix, given.passage_prefix
        model = publish(given.to, files, card)
    except (EmbeddingError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"  embedding {given.to.as_posix()}: {model.card.name}")
    return 0


Files = dict[str, bytes]


def publish(to: Path, files: Files, card: Card) -> Embedding:
    """Tried elsewhere first; then the manifest is the last to take its place."""
    card.sha256 = {name: sha256(content) for name, content in files.items()}
    with tempfile.TemporaryDirectory() as folder:
        vector = write(Path(folder), files, card).embed([GOLDEN])[0]
    card.golden = Golden(text=GOLDEN, vector=[round(float(x), 5) for x in vector])
    to.mkdir(parents=True, exist_ok=True)
    return write(to, files, card)


def write(to: Path, files: Files, card: Card) -> Embedding:
    for name, content in files.items():
        replace(to / name, content)
    replace(to / "manifest.json", card.model_dump_json(indent=2).encode())
    return load(to)


def adopt(export: Path) -> tuple[Files, Card]:
    """Of an export: the graph may stand in onnx/, the pooling in 1_Pooling/config.json."""
    graph = next(
        (f for f in (export / "onnx/model.onnx", export / "model.onnx") if f.exists()), None
    )
    if not graph or not (export / "tokenizer.json").exists():
        raise EmbeddingError(f"{export} has no model.onnx, or no tokenizer.json")
    files = {
        "model.onnx": graph.read_bytes(),
        "tokenizer.json": (export / "tokenizer.json").read_bytes(),
    }
    card = Card(name=f"{export.resolve().name} {sha256(files['model.onnx'])[:12]}", sha256={})
    pooling = export / "1_Pooling/config.json"
    if pooling.exists() and json.loads(pooling.read_text("utf-8")).get("pooling_mode_cls_token"):
        card.pooling = "cls"
    lengths = export / "sentence_bert_config.json"
    if lengths.exists():
        card.max_tokens = json.loads(lengths.read_text("utf-8")).get("max_seq_length") or 256
    return files, card


def make() -> tuple[Files, Card]:
    """The same texts give the same bytes."""
    texts = [f"{one.title}. {one.text}" for one in passages.read(TEXTS)]
    tokenizer, ids = tokenized(texts)
    plain = {*PLAIN.split(), *SPECIAL}
    said = [piece not in plain and piece[:2] != "##" for piece in pieces_of(tokenizer)]
    graph = graph_of(analysed(ids, np.array(said)))
    files = {"model.onnx": graph, "tokenizer.json": tokenizer.to_str().encode()}
    return files, Card(name=f"pieces {sha256(graph)[:12]}", sha256={})


def tokenized(texts: list[str]) -> tuple[Tokenizer, list[list[int]]]:
    """Words of the texts are pieces; `returned` is two, as `return` is one, and so is what it never saw."""
    normal, split = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    words = {
        word for text in texts for word, _ in split.pre_tokenize_str(normal.normalize_str(text))
    }
    stems = {stem_of(word, words) for word in words}
    letters = set("".join(words))
    pieces = [*SPECIAL, *sorted(letters | stems | {f"##{end}" for end in {*ENDINGS, *letters}})]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=SPECIAL[1]))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normal, split
    return tokenizer, [one.ids for one in tokenizer.encode_batch(texts)]


def stem_of(word: str, words: set[str]) -> str:
    for end in ENDINGS:
        stem = word.removesuffix(end)
        if stem != word and stem in words and len(stem) > 2:
            return stem
    plural = word.endswith("s") and not word.endswith("ss") and len(word) > 4
    return word[:-1] if plural else word


def pieces_of(tokenizer: Tokenizer) -> list[str]:
    vocabulary = tokenizer.get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


def analysed(texts: Iterable[list[int]], said: NDArray[np.bool_]) -> Vectors:
    """A vector per piece: the strongest directions of (text, piece) counts, rare pieces weighing more.

    A piece that is in none of them, or not `said`, has a vector of zeros.
    """
    counts = np.stack([np.bincount(ids, minlength=len(said)) for ids in texts]) * said * 1.0
    rarity = np.log((1 + len(counts)) / (1 + (counts > 0).sum(axis=0)))
    weighted = np.log1p(counts) * rarity
    weighted /= np.maximum(np.linalg.norm(weighted, axis=1, keepdims=True), 1e-9)
    _, _, directions = np.linalg.svd(weighted, full_matrices=False)
    signs = np.sign(directions[np.arange(len(directions)), np.abs(directions).argmax(axis=1)])
    kept = slice(DIMENSIONS)
    vectors: Vectors = (directions * signs[:, None])[kept].T * rarity[:, None]
    return np.round(vectors, 5).astype(np.float32)


def graph_of(vectors: Vectors) -> bytes:
    """The same inputs and output as an export of a transformer."""
    ids, mask = (
        helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
        for name in ("input_ids", "attention_mask")
    )
    shape = ["texts", "tokens", vectors.shape[1]]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, shape)
    nodes = [
        helper.make_node("Gather", ["vectors", "input_ids"], ["gathered"]),
        helper.make_node("Cast", ["attention_mask"], ["counted"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["counted", "last"], ["weights"]),
        helper.make_node("Mul", ["gathered", "weights"], ["last_hidden_state"]),
    ]
    known = [
        numpy_helper.from_array(vectors, "vectors"),
        numpy_helper.from_array(np.array([-1], np.int64), "last"),
    ]
    graph = helper.make_graph(nodes, "pieces", [ids, mask], [output], known)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    return bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    sys.exit(main())
