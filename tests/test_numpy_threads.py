"""That numpy computes in the thread that calls it, in each of our programs."""

import json
import os
import subprocess
import sys

import pytest

TOLD = """
import json, {program}, numpy
from threadpoolctl import threadpool_info
print(json.dumps([pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "program", ["api.main", "content_pipeline.engine", "content_pipeline.core.twins.embedding_worker"]
)
def test_numpy_has_no_threads_of_its_own(program: str) -> None:
    variables = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, "-c", TOLD.format(program=program)]
    threads = json.loads(subprocess.run(command, env=variables, check=True, capture_output=True).stdout)
    assert threads
    assert set(threads) == {1}
