"""Files of the package that are opened by their paths. In a checkout, most are links to those at its top."""

from importlib.resources import files
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(str(files("content_pipeline.cli") / "package_data"))

# Of Dagster: its instance, and where it finds the code.
INSTANCE: Final = _FOLDER / "dagster.yaml"
WORKSPACE: Final = _FOLDER / "workspace.yaml"
# What the demo works on.
CLIP: Final = _FOLDER / "sense-and-sensibility.flac"
SCRIPTS: Final = _FOLDER / "reels.csv"


def lock(group: str) -> Path:
    """The locked packages of `models` or `voices`, the dependency groups in pyproject.toml."""
    return _FOLDER / f"{group}.lock"
