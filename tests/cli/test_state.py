import stat
from pathlib import Path

import pytest

from content_pipeline.cli import state
from content_pipeline.cli.state import State
from content_pipeline.core.errors import Conflict


def test_ports_and_secrets_are_remembered_for_the_owner_only(tmp_path: Path) -> None:
    made = State.load_or_make(tmp_path)
    made.ports = {"code": 12345}
    made.save(tmp_path)
    assert State.load_or_make(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "stack.json").stat().st_mode) == 0o600


def test_a_socket_fits_however_deep_the_home_lies(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["folder"] * 30)
    assert len(str(State.load_or_make(deep).socket)) <= 90


def test_a_home_belongs_to_one_stack(tmp_path: Path) -> None:
    with state.lock(tmp_path), pytest.raises(Conflict), state.lock(tmp_path):
        pass
    with state.lock(tmp_path):
        pass
