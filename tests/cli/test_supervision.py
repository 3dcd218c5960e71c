"""The configuration file, parsed by supervisord's own parser."""

import shlex
import socket
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from supervisor.options import ServerOptions

from content_pipeline.cli import supervision
from content_pipeline.cli.services import Group, Service
from content_pipeline.cli.state import State
from content_pipeline.cli.supervision import Supervisor, configuration

# All characters except those that preflight refuses or a command line cannot hold.
WORDS = st.text(
    st.characters(
        exclude_characters="%;#\"'\n\r\0\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", exclude_categories=["Cs", "Cc"]
    ),
    min_size=1,
)


def parse(*services: Service) -> list[Any]:
    """supervisord's process groups, in start order."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "logs").mkdir()
        file = home / "supervisord.conf"
        file.write_text(configuration(home, State(socket=home / "supervisor.sock"), services))
        options = ServerOptions()
        options.realize(["-n", "-c", str(file)])
        return sorted(options.process_group_configs)


def service(name: str, group: Group, *command: str) -> Service:
    return Service(name, group, list(command), ready=lambda _: True)


def test_a_supervisor_that_hangs_in_its_imports_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "CALL_SECONDS", 0.1)
    with socket.socket(socket.AF_UNIX) as listening:  # as supervisord does before its imports
        listening.bind(str(tmp_path / "s.sock"))
        listening.listen()
        with pytest.raises(supervision.GONE):
            Supervisor(State(socket=tmp_path / "s.sock")).processes()


@pytest.mark.slow
@given(st.lists(WORDS, min_size=1, max_size=4))
def test_a_command_keeps_its_arguments(words: list[str]) -> None:
    (group,) = parse(service("api", "api", *words))
    assert shlex.split(group.process_configs[0].command) == words


def test_the_supervisor_stops_the_api_first_and_the_stores_last() -> None:
    groups = parse(service("api", "api", "a"), service("postgres", "stores", "p"), service("io", "workers", "w"))
    assert [group.name for group in reversed(groups)] == ["api", "workers", "stores"]
