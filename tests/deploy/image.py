"""The image of deploy/Dockerfile, built and run by buildah, which needs no daemon and no registry of images.

The Dockerfile's own base cannot be had without a registry. In its place is Debian of the same release with its Python
of the same version, as debootstrap makes it.

python -m tests.deploy.image FOLDER: builds the image into a store in that folder, as root, and writes there what
check_image.py starts: the compose file, as docker compose reads it. What buildah mounts ends with the mount namespace
of the process. Debian's packages buildah, netavark and debootstrap are needed.
"""

import base64
import json
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import psutil

from content_pipeline.cli.stack_config import ROOT
from tests.deploy import compose_file

NAME: Final = "content-pipeline"
COMPOSE: Final = "compose.json"
_DOCKERFILE: Final = ROOT / "deploy" / "Dockerfile"
# What the official image has, of Debian's packages.
_PACKAGES: Final = ("ca-certificates", "netbase", "tzdata", "python3-pip", "python3-venv")
_CERTIFICATES: Final = "etc/ssl/certs/ca-certificates.crt"
# Where the limits of this host are lower than buildah's own, nothing starts.
_LIMITS: Final = ("--ulimit=nofile=20000:20000", "--ulimit=nproc=20000:20000")


class Store:
    """A folder with images and containers."""

    def __init__(self, folder: Path) -> None:
        self._command = ["buildah", f"--root={folder / 'images'}", f"--runroot={folder / 'run'}"]

    def build(self) -> None:
        """Make the base and the image."""
        base = _base()
        release = re.search(r"python:(3\.\d+)-slim-(\w+)$", base)
        assert release, base
        with TemporaryDirectory() as folder:
            _make_debian(Path(folder), python=release[1], suite=release[2])
            container = self._do("from", "scratch")
            self._do("add", "--quiet", container, folder, "/")
            self._do("config", f"--env=SSL_CERT_FILE=/{_CERTIFICATES}", container)
            self._do("commit", "--quiet", "--rm", container, base)
        options = ["--isolation=chroot", "--network=host", "--pull=never", *_LIMITS]
        ignored = f"--ignorefile={_DOCKERFILE}.dockerignore"
        command = [*self._command, "build", *options, ignored, f"--file={_DOCKERFILE}", f"--tag={NAME}", str(ROOT)]
        subprocess.run(command, check=True)

    def container(self, hosts: Sequence[str]) -> "Container":
        """A new one of the image; these names lead to this host."""
        names = [f"--add-host={name}:127.0.0.1" for name in hosts]
        made = self._do("from", "--pull=never", "--isolation=chroot", *_LIMITS, *names, f"localhost/{NAME}")
        return Container([*self._command, "run", "--isolation=chroot"], made)

    def _do(self, *arguments: str) -> str:
        return subprocess.run(
            [*self._command, *arguments], check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()


class Container:
    """One part of the compose file, without its volumes and its network."""

    def __init__(self, command: list[str], name: str) -> None:
        self._command, self._name = command, name
        self.options: list[str] = []

    def configure(self, environment: Mapping[str, str], files: Mapping[Path, str]) -> None:
        """What each of its processes gets: variables, and files at these places."""
        variables = [f"--env={name}={value}" for name, value in environment.items()]
        self.options = [*variables, *(f"--volume={file}:{place}:ro" for file, place in files.items())]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self._line(command), capture_output=True, text=True, check=False)

    def start(self, command: Sequence[str], log: Path) -> psutil.Popen:
        with log.open("w") as out:
            return psutil.Popen(self._line(command), stdout=out, stderr=out)

    def _line(self, command: Sequence[str]) -> list[str]:
        return [*self._command, *self.options, self._name, "--", *command]


def healthcheck(service: Mapping[str, Any]) -> list[str]:
    """The command by which compose sees that a service is healthy."""
    kind, *command = service["healthcheck"]["test"]
    assert kind == "CMD"
    return command


def _base() -> str:
    (base,) = set(re.findall(r"^FROM (\S+)", _DOCKERFILE.read_text(), re.MULTILINE))
    return str(base)


def _make_debian(root: Path, *, python: str, suite: str) -> None:
    subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", suite, str(root)], check=True
    )
    program = root / "usr" / "bin" / f"python{python}"
    assert program.exists(), f"Debian {suite} has another Python"
    # As in the official image: it is called `python`, and pip installs into it.
    (root / "usr" / "local" / "bin" / "python").symlink_to(f"/usr/bin/{program.name}")
    (root / "usr" / "lib" / program.name / "EXTERNALLY-MANAGED").unlink()
    # Where this host trusts a proxy of its own, so does the build.
    shutil.copyfile(Path("/") / _CERTIFICATES, root / _CERTIFICATES)


def main(folder: Path) -> None:
    folder.mkdir(parents=True)
    with TemporaryDirectory() as environment:
        compose = compose_file.install(Path(environment) / "compose")
        key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        read = compose_file.read(compose, {**dict.fromkeys(compose_file.REQUIRED, "secret"), "ENCRYPTION_KEYS": key})
    (folder / COMPOSE).write_text(json.dumps(read))
    Store(folder).build()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
