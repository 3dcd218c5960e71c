"""Results: the newest of each benchmark, kept in a file for the page `docs/reference/performance.md`."""

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import psutil
from pydantic import TypeAdapter

from bench.figures import Figure

RESULTS: Final = Path("bench-results.json")
# In percent. At 6 %, the 99th percentile of reads with nobody else was between 9 and 69 ms (noisy-neighbor).
NOTABLE_STOLEN: Final = 1.0


@dataclass(frozen=True)
class Result:
    """Figures of one benchmark. `load`: of the machine over the minute before the stack was started.

    `stolen`: the percentage of CPU time that the host of a virtual machine withheld meanwhile.
    """

    measured_on: date
    machine: str
    load: float
    quick: bool
    figures: Sequence[Figure]
    stolen: float = 0.0


_FILE: Final = TypeAdapter(dict[str, Result])


def load() -> dict[str, Result]:
    """By the name of the benchmark."""
    return _FILE.validate_json(RESULTS.read_bytes()) if RESULTS.exists() else {}


def save(name: str, result: Result) -> None:
    """Keep a benchmark's result in place of its earlier one."""
    RESULTS.write_bytes(_FILE.dump_json(load() | {name: result}, indent=2) + b"\n")


def machine() -> str:
    """The machine that figures are measured on."""
    model = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    cores = f"{os.cpu_count()} cores{f' of {model[1]}' if model else ''}"
    memory = f"{psutil.virtual_memory().total / 1e9:.0f} GB"
    return f"{cores}, {memory}, Python {platform.python_version()}, {platform.system()}"
