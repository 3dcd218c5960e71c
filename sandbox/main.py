"""Entry point: `python -m uvicorn sandbox.main:app`, configured by SANDBOX_FOLDER (its state) and SANDBOX_CLOCK (a file
with the offset of its clock from real time, in seconds)."""

import os
from pathlib import Path

from sandbox.app import create_app

_clock = os.environ.get("SANDBOX_CLOCK")

app = create_app(Path(os.environ.get("SANDBOX_FOLDER", ".sandbox")), Path(_clock) if _clock else None)
