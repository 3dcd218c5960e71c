"""Sentence embeddings."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.errors import Unavailable
from content_pipeline.core.providers import embeddings
from content_pipeline.core.providers.embeddings import DIMENSIONS, embed

pytestmark = pytest.mark.slow

APART = """
import sys, api.main
assert "tokenizers" not in sys.modules
from content_pipeline.core.providers.embeddings import embed
embed("now it is needed")
assert "tokenizers" in sys.modules and "torch" not in sys.modules
"""


# Reference similarities from the model card and the sentence-transformers documentation.
@pytest.mark.parametrize(
    ("first", "second", "cosine"),
    [
        ("That is a happy person", "That is a very happy person", 0.943),
        ("That is a happy person", "That is a happy dog", 0.695),
        ("That is a happy person", "Today is a sunny day", 0.257),
        ("The weather is lovely today.", "It's so sunny outside!", 0.6660),
        ("The weather is lovely today.", "He drove to the stadium.", 0.1046),
        ("It's so sunny outside!", "He drove to the stadium.", 0.1411),
    ],
)
def test_sentences_are_as_alike_as_the_published_model_finds_them(first: str, second: str, cosine: float) -> None:
    assert float(embed(first) @ embed(second)) == pytest.approx(cosine, abs=6e-4)


@pytest.mark.parametrize("text", ["", "x", "今日はいい天気です。", "🎬🎬", "word " * 2000])
def test_any_text_has_a_vector_of_length_one(text: str) -> None:
    vector = embed(text)
    assert (vector.shape, vector.dtype) == ((DIMENSIONS,), np.float32)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)


def test_what_comes_after_the_last_token_that_counts_changes_nothing() -> None:
    start = "one two three four " * 64
    np.testing.assert_array_equal(embed(start), embed(start + "and then a volcano erupted"))


def test_they_leave_the_cpu_to_the_threads_that_answer_requests() -> None:
    embed("a text")
    computing = [thread for thread in threading.enumerate() if thread.name.startswith("embeddings")]
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert computing
    assert all(os.getpriority(os.PRIO_PROCESS, thread.native_id or 0) >= min(own + 5, 19) for thread in computing)


def test_a_damaged_model_is_told(tmp_path: Path) -> None:
    damaged = tmp_path / "model.safetensors"
    damaged.write_bytes(b"\0" * 100)
    with pytest.raises(Unavailable) as raised:
        embeddings.read_weights(damaged)
    assert (raised.value.code, raised.value.retryable) == ("model_damaged", False)


def test_the_api_loads_the_model_when_it_is_used_and_torch_never() -> None:
    subprocess.run([sys.executable, "-c", APART], cwd=ROOT, check=True)
    assert "torch" not in (ROOT / "requirements.lock").read_text()
