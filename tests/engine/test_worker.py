"""A worker on a further host, started as the guide describes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.settings import PREFIX, settings

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("database")]

# Executes a run whose message has come twice.
DUPLICATE = """
import signal
from content_pipeline.engine import idle, worker
from content_pipeline.engine.worker import Begin, leases

def begin(run_id, worker):
    print("begins, idle timer:", signal.getitimer(signal.ITIMER_REAL)[0])
    return Begin.DUPLICATE

leases.begin = begin
idle.begin()
worker.execute_run.run("a run")
print("waits, idle timer is on:", signal.getitimer(signal.ITIMER_REAL)[0] > 0)
signal.setitimer(signal.ITIMER_REAL, 0)  # on a busy machine it ended the interpreter while that was ending by itself
"""


def start_on_another_host(folder: Path, *command: str) -> str:
    """The output of `command` where the guide starts a worker, with the settings that it exports."""
    section = (ROOT / "docs/guides/many-hosts.md").read_text().split("## Workers on other hosts")[1]
    script = section.split("```sh\n")[1].split("```")[0]
    known = dict(line.split("=", 1) for line in (settings().home / "stack.env").read_text().splitlines())
    known |= {f"{PREFIX}BROKER_URL": "redis://:secret@127.0.0.1:1/0", f"{PREFIX}S3_BUCKET": settings().s3_bucket}
    script = re.sub(r"(\w+)=…", lambda setting: f"{setting[1]}='{known[setting[1]]}'", script)
    script, replaced = re.subn(r"\.venv/bin/celery .* worker -Q .*", r'"$@"', script.replace("cp ", f"cp {ROOT}/"))
    assert replaced == 1, "The guide starts a worker otherwise."
    started = subprocess.run(
        ["bash", "-euc", script, "bash", *command],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert started.returncode == 0, started.stderr
    return started.stdout


def test_a_worker_finds_its_stores_by_what_the_guide_has_exported(tmp_path: Path) -> None:
    celery = Path(sys.executable).with_name("celery")
    # `report` loads the app, as `worker` does, and ends.
    reported = start_on_another_host(tmp_path, str(celery), "-A", "content_pipeline.engine.worker", "report")
    assert "transport:redis" in reported


def test_no_idle_timer_fires_while_a_run_is_begun(tmp_path: Path) -> None:
    """It closed the connections that were being taken, and Celery's message of the run was lost for a minute."""
    told = start_on_another_host(tmp_path, sys.executable, "-c", DUPLICATE)
    assert told.splitlines() == ["begins, idle timer: 0.0", "waits, idle timer is on: True"]
