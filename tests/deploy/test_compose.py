"""The compose file, as docker compose reads it."""

from pathlib import Path
from typing import Any, get_args

import pytest

from content_pipeline.core.settings import PREFIX, Lane, Settings
from tests.deploy import compose_file
from tests.deploy.compose_file import REQUIRED, STORES
from tests.deploy.environment import arguments, embedded_commands

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compose_file.install(tmp_path_factory.mktemp("compose") / "environment")


@pytest.fixture(scope="module")
def services(compose: Path) -> dict[str, Any]:
    found: dict[str, Any] = compose_file.read(compose, {name: f"the-{name}" for name in REQUIRED})["services"]
    return found


@pytest.mark.parametrize("missing", REQUIRED)
def test_it_does_not_start_without_a_secret(compose: Path, missing: str) -> None:
    read = compose_file.config(compose, {name: "given" for name in REQUIRED if name != missing})
    assert read.returncode
    assert missing in read.stderr


def test_it_has_every_part(services: dict[str, Any]) -> None:
    assert services.keys() == STORES | {"bootstrap", "code", "webserver", "daemon", "api", *get_args(Lane)}
    for lane in get_args(Lane):
        assert services[lane]["environment"][f"{PREFIX}LANE"] == lane


def test_its_parts_are_started_as_the_embedded_ones(services: dict[str, Any], tmp_path: Path) -> None:
    embedded = embedded_commands(tmp_path)
    for name in ("api", "code", *get_args(Lane)):
        assert arguments(services[name]["command"]) == embedded[name]
    assert services["bootstrap"]["command"][1:] == ["-m", *embedded["bootstrap"]]


def test_its_settings_are_settings_and_reach_every_part_of_ours(services: dict[str, Any]) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    common = services["bootstrap"]["environment"].keys()
    assert common - known == set()
    for name in services.keys() - STORES:
        assert services[name]["environment"].keys() >= common, name
        assert set(services[name]["environment"]) - known == set(), name


def test_nothing_is_open_to_other_hosts(services: dict[str, Any]) -> None:
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}
    assert {port["target"] for port in published} == {3000, 8000, 8333}


def test_nothing_begins_before_the_tables_are_there(services: dict[str, Any]) -> None:
    for name in services.keys() - STORES - {"bootstrap"}:
        assert services[name]["depends_on"]["bootstrap"]["condition"] == "service_completed_successfully", name
    assert services["bootstrap"]["depends_on"].keys() == STORES
