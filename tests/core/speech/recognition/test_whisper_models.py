"""Installation and verification of Whisper models."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from content_pipeline.core.errors import Unavailable
from content_pipeline.core.speech.recognition import whisper_models

pytestmark = pytest.mark.slow

BASE_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
FIND = "from content_pipeline.core.speech.recognition.whisper_models import model_folder; print(model_folder('base'))"


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def test_the_base_model_comes_whole_out_of_its_wheels() -> None:
    folder = whisper_models.model_folder("base")
    assert _sha256(folder / "model.bin") == BASE_SHA256
    assert {"config.json", "tokenizer.json", "vocabulary.txt"} <= {path.name for path in folder.iterdir()}
    assert not list(folder.glob("*.aside"))


def test_a_damaged_model_is_made_anew() -> None:
    model = whisper_models.model_folder("base") / "model.bin"
    with model.open("r+b") as stream:
        stream.seek(100_000_000)
        stream.write(b"damage")
    assert _sha256(model) != BASE_SHA256
    whisper_models.model_folder("base")
    assert _sha256(model) == BASE_SHA256


def test_processes_that_start_together_get_one_model() -> None:
    model = whisper_models.model_folder("base") / "model.bin"
    model.unlink()
    processes = [subprocess.Popen([sys.executable, "-c", FIND], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    found = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert found == {str(model.parent)}
    assert _sha256(model) == BASE_SHA256


def test_a_model_may_be_a_folder(tmp_path: Path) -> None:
    assert whisper_models.model_folder(str(tmp_path)) == tmp_path


@pytest.mark.parametrize("name", ["large-v3", "nobody/has-this-one", "not a name", "/nowhere/model"])
def test_a_model_that_is_not_here_is_named_and_not_downloaded(name: str) -> None:
    with pytest.raises(Unavailable) as raised:
        whisper_models.model_folder(name)
    assert raised.value.code == "model_missing"
    assert not raised.value.retryable
