"""The commands in the README and in docs/first-post.md work when pasted into a shell."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from content_pipeline.cli.stack_config import ROOT
from tests.connect_page import filled_in
from tests.stack.harness import Stack


def test_the_walk_through_works_when_pasted(stack: Stack, tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text().split("## Use it")[1].split("## How it works")[0]
    # Left out: the aws client, and the consent in a browser, which is given here.
    blocks = [block for block in shell_blocks(section) if "\naws " not in block]
    with stack.client("studio") as client:
        client.connect(stack.sandbox, "linkedin")
    pasted = paste(stack, blocks, tmp_path)
    assert "Dashwood" in pasted
    assert [job["status"] for job in last(pasted, "batch_id")["jobs"]] == ["done"] * 6
    assert '"can_publish":true' in pasted
    assert list(tmp_path.iterdir()) == []  # nothing is left in the checkout
    item = last(pasted, "id")
    assert item["status"] == "published", item["reason"]


def test_the_first_post_is_out_when_its_page_is_pasted(stack: Stack, tmp_path: Path) -> None:
    blocks = shell_blocks((ROOT / "docs" / "first-post.md").read_text())[1:]  # the first one installs and starts
    with stack.client("first") as client:
        client.connect(stack.sandbox, "instagram")  # by the consent in a browser
    pasted = paste(stack, blocks, tmp_path)
    assert pasted.splitlines()[-1] == "published"
    assert "@mara.bakes is connected" in consented(stack, pasted).text
    assert '"can_publish":true' in pasted
    assert list(tmp_path.iterdir()) == []


def shell_blocks(text: str) -> list[str]:
    found: list[str] = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return found


def paste(stack: Stack, blocks: list[str], folder: Path) -> str:
    """What the commands print in a shell of this folder, against this stack."""
    script = "\n".join(blocks).replace("http://127.0.0.1:8000", stack.url)
    script = script.replace(".venv/bin/", f"{Path(sys.executable).parent}/").replace("examples/", f"{ROOT}/examples/")
    pasted = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **stack.env},
        capture_output=True,
        text=True,
    )
    assert pasted.returncode == 0, pasted.stderr
    # An error response, which curl does not count as a failure.
    assert '"request_id"' not in pasted.stdout, pasted.stdout
    return pasted.stdout


def consented(stack: Stack, output: str) -> httpx.Response:
    """The page at which the browser ends that opens the printed address, and consents at the platform and at ours."""
    printed = re.search(r"^http\S+[?&]state=\S+$", output, re.MULTILINE)
    assert printed, output
    back = stack.sandbox.decide(printed[0])
    form = filled_in(httpx.get(back, timeout=60))
    return httpx.post(back.copy_with(query=None), data=form, timeout=60, follow_redirects=True)


def last(output: str, first_field: str) -> dict[str, Any]:
    """The last JSON response that begins with this field."""
    answer: dict[str, Any]
    answer, _ = json.JSONDecoder().raw_decode(output, output.rindex(f'{{"{first_field}"'))
    return answer
