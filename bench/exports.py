"""Peak memory of analytics exports, by row count and format."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

from bench.figures import Figure, Reference, Target
from tests.stack.harness import Stack

FEW: Final = 50_000
MANY: Final = 1_000_000
FORMATS: Final = ("csv", "json", "parquet")

# Writes an export in a process of its own, and prints its rows, its seconds, and the most memory that it had in kB.
_CHILD: Final = """
import sys, time
from pathlib import Path
from uuid import UUID
from content_pipeline.core.analytics import export_files, export_rows
from content_pipeline.core.analytics.figures import Selection
workspace, rows, format, target = sys.argv[1:]
query = export_rows.select_rows(Selection(UUID(workspace), 366), "post").limit(int(rows))
began = time.monotonic()
_, written = export_files.write(query, format, Path(target), lambda _: None)
print(written, time.monotonic() - began, Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


def measure(stack: Stack, folder: Path, workspace_id: UUID, *, many: int = MANY) -> Iterator[Figure]:
    """Of the days of posts of a workspace, which has at least `many`."""
    for format in FORMATS:
        (_, few_memory), (seconds, memory) = (
            _export(stack, folder, workspace_id, rows, format) for rows in (FEW, many)
        )
        what = f"export of {many:,} rows as {format}"
        yield Figure(
            f"{what}, peak memory", memory, "MB", Reference(f"of {FEW:,} rows", few_memory), Target(1.3, of="ratio")
        )
        yield Figure(what, seconds, "s")


def _export(stack: Stack, folder: Path, workspace_id: UUID, rows: int, format: str) -> tuple[float, float]:
    """Write an export. Returns its seconds and megabytes."""
    target = folder / f"export.{format}"
    command = [sys.executable, "-c", _CHILD, str(workspace_id), str(rows), format, str(target)]
    done = subprocess.run(
        command, env={**os.environ, **stack.configuration}, capture_output=True, text=True, check=True
    )
    target.unlink()
    written, seconds, kilobytes = done.stdout.split()
    assert int(written) == rows, written
    return float(seconds), int(kilobytes) / 1000
