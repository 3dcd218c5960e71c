"""What `content-pipeline doctor` finds of accounts, the API, the bucket, and Dagster's sensors and schedules."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from pytest_httpserver import HTTPServer

from content_pipeline.cli import doctor_services
from content_pipeline.core.errors import Conflict, Unavailable
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Workspace
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import dagster_health
from tests.factories import make_account, make_workspace

SENSOR: Final = "publish_scheduled_content"


def test_accounts_to_be_connected_again_are_counted_by_workspace(database: None) -> None:
    assert doctor_services.accounts() == "none has to be connected again"
    with transaction() as session:
        workspace_id = make_workspace(session)
        make_account(session, workspace_id, status="needs_reconnect")
        make_account(session, workspace_id, "tiktok", status="needs_reconnect")
        make_account(session, make_workspace(session))
        name = session.get_one(Workspace, workspace_id).name
    with pytest.raises(Conflict) as raised:
        doctor_services.accounts()
    assert raised.value.detail == f"Not connected any more: 2 of {name}."
    assert "Tell their owners" in raised.value.remedy


@pytest.mark.parametrize("status", [200, 503])
def test_the_api_is_asked_where_clients_reach_it(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    httpserver.expect_request("/health/ready").respond_with_data(status=status)
    monkeypatch.setattr(settings(), "public_url", httpserver.url_for("/"))
    if status == 200:
        assert "is ready at" in doctor_services.api()
        return
    with pytest.raises(Unavailable) as raised:
        doctor_services.api()
    assert "CONTENT_PIPELINE_PUBLIC_URL" in raised.value.remedy


PublicEndpoint = Callable[[str], None]


@pytest.fixture
def public_endpoint(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[PublicEndpoint]:
    """Sets the address of the store in links."""

    def set_to(url: str) -> None:
        monkeypatch.setattr(settings(), "s3_public_endpoint", url)
        storage.public_client.cache_clear()

    yield set_to
    storage.public_client.cache_clear()


def test_a_bucket_whose_links_are_opened_is_well(public_endpoint: PublicEndpoint) -> None:
    public_endpoint(settings().s3_endpoint)
    assert doctor_services.bucket() == settings().s3_bucket
    assert list(storage.keys_below("doctor/")) == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "media.example.com"])
def test_links_to_where_no_store_is_are_told(public_endpoint: PublicEndpoint, address: str) -> None:
    public_endpoint(address)
    with pytest.raises(Unavailable) as raised:
        doctor_services.bucket()
    assert "CONTENT_PIPELINE_S3_PUBLIC_ENDPOINT" in raised.value.remedy
    assert list(storage.keys_below("doctor/")) == []


@pytest.mark.parametrize("status", [200, 403])
def test_links_to_a_server_that_answers_with_something_else_are_told(
    public_endpoint: PublicEndpoint, httpserver: HTTPServer, status: int
) -> None:
    httpserver.expect_request(re.compile(".*")).respond_with_data("a page", status=status)
    public_endpoint(httpserver.url_for(""))
    with pytest.raises(Unavailable) as raised:
        doctor_services.bucket()
    assert f"status {status}" in raised.value.detail


def test_links_that_lead_from_a_container_to_itself_are_not_tried(
    public_endpoint: PublicEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.client()  # keeps the address of the store of the tests
    monkeypatch.setattr(settings(), "s3_endpoint", "http://s3:8333")
    public_endpoint("http://127.0.0.1:1")
    assert "not tried" in doctor_services.bucket()


@pytest.fixture
def sensor(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The state of a sensor, as Dagster tells it."""
    state = {"status": "RUNNING", "ticks": [{"status": "SKIPPED", "error": None}]}
    answer = {"sensorsOrError": {"results": [{"name": SENSOR, "state": state}]}, "schedulesOrError": {"results": []}}
    monkeypatch.setattr(dagster_health, "execute", lambda *_, **__: answer)
    return state


@pytest.mark.parametrize("ticks", [[], [{"status": "SUCCESS", "error": None}]])
def test_sensors_that_work_are_counted(sensor: dict[str, Any], ticks: list[dict[str, Any]]) -> None:
    sensor["ticks"] = ticks
    assert doctor_services.automation() == "1 run, and none failed at its last tick"


def test_that_dagster_knows_no_sensor_and_no_schedule_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers so when the repository is not there."""
    monkeypatch.setattr(dagster_health, "execute", lambda *_, **__: {"sensorsOrError": {}, "schedulesOrError": {}})
    with pytest.raises(Unavailable):
        doctor_services.automation()


def test_a_sensor_that_is_stopped_is_told(sensor: dict[str, Any]) -> None:
    sensor["status"] = "STOPPED"
    with pytest.raises(Unavailable) as raised:
        doctor_services.automation()
    assert raised.value.detail == f"Stopped: {SENSOR}."
    assert "Automation" in raised.value.remedy


def test_a_sensor_that_fails_is_told_with_its_reason(sensor: dict[str, Any]) -> None:
    sensor["ticks"] = [{"status": "FAILURE", "error": {"message": "It broke.\nFile …"}}]
    with pytest.raises(Unavailable) as raised:
        doctor_services.automation()
    assert raised.value.detail == f"{SENSOR} failed at the last tick: It broke."
    assert "logs daemon" in raised.value.remedy
