"""What the README tells people to type works when it is pasted."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from content_pipeline.cli.plan import ROOT
from tests.stack.harness import Stack


def test_the_walk_through_works_when_pasted(stack: Stack, tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text().split("## Use it")[1].split("## How it works")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    script = "\n".join(blocks).replace("http://127.0.0.1:8000", stack.url)
    script = script.replace(".venv/bin/", f"{Path(sys.executable).parent}/").replace("examples/", f"{ROOT}/examples/")
    pasted = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**os.environ, **stack.env},
        capture_output=True,
        text=True,
    )
    assert pasted.returncode == 0, pasted.stderr
    assert "Dashwood" in pasted.stdout
    batch, _ = json.JSONDecoder().raw_decode(pasted.stdout, pasted.stdout.rindex('{"batch_id"'))
    assert [job["status"] for job in batch["jobs"]] == ["done"] * 6
