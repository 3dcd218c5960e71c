"""Programs that only tests need, and that come from the system."""

import os
import shutil

import pytest


def need(program: str, *, also_in: str = "") -> str:
    """The path of a program. Without it the test is skipped on a user's machine, and fails where CI is to have it."""
    if found := shutil.which(program, path=os.pathsep.join([also_in, os.environ.get("PATH", os.defpath)])):
        return found
    if os.environ.get("CI"):
        pytest.fail(f"{program} is missing, and .ci/run is to install it")
    pytest.skip(f"needs {program}, which only tests do")
