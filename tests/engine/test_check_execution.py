"""The script of Dagster's pages that disables "Execute" on checks of partitions."""

import re
from collections.abc import Iterator

import dagster as dg
import httpx
import pytest

from content_pipeline.engine import check_execution
from content_pipeline.engine.webserver import guarded
from tests.dagster_workspace import workspace
from tests.servers import serving

SENTENCE = "Executing checks on their own for partitioned assets is not yet supported"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with dg.instance_for_test() as instance, workspace(instance) as context, serving(guarded(context)) as url:
        yield url


def test_the_pinned_release_has_the_condition_once() -> None:
    (script,) = check_execution.scripts()  # fails where an upgrade has changed it: look for the sentence in the scripts
    assert script.read_text().count(SENTENCE) == 1


@pytest.mark.slow
def test_the_script_is_served_without_the_condition_and_otherwise_as_it_is(url: str) -> None:
    (script,) = check_execution.scripts()
    served = httpx.get(f"{url}/_next/static/chunks/{script.name}")
    assert (served.status_code, served.headers["content-type"]) == (200, "application/javascript")
    before, condition, after = re.split(rf'([\w$]+\?"{SENTENCE}":"")', script.read_text())
    assert condition
    assert served.text == f'{before}""{after}'


@pytest.mark.slow
def test_other_scripts_are_dagsters(url: str) -> None:
    (script,) = check_execution.scripts()
    other = next(path for path in sorted(script.parent.glob("*.js")) if path != script)
    assert httpx.get(f"{url}/_next/static/chunks/{other.name}").content == other.read_bytes()
