"""The commands in the README and in the guides work when pasted into a shell."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from content_pipeline.cli.stack_config import ROOT
from tests.connect_page import filled_in
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack

# In an order in which each has what it needs of the ones before.
GUIDES: Final = ("first-post", "captions", "reels", "avatars", "running", "publishing")


@pytest.mark.sample
def test_the_readme_leads_from_a_script_to_a_post(stack: Stack, tmp_path: Path) -> None:
    with stack.client("demo") as client:  # what `make demo` leaves
        client.create_twin()
        client.connect(stack.sandbox, "instagram")
        pasted = paste(stack, requests(ROOT / "README.md"), tmp_path)
        item = last(pasted, "id")["id"]
        ended = until(lambda: ended_item(client, item), seconds=120, what="the post of the README")
    assert ended["status"] == "published", ended["reason"]


def test_the_guides_work_when_pasted_one_after_the_other(stack: Stack, tmp_path: Path) -> None:
    with stack.client("first") as client:
        client.connect(stack.sandbox, "instagram")  # by the consent in a browser
    blocks = [block for guide in GUIDES for block in requests(ROOT / "docs" / "guides" / f"{guide}.md")]
    pasted = paste(stack, blocks, tmp_path)
    assert "published" in pasted.splitlines()
    assert "@mara.bakes is connected" in consented(stack, pasted).text
    assert '"can_publish":true' in pasted
    assert "Dashwood" in pasted
    assert [job["status"] for job in last(pasted, "batch_id")["jobs"]] == ["done"] * 6
    item = last(pasted, "id")
    assert item["status"] == "published", item["reason"]
    assert list(tmp_path.iterdir()) == []  # nothing is left in the checkout


def ended_item(client: Client, item: str) -> dict[str, Any] | None:
    """The item of the calendar, once it is published or has failed."""
    found = client.get(f"/content/calendar/{item}")
    return found if found["status"] in ("published", "failed") else None


def requests(document: Path) -> list[str]:
    """The blocks of commands that send something to the API. Others install, or set what a host needs."""
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", document.read_text(), re.DOTALL)
    return [block for block in blocks if re.search(r"\bAPI\b", block)]


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
