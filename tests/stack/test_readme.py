"""The commands in the README work when pasted into a shell."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from content_pipeline.cli.stack_config import ROOT
from tests.stack.harness import Stack


def test_the_walk_through_works_when_pasted(stack: Stack, tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text().split("## Use it")[1].split("## How it works")[0]
    # Left out: the aws client, and the consent in a browser, which is given below.
    blocks = [block for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL) if "\naws " not in block]
    with stack.client("studio") as client:
        client.connect(stack.sandbox, "linkedin")
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
    assert '"request_id"' not in pasted.stdout, (
        pasted.stdout
    )  # an error response, which curl does not count as a failure
    assert [job["status"] for job in last(pasted.stdout, "batch_id")["jobs"]] == ["done"] * 6
    assert '"can_publish":true' in pasted.stdout
    assert list(tmp_path.iterdir()) == []  # nothing is left in the checkout
    item = last(pasted.stdout, "id")
    assert item["status"] == "published", item["reason"]


def last(output: str, first_field: str) -> dict[str, Any]:
    """The last JSON response that begins with this field."""
    answer: dict[str, Any]
    answer, _ = json.JSONDecoder().raw_decode(output, output.rindex(f'{{"{first_field}"'))
    return answer
