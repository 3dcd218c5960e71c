"""That no library reports how it is used."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_onnxruntime_keeps_no_id_of_the_device(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path)}
    for name in ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"):
        environment.pop(name, None)
    subprocess.run([sys.executable, "-c", "import content_pipeline, onnxruntime"], env=environment, check=True)
    assert list(tmp_path.rglob("*")) == []
