"""Which packages have to be installed, and the errors for those that are missing."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, requires

from packaging.requirements import Requirement

from content_pipeline.cli import packaged_files
from content_pipeline.core.errors import Invalid

_LOCKED = re.compile(r"^([\w.-]+)==", re.MULTILINE)


def check() -> None:
    """Raises Invalid `part_missing` for the first missing package of those that the stack does not start without."""
    for name in _required():
        if not is_installed(name):
            raise missing_part("package", name, name)
    for name in locked("models"):
        if not is_installed(name):
            raise Invalid(
                f"The package {name} is not installed.",
                code="part_missing",
                remedy="Run `content-pipeline models install`.",
            )


def locked(group: str) -> list[str]:
    """The names of the packages that `content-pipeline models install` installs for `models` or `voices`."""
    return _LOCKED.findall(packaged_files.lock(group).read_text())


def is_installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True


def missing_part(kind: str, name: str, package: str) -> Invalid:
    """The error for a package or a program that comes with the installation, in `package`."""
    return Invalid(
        f"The {kind} {name} is not installed.",
        code="part_missing",
        remedy=f"Reinstall {package}; in a checkout, remove .venv and run `make install`.",
    )


def _required() -> Iterator[str]:
    """The names of the dependencies on this platform, without those of the extras."""
    for requirement in map(Requirement, requires("content-pipeline") or ()):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name
