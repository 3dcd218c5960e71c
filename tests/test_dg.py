"""Dagster's command `dg` finds the project by `[tool.dg]` of pyproject.toml."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.definitions import definitions

pytestmark = pytest.mark.slow


def dg(home: Path, *arguments: str) -> str:
    """`dagster.yaml` of this folder is that of the stack: `dg` takes it for its own instance unless it has another."""
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    command = [sys.executable, str(Path(sys.executable).with_name("dg")), *arguments]
    environment = {**os.environ, "DAGSTER_HOME": str(home)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_dg_checks_the_definitions(tmp_path: Path) -> None:
    assert "All definitions loaded successfully." in dg(tmp_path, "check", "defs")


@pytest.mark.nightly
def test_dg_lists_all_that_dagster_runs(tmp_path: Path) -> None:
    listed = json.loads(dg(tmp_path, "list", "defs", "--json"))
    assert {asset["asset_key"] for asset in listed["assets"]} >= {"captions", "reel_video", "publication"}
    assert {sensor["name"] for sensor in listed["sensors"]} == {sensor.name for sensor in definitions.sensors or []}
