"""The documents of the project; those of docs/reference are written from the code."""

from typing import Final

from content_pipeline.cli.stack_config import ROOT
from docs.generators import FOLDER

DOCUMENTS: Final = sorted(
    [
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").glob("README.md"),
        *(ROOT / "examples").glob("*/README.md"),
        *(ROOT / "deploy").glob("*.md"),
        *ROOT.glob("*.md"),
    ]
)
HAND_WRITTEN: Final = [path for path in DOCUMENTS if path.parent != FOLDER]
