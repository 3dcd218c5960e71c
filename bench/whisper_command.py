"""Runs the whisper-ctranslate2 command as the reference of benchmarks, with the same model and number of threads."""

import subprocess
import sys
from pathlib import Path

from bench.environment import Environment
from content_pipeline.core.settings import Settings


def transcribe(environment: Environment, recording: Path, output_format: str, *options: str) -> Path:
    """The file that the command writes for a recording in English. The model is the stack's copy of the one from the
    wheel, which its first transcription makes."""
    command = [
        str(Path(sys.executable).parent / "whisper-ctranslate2"),
        *("--model_directory", str(environment.stack.home / "cache" / "whisper-base")),
        *("--device", "cpu", "--compute_type", "int8", "--threads", str(Settings().whisper_threads("interactive"))),
        *("--language", "en", "--beam_size", "5", *options),
        *("--output_format", output_format, "--output_dir", str(environment.folder), "--verbose", "False"),
        str(recording),
    ]
    subprocess.run(command, check=True, capture_output=True)
    written = environment.folder / f"{recording.stem}.{output_format}"
    assert written.stat().st_size > 0
    return written
