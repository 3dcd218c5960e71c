"""Environments with programs that only the tests of deploy/ need: some are too large for everybody's."""

import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path

from content_pipeline.cli.services import services_of
from content_pipeline.cli.stack_config import StackConfig, choose_ports
from content_pipeline.cli.state import State, UserSettings
from tests.programs import leave_out

# Options whose value depends on where a part runs.
_OF_THE_PLACE = ("-h", "--host", "-p", "--port", "-n", "-c")


def install(folder: Path, *packages: str) -> Path:
    """The folder of programs of a new environment with these packages."""
    venv.create(folder)
    programs = folder / "bin"
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(programs / "python"), *packages]
    installed = subprocess.run(command, capture_output=True, text=True)
    if installed.returncode:
        leave_out(f"needs {', '.join(packages)}: {installed.stderr}")
    return programs


def embedded_commands(home: Path) -> dict[str, list[str]]:
    """What `content-pipeline up` executes for each part, as `arguments` has it."""
    state = State.load_or_make(home)
    state.ports = choose_ports(UserSettings(), {})
    services = services_of(StackConfig(home, UserSettings(), state))
    return {service.name: arguments(service.command[2:]) for service in services if service.command[1] == "-m"}


def arguments(command: Sequence[str]) -> list[str]:
    """A command without what depends on the place."""
    return list(_without_place(iter(command)))


def _without_place(words: Iterator[str]) -> Iterator[str]:
    for word in words:
        if word in _OF_THE_PLACE:
            next(words)
        else:
            yield word
