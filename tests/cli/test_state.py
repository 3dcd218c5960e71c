"""The state folder of a stack: ports, secrets and lock."""

import stat
from pathlib import Path

import pytest

from content_pipeline.cli import state
from content_pipeline.cli.state import State
from content_pipeline.core.errors import Conflict


def test_ports_and_secrets_are_saved_with_mode_0600(tmp_path: Path) -> None:
    made = State.load_or_make(tmp_path)
    made.ports = {"code": 12345}
    made.save(tmp_path)
    assert State.load_or_make(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "stack.json").stat().st_mode) == 0o600


def test_the_socket_path_is_short_in_a_deep_home(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["folder"] * 30)
    assert len(str(State.load_or_make(deep).socket)) <= 90


def test_a_home_can_be_locked_once(tmp_path: Path) -> None:
    with state.lock(tmp_path), pytest.raises(Conflict), state.lock(tmp_path):
        pass
    with state.lock(tmp_path):
        pass
