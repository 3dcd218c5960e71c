"""Preflight checks refuse bad settings with an error that names the setting to change."""

from pathlib import Path

import pytest

from content_pipeline.cli import preflight
from content_pipeline.cli.state import UserSettings
from content_pipeline.core.errors import Conflict, Error
from content_pipeline.core.settings import PREFIX
from tests.stack.harness import free_port

TIKTOK = {"tiktok_client_key": "aw1", "tiktok_client_secret": "s3cret"}
INSTAGRAM = {"instagram_client_id": "99", "instagram_client_secret": "s3cret"}
PUBLIC = {"public_url": "https://content.example.com"}
DATABASE = {"database_url": "postgresql+psycopg://x@db/x", "dagster_database_url": "postgresql+psycopg2://x@db/y"}
BUCKET = {"s3_endpoint": "https://s3.example.com", "s3_access_key": "a", "s3_secret_key": "b"}


def check(home: Path, **settings: object) -> None:
    ports = {f"{name}_port": free_port() for name in ("api", "dagster", "sandbox")}
    preflight.check(home, UserSettings(home=home, **{**ports, **settings}))


def set_environment(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"{PREFIX}{name.upper()}", value)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"platforms": "sandbox"},
        {"platforms": "live"},
        {**TIKTOK, **PUBLIC},
        {**INSTAGRAM, **PUBLIC, **BUCKET},
        {**TIKTOK, **PUBLIC, **DATABASE, "encryption_keys": "k"},
        DATABASE,
    ],
)
def test_valid_settings_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
    set_environment(monkeypatch, settings)
    check(tmp_path)


@pytest.mark.parametrize(
    ("settings", "setting"),
    [
        ({"ffmpeg": "/nowhere/ffmpeg"}, "FFMPEG"),
        ({**TIKTOK, **PUBLIC, "platforms": "sandbox"}, "PLATFORMS"),
        ({"tiktok_client_key": "aw1", **PUBLIC}, "TIKTOK_CLIENT_SECRET"),
        ({"alert_webhook_url": "https://alerts.example.com"}, "ALERT_WEBHOOK_SECRET"),
        (TIKTOK, "PUBLIC_URL"),
        ({**TIKTOK, "public_url": "http://content.example.com"}, "PUBLIC_URL"),
        ({**TIKTOK, "public_url": "https://localhost:8000"}, "PUBLIC_URL"),
        ({**TIKTOK, "public_url": "https://10.0.0.3"}, "PUBLIC_URL"),
        ({**INSTAGRAM, **PUBLIC}, "S3_PUBLIC_ENDPOINT"),
        ({**INSTAGRAM, **PUBLIC, **BUCKET, "s3_endpoint": "http://minio.internal:9000"}, "S3_PUBLIC_ENDPOINT"),
        ({**TIKTOK, **PUBLIC, **DATABASE}, "ENCRYPTION_KEYS"),
        ({"platforms": "sandbox", **DATABASE}, "ENCRYPTION_KEYS"),
        ({"dagster_public_url": "dagster.example.com"}, "DAGSTER_PUBLIC_URL"),
    ],
)
def test_unsafe_or_incomplete_settings_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], setting: str
) -> None:
    set_environment(monkeypatch, settings)
    with pytest.raises(Error) as refused:
        check(tmp_path)
    assert f"CONTENT_PIPELINE_{setting}" in refused.value.remedy
    assert "s3cret" not in refused.value.detail + refused.value.remedy


def test_the_port_of_read_only_pages_must_be_free_if_there_is_one(tmp_path: Path) -> None:
    with preflight.ports.socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=str(port)) as refused:
            check(tmp_path, dagster_read_only_port=port)
        assert "CONTENT_PIPELINE_DAGSTER_READ_ONLY_PORT" in refused.value.remedy


def test_the_sandboxs_port_must_be_free_if_there_is_a_sandbox(tmp_path: Path) -> None:
    with preflight.ports.socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=str(port)):
            check(tmp_path, sandbox_port=port)
        check(tmp_path, sandbox_port=port, platforms="live")
