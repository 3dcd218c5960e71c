"""What `content-pipeline doctor` finds of installed packages: a file that is missing or damaged is told."""

from importlib.metadata import FileHash, PackageNotFoundError, PackagePath
from pathlib import Path
from types import SimpleNamespace

import pytest

from content_pipeline.cli import doctor_installed
from content_pipeline.core.errors import Unavailable

# Of "abc".
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
    assert raised.value.remedy == "Reinstall font-manrope (remove .venv, then `make install`)."
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
