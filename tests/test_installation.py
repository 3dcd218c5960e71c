"""`make install` with an interpreter that is not one of those that the product runs on."""

import subprocess
from pathlib import Path
from shutil import copy

import pytest

from content_pipeline.cli.stack_config import ROOT

# Runs what `-c` names as another version would, and makes no environment.
INTERPRETER = """#!/bin/sh
[ "$1" = -c ] || {{ echo "it makes an environment" >&2; exit 9; }}
exec python3 -c 'import sys; sys.version_info = {version}; exec(sys.argv[1])' "$2"
"""


def install(folder: Path, *version: int) -> subprocess.CompletedProcess[str]:
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        copy(ROOT / name, folder)
    interpreter = folder / "other-python"
    interpreter.write_text(INTERPRETER.format(version=version))
    interpreter.chmod(0o755)
    command = ["make", "install", f"PYTHON={interpreter}"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 14, 0)])
def test_a_python_that_it_does_not_run_on_is_told_and_nothing_is_installed(
    tmp_path: Path, version: tuple[int, ...]
) -> None:
    done = install(tmp_path, *version)
    assert done.returncode == 2
    sentence, remedy = "It takes Python 3.11 to 3.13, which", "as in `make install PYTHON=python3.13`."
    assert sentence in done.stderr
    assert remedy in done.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.slow
@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 9)])
def test_a_python_that_it_runs_on_makes_the_environment(tmp_path: Path, version: tuple[int, ...]) -> None:
    assert "it makes an environment" in install(tmp_path, *version).stderr
