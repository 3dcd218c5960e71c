"""Code versions of what renders: a hash of its source, so that Dagster's pages say which assets older code has made."""

import hashlib
from pathlib import Path
from typing import Final

import content_pipeline

_ROOT: Final = Path(content_pipeline.__file__).parent


def version_of(*packages: str) -> str:
    """The version of these modules and packages, given as paths below `content_pipeline/`. Raises FileNotFoundError."""
    digest = hashlib.sha256()
    for package in packages:
        path = _ROOT / package
        for module in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(module.read_bytes())
    return digest.hexdigest()[:12]
