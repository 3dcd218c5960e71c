"""Log of the API."""

import subprocess
import sys

import pytest

# This runs in a process of its own, because what the API configures stays configured.
CHILD = """
from api import logs
from content_pipeline.core.media.fonts import FontSet
logs.configure()
print(len(FontSet(["Hello"], "en").fonts), "fonts")
"""


@pytest.mark.slow
def test_the_fonts_of_an_ass_file_are_cut_without_a_line() -> None:
    child = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=True)
    assert (child.stdout, child.stderr) == ("1 fonts\n", "")
