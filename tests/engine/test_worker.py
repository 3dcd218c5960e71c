"""A worker on a further host, started as the README describes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.settings import PREFIX, settings


@pytest.mark.slow
def test_a_worker_finds_its_stores_by_what_the_readme_has_exported(database: None, tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text().split("On additional hosts")[1]
    script = section.split("```sh\n")[1].split("```")[0]
    known = dict(line.split("=", 1) for line in (settings().home / "stack.env").read_text().splitlines())
    known |= {f"{PREFIX}BROKER_URL": "redis://:secret@127.0.0.1:1/0", f"{PREFIX}S3_BUCKET": settings().s3_bucket}
    script = re.sub(r"(\w+)=…", lambda setting: f"{setting[1]}='{known[setting[1]]}'", script)
    script = script.replace(".venv/bin/", f"{Path(sys.executable).parent}/").replace("cp ", f"cp {ROOT}/")
    # `report` loads the app, as `worker` does, and ends.
    script = re.sub(r"worker -Q .*", "report", script)
    reported = subprocess.run(
        ["bash", "-euc", script], cwd=tmp_path, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True
    )
    assert reported.returncode == 0, reported.stderr
    assert "transport:redis" in reported.stdout
