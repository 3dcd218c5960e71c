"""Finds system programs that only tests need."""

import os
import shutil

import pytest


def need(program: str, *, also_in: str = "") -> str:
    """The path of a program. If it is missing, the test is skipped locally and fails in CI."""
    if found := shutil.which(program, path=os.pathsep.join([also_in, os.environ.get("PATH", os.defpath)])):
        return found
    if os.environ.get("CI"):
        pytest.fail(f"{program} is missing, which .ci/run should have installed")
    pytest.skip(f"needs {program}, which only tests do")
