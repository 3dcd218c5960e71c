"""Sentence embeddings."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.errors import Unavailable
from content_pipeline.core.twins import embedding_model, embeddings
from content_pipeline.core.twins.embeddings import embed
from tests.polling import until_ended

pytestmark = pytest.mark.slow

APART = "import sys, api.main; from content_pipeline.core.twins.embeddings import embed; embed('it is needed now')"


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
    assert (vector.shape, vector.dtype) == ((384,), np.float32)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)


def test_what_comes_after_the_last_token_that_counts_changes_nothing() -> None:
    start = "one two three four " * 64
    np.testing.assert_array_equal(embed(start), embed(start + "and then a volcano erupted"))


def test_threads_get_the_vectors_of_their_own_texts() -> None:
    texts = [f"{word} {number}" for number in range(10) for word in ("bread", "a happy dog", "the weather of today")]
    with ThreadPoolExecutor(8) as pool:
        np.testing.assert_array_equal(list(pool.map(embed, texts)), [embed(text) for text in texts])


def test_they_are_computed_in_a_process_that_leaves_the_cpu_to_others() -> None:
    embed("a text")
    assert [process.nice() for process in _processes()] == [min(psutil.Process().nice() + 5, 19)]


def test_a_process_that_has_ended_is_started_again() -> None:
    vector = embed("a text")
    (process,) = _processes()
    process.kill()
    until_ended(process)
    np.testing.assert_array_equal(embed("a text"), vector)


def test_a_process_that_cannot_start_is_told_until_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings.close()
    with monkeypatch.context() as broken:
        broken.setattr(embeddings, "PROGRAM", "content_pipeline.core.speech.recognition.no_such_program")
        for _ in range(2):
            with pytest.raises(Unavailable) as raised:
                embed("a text")
            assert (raised.value.code, raised.value.retryable) == ("embedding_failed", True)
    assert embed("a text").any()


def test_a_process_without_texts_ends() -> None:
    program = "from content_pipeline.core.twins import embedding_worker as p; p.IDLE_SECONDS = 0; p.main()"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, cwd=ROOT)
    with process:
        assert process.wait(60) == 0


def test_a_process_ends_with_the_one_that_started_it() -> None:
    program = f"{APART}; import psutil; print(psutil.Process().children()[0].pid, flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        assert client.stdout
        process = psutil.Process(int(client.stdout.readline()))
        client.kill()
    until_ended(process)


def _processes() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if embeddings.PROGRAM in child.cmdline()]


def test_a_damaged_model_is_told(tmp_path: Path) -> None:
    damaged = tmp_path / "model.safetensors"
    damaged.write_bytes(b"\0" * 100)
    with pytest.raises(Unavailable) as raised:
        embedding_model.read_weights(damaged)
    assert (raised.value.code, raised.value.retryable) == ("model_damaged", False)


def test_the_api_itself_never_loads_the_model_and_nobody_torch() -> None:
    program = f"{APART}; sys.exit(bool({{'tokenizers', 'scipy', 'torch'}} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
    assert "torch" not in (ROOT / "requirements.lock").read_text()
