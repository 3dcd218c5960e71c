"""Settings that a stack derives for its services."""

import base64
from pathlib import Path

import pytest

from content_pipeline.cli.processes import NICENESS
from content_pipeline.cli.services import services_of
from content_pipeline.cli.stack_config import StackConfig, choose_ports
from content_pipeline.cli.state import State, UserSettings
from content_pipeline.core.settings import PREFIX, Settings
from sandbox.heygen.protocol import API_KEY
from sandbox.heygen.webhooks import CALLBACK_SECRET

TIKTOK = {"tiktok_client_key": "aw1", "tiktok_client_secret": "s3cret"}


def config_of(home: Path, **settings: object) -> StackConfig:
    configured, state = UserSettings(home=home, **settings), State.load_or_make(home)
    state.ports = choose_ports(configured, {})
    return StackConfig(home, configured, state)


def test_a_stack_without_external_services_posts_to_a_sandbox(tmp_path: Path) -> None:
    config = config_of(tmp_path, sandbox_port=9123)
    settings = config.settings()
    assert settings["CONTENT_PIPELINE_PLATFORMS"] == "sandbox"
    assert settings["CONTENT_PIPELINE_SANDBOX_URL"] == "http://127.0.0.1:9123"
    assert settings["CONTENT_PIPELINE_YOUTUBE_CLIENT_SECRET"] == "sandbox-youtube-secret"
    (sandbox,) = [service for service in services_of(config) if service.name == "sandbox"]
    assert f"SANDBOX_CLOCK={tmp_path / 'clock-offset'}" in sandbox.command


def test_the_sandbox_stands_in_for_heygen(tmp_path: Path) -> None:
    config = config_of(tmp_path, sandbox_port=9123)
    settings = config.settings()
    assert settings["CONTENT_PIPELINE_HEYGEN_URL"] == "http://127.0.0.1:9123/api.heygen.com"
    assert settings["CONTENT_PIPELINE_HEYGEN_API_KEY"] == API_KEY
    assert settings["CONTENT_PIPELINE_HEYGEN_WEBHOOK_SECRET"] == CALLBACK_SECRET


def test_a_key_of_heygen_is_never_sent_to_the_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTENT_PIPELINE_HEYGEN_API_KEY", "a real key")
    config = config_of(tmp_path)
    assert "sandbox" in [service.name for service in services_of(config)]
    assert "CONTENT_PIPELINE_HEYGEN_URL" not in config.settings() | config.environment()


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"platforms": "live"},
        {"sandbox_url": "http://elsewhere:9000", "platforms": "sandbox"},
        {"s3_endpoint": "https://s3.example.com"},
        TIKTOK,
    ],
)
def test_any_other_stack_has_no_sandbox_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"{PREFIX}{name.upper()}", value)
    config = config_of(tmp_path)
    assert "CONTENT_PIPELINE_PLATFORMS" not in config.settings()
    assert "sandbox" not in [service.name for service in services_of(config)]


def test_a_stack_with_external_stores_has_a_sandbox_if_configured(tmp_path: Path) -> None:
    config = config_of(tmp_path, platforms="sandbox", s3_endpoint="https://s3.example.com")
    assert "sandbox" in [service.name for service in services_of(config)]


def test_an_embedded_database_has_a_persistent_encryption_key(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    key = config.settings()["CONTENT_PIPELINE_ENCRYPTION_KEYS"]
    assert len(base64.urlsafe_b64decode(key)) == 32
    config.state.save(tmp_path)
    assert config_of(tmp_path).settings()["CONTENT_PIPELINE_ENCRYPTION_KEYS"] == key
    elsewhere = config_of(tmp_path, database_url="postgresql+psycopg://x@db/x")
    assert "CONTENT_PIPELINE_ENCRYPTION_KEYS" not in elsewhere.settings()


def test_the_users_settings_override_the_derived_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTENT_PIPELINE_PUBLIC_URL", "https://content.example.com")
    environment = config_of(tmp_path).environment()
    assert environment["CONTENT_PIPELINE_PUBLIC_URL"] == "https://content.example.com"
    assert environment["CONTENT_PIPELINE_PLATFORMS"] == "sandbox"


@pytest.mark.parametrize("embedded", [True, False])
def test_only_an_embedded_stack_calls_the_port_of_the_demo(tmp_path: Path, embedded: bool) -> None:
    port = config_of(tmp_path).settings()["CONTENT_PIPELINE_DEMO_PORT"]
    settings = Settings(home=tmp_path, embedded=embedded, demo_port=port)
    assert (f"127.0.0.1:{port}" in settings.own_hosts) == embedded


def test_the_app_of_the_sandbox_is_approved_for_everything(tmp_path: Path) -> None:
    settings = config_of(tmp_path).settings()
    assert int(settings["CONTENT_PIPELINE_LINKEDIN_INSIGHTS_CALLS"]) > 0
    assert settings["CONTENT_PIPELINE_TIKTOK_INSIGHTS"] == "true"


@pytest.mark.parametrize("given", ["0", "50"])
def test_what_a_person_sets_for_an_app_counts_at_the_sandbox_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("CONTENT_PIPELINE_LINKEDIN_INSIGHTS_CALLS", given)
    assert config_of(tmp_path).environment()["CONTENT_PIPELINE_LINKEDIN_INSIGHTS_CALLS"] == given


def test_read_only_pages_are_a_webserver_of_their_own_on_request(tmp_path: Path) -> None:
    assert "webserver-read-only" not in [service.name for service in services_of(config_of(tmp_path))]
    config = config_of(tmp_path, dagster_read_only_port=9124)
    shown, started = (
        next(part for part in services_of(config) if part.name == name) for name in ("webserver-read-only", "webserver")
    )
    assert (shown.port, "--read-only" in shown.command) == (9124, True)
    assert "--read-only" not in started.command


def test_a_stack_does_not_take_the_priority_that_its_caller_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of its services had it, the API too."""
    monkeypatch.setenv(NICENESS, "5")
    assert config_of(tmp_path).environment()[NICENESS] == "0"
