""".env.example against the settings."""

import re
from pathlib import Path

import pytest

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import PREFIX, Settings

EXAMPLE = (ROOT / ".env.example").read_text()
MODELS = [Settings, *(spec.app_settings for spec in PLATFORMS.values())]


def test_the_example_lists_every_user_setting() -> None:
    listed = set(re.findall(rf"^#?{PREFIX}([A-Z0-9_]+)=", EXAMPLE, re.MULTILINE))
    assert listed == {name.upper() for model in MODELS for name in model.model_fields} - {"LANE", "EMBEDDED"}


def test_every_line_of_the_example_can_be_uncommented_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(EXAMPLE.replace(f"#{PREFIX}", PREFIX))
    monkeypatch.chdir(tmp_path)
    assert Settings().slots_media == 4
    for model in MODELS:
        model()
