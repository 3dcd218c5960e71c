"""`python -m uvicorn sandbox.main:app`, configured by SANDBOX_FOLDER (what it remembers) and SANDBOX_CLOCK (the file
with the seconds by which its clock differs from the real one)."""

import os
from pathlib import Path

from sandbox.app import create_app

_clock = os.environ.get("SANDBOX_CLOCK")

app = create_app(Path(os.environ.get("SANDBOX_FOLDER", ".sandbox")), Path(_clock) if _clock else None)
