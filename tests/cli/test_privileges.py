"""Commands of root go on as the owner of the state folder. Most need root and setpriv, as in CI."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from content_pipeline.cli import ports, privileges
from content_pipeline.core.errors import Conflict, Invalid
from tests.programs import need

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to drop")
NOBODY = pwd.getpwnam("nobody")


def as_owner(home: Path, *command: str) -> str:
    need("setpriv")
    done = subprocess.run(
        [*privileges.command_prefix(home), *command], check=True, capture_output=True, text=True, cwd=home
    )
    return done.stdout


def owners(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


@needs_root
def test_a_new_state_folder_is_given_to_nobody(tmp_path: Path) -> None:
    for name in ("cache", "logs"):
        (tmp_path / name).mkdir()
    (tmp_path / "cache" / "background.mp4").touch()
    privileges.check_state_folder(tmp_path)
    privileges.hand_over(tmp_path)
    assert owners(tmp_path) == {NOBODY.pw_uid}
    assert as_owner(tmp_path, sys.executable, "-c", "import os; print(os.geteuid())") == f"{NOBODY.pw_uid}\n"


@needs_root
def test_state_that_an_earlier_version_made_as_root_is_given_too_and_links_are_not_followed(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    (home / "postgres").mkdir(parents=True)
    (home / "stack.json").write_text("{}")
    other.write_text("root's")
    (home / "dagster.yaml").symlink_to(other)
    os.chown(home / "postgres", 4321, 4321)
    privileges.check_state_folder(home)
    privileges.hand_over(home)
    assert owners(home) == {NOBODY.pw_uid, 4321}
    assert other.stat().st_uid == 0


@needs_root
def test_a_folder_of_root_with_other_things_is_given_to_nobody_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(Invalid) as refused:
        privileges.check_state_folder(tmp_path)
    assert refused.value.code == "root_refused"
    assert "CONTENT_PIPELINE_HOME" in refused.value.remedy


@needs_root
def test_a_stack_that_runs_as_root_is_to_be_stopped_first(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("{}")
    with subprocess.Popen(["sleep", "60"], env={"CONTENT_PIPELINE_STACK": str(tmp_path)}) as left:
        try:
            with pytest.raises(Conflict, match="as root") as refused:
                privileges.check_state_folder(tmp_path)
        finally:
            left.kill()
    assert f"kill {left.pid}" in refused.value.remedy


@needs_root
def test_a_folder_of_another_user_is_worked_in_as_that_user(tmp_path: Path) -> None:
    os.chown(tmp_path, 4321, 4322)
    privileges.hand_over(tmp_path)
    said = as_owner(tmp_path, sys.executable, "-c", "import os; print(os.geteuid(), os.getegid(), os.getgroups())")
    assert said == "4321 4322 []\n"


CAPABILITIES = ["sh", "-c", "grep CapEff /proc/self/status; cat closed/file; touch closed/file"]


@needs_root
def test_below_a_closed_folder_it_may_read_and_pass_and_nothing_else(tmp_path: Path) -> None:
    need("setpriv")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "file").write_text("root's")
    home = closed / "home"
    home.mkdir()
    privileges.hand_over(home)
    command = [*privileges.command_prefix(home), *CAPABILITIES]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.split()[1] == f"{1 << 2:016x}"  # CAP_DAC_READ_SEARCH alone
    assert "root's" in done.stdout
    assert "Permission denied" in done.stderr
    # shutil.which asks by access(2), which counts capabilities of root's only, unless it is told otherwise.
    look = f"import shutil; print(shutil.which('tool', path={str(closed)!r}))"
    (closed / "tool").write_text("#!/bin/sh")
    (closed / "tool").chmod(0o755)
    assert as_owner(home, sys.executable, "-c", look) == f"{closed / 'tool'}\n"


@pytest.mark.slow
@needs_root
def test_a_command_of_root_goes_on_as_nobody_and_says_what_to_open(tmp_path: Path) -> None:
    need("setpriv")
    home = tmp_path / "home"
    port = str(ports.pick(["api"], {})["api"])
    env = {**os.environ, "CONTENT_PIPELINE_HOME": str(home), "CONTENT_PIPELINE_FFMPEG": "/nowhere"}
    command = [str(Path(sys.executable).parent / "content-pipeline"), "up", "--detach"]
    # It ends at the last check before anything is started.
    done = subprocess.run(command, env={**env, "CONTENT_PIPELINE_API_PORT": port}, capture_output=True, text=True)
    assert done.returncode == 2
    assert "CONTENT_PIPELINE_FFMPEG" in done.stderr
    assert "The stack runs as nobody, who cannot open " in done.stderr
    assert "chmod o+x /" in done.stderr
    assert owners(home) == {NOBODY.pw_uid}
    assert (home / "lock").stat().st_uid == NOBODY.pw_uid, "made by the command itself"
