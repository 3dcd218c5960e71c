"""The chart of API and workers, as Helm renders it, and the values for Dagster's own chart."""

import json
import subprocess
from pathlib import Path
from typing import Any, Final, get_args

import pytest
import yaml

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.settings import PREFIX, Lane, Settings
from content_pipeline.core.tasks import dagster_client
from tests.deploy.environment import arguments, embedded_commands, install

DEPLOY: Final = ROOT / "deploy"
SCRIPT: Final = Path(__file__).with_name("render_chart.py")
LANES: Final = get_args(Lane)


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("helm") / "environment"
    return install(folder, "helm-python-sdk==0.2.2", "kubernetes-validate==1.37.0") / "python"


def render(helm: Path, **values: Any) -> subprocess.CompletedProcess[str]:
    command = [str(helm), str(SCRIPT), str(DEPLOY / "chart"), json.dumps(values)]
    return subprocess.run(command, capture_output=True, text=True)


def objects(helm: Path, **values: Any) -> dict[tuple[str, str], Any]:
    rendered = render(helm, **values)
    assert rendered.returncode == 0, rendered.stderr
    return {(each["kind"], each["metadata"]["name"]): each for each in json.loads(rendered.stdout)}


def container(made: dict[tuple[str, str], Any], name: str, kind: str = "Deployment") -> dict[str, Any]:
    (only,) = made[kind, f"studio-{name}"]["spec"]["template"]["spec"]["containers"]
    found: dict[str, Any] = only
    return found


@pytest.mark.slow
def test_its_parts_are_started_as_the_embedded_ones(helm: Path, tmp_path: Path) -> None:
    made, embedded = objects(helm), embedded_commands(tmp_path)
    for name in ("api", *LANES):
        assert arguments(container(made, name)["command"]) == embedded[name]
    assert container(made, "bootstrap", "Job")["command"][1:] == ["-m", *embedded["bootstrap"]]
    for lane in LANES:
        assert {"name": "CONTENT_PIPELINE_LANE", "value": lane} in container(made, lane)["env"]


@pytest.mark.slow
def test_its_values_reach_the_objects(helm: Path) -> None:
    image = {"repository": "registry.example.com/pipeline", "tag": "7"}
    made = objects(helm, image=image, settingsSecret="of-mine", lanes={"media": {"replicas": 9, "slots": 3}})
    assert made["Deployment", "studio-media"]["spec"]["replicas"] == 9
    worker = container(made, "media")
    assert worker["command"][worker["command"].index("-c") + 1] == "3"
    assert worker["envFrom"] == [{"secretRef": {"name": "of-mine"}}]
    assert worker["image"] == "registry.example.com/pipeline:7"


@pytest.mark.slow
def test_kubernetes_gives_its_pods_no_variables_of_services(helm: Path) -> None:
    made = objects(helm)
    pods = [each["spec"]["template"]["spec"] for (kind, _), each in made.items() if kind in ("Deployment", "Job")]
    assert len(pods) == len(LANES) + 2
    assert {pod["enableServiceLinks"] for pod in pods} == {False}


@pytest.mark.slow
def test_a_misspelled_value_is_refused(helm: Path) -> None:
    rendered = render(helm, lanes={"media": {"slot": 3}})
    assert rendered.returncode
    assert "'slot' not allowed" in rendered.stderr


def test_dagsters_parts_take_our_instance_and_our_settings() -> None:
    values = yaml.safe_load((DEPLOY / "dagster-values.yaml").read_text())
    (code,) = values["dagster-user-deployments"]["deployments"]
    chart = yaml.safe_load((DEPLOY / "chart" / "values.yaml").read_text())
    for part in (values["dagsterWebserver"], values["dagsterDaemon"], code):
        assert {"name": "DAGSTER_HOME", "value": "/opt/dagster"} in part["env"]
        assert part["envSecrets"] == [{"name": chart["settingsSecret"]}]
        assert part["image"] == chart["image"]
    assert "dagster.yaml /opt/dagster/dagster.yaml" in (DEPLOY / "Dockerfile").read_text()


def test_dagsters_parts_take_no_variable_of_a_service_for_a_setting() -> None:
    """Kubernetes names them after the services of `helm install content-pipeline`, and API_PORT=tcp://… is no port."""
    values = yaml.safe_load((DEPLOY / "dagster-values.yaml").read_text())
    (code,) = values["dagster-user-deployments"]["deployments"]
    variables = {
        f"{PREFIX}{service}_{of}" for service in ("API", "CODE") for of in ("SERVICE_HOST", "SERVICE_PORT", "PORT")
    }
    of_settings = variables & {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    assert of_settings == {f"{PREFIX}API_PORT"}
    for part in (values["dagsterWebserver"], values["dagsterDaemon"], code):
        assert of_settings <= {each["name"] for each in part["env"]}


def test_the_daemon_knows_how_many_slots_there_are() -> None:
    """It limits each workspace to twice as many runs; by default it takes the cores of its own host."""
    lanes = yaml.safe_load((DEPLOY / "chart" / "values.yaml").read_text())["lanes"]
    daemon = yaml.safe_load((DEPLOY / "dagster-values.yaml").read_text())["dagsterDaemon"]
    told = {each["name"]: each["value"] for each in daemon["env"]}
    for lane in ("media", "io"):
        assert told[f"CONTENT_PIPELINE_SLOTS_{lane.upper()}"] == str(lanes[lane]["replicas"] * lanes[lane]["slots"])


def test_dagsters_webserver_finds_the_code_by_the_name_that_the_api_uses() -> None:
    values = yaml.safe_load((DEPLOY / "dagster-values.yaml").read_text())
    (code,) = values["dagster-user-deployments"]["deployments"]
    (server,) = values["dagsterWebserver"]["workspace"]["servers"]
    assert server == {"name": dagster_client.LOCATION, "host": code["name"], "port": code["port"]}
