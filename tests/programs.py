"""What only tests need, such as system programs. Without it a test is skipped locally, and fails in CI."""

import os
import shutil
from typing import NoReturn

import pytest


def need(program: str, *, also_in: str = "") -> str:
    """The path of a program; `leave_out` if it is missing."""
    found = shutil.which(program, path=os.pathsep.join([also_in, os.environ.get("PATH", os.defpath)]))
    if found is None:
        leave_out(f"needs {program}, which only tests do")
    return found


def leave_out(reason: str) -> NoReturn:
    """Skip the test. In CI, where everything is to be there, fail it."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
