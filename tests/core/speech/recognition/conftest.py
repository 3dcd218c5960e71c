"""Fixtures: an empty cache folder for models."""

import shutil
from collections.abc import Iterator

import pytest

from content_pipeline.core.settings import settings


@pytest.fixture(scope="package", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home folder shared by these tests, so that the 145 MB model is joined once and removed afterwards."""
    path = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTENT_PIPELINE_HOME", str(path))
        settings.cache_clear()
        yield
    settings.cache_clear()
    shutil.rmtree(path)
