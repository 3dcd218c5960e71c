"""`content-pipeline doctor` tells names that look like settings and are none, and never their values."""

from pathlib import Path

import pytest

from content_pipeline.cli import doctor_settings
from content_pipeline.cli.stack_config import ROOT, StackConfig, choose_ports
from content_pipeline.cli.state import State, UserSettings
from content_pipeline.core.errors import Invalid
from content_pipeline.core.settings import PREFIX


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present folder, without a `.env`."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told() -> str:
    with pytest.raises(Invalid) as raised:
        doctor_settings.names()
    return f"{raised.value.detail} {raised.value.remedy}"


def test_a_misspelled_name_of_the_environment_is_told_with_the_nearest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTENT_PIPELINE_SLOT_MEDIA", "4")
    assert "CONTENT_PIPELINE_SLOT_MEDIA (is CONTENT_PIPELINE_SLOTS_MEDIA meant?)" in told()


def test_a_misspelled_name_of_the_file_is_told_with_that_of_a_platforms_setting(folder: Path) -> None:
    (folder / ".env").write_text("CONTENT_PIPELINE_TIKTOK_CLIENT_KEYS=aw1\nCONTENT_PIPELINE_S3_BUCKET=mine\n")
    assert "CONTENT_PIPELINE_TIKTOK_CLIENT_KEYS (is CONTENT_PIPELINE_TIKTOK_CLIENT_KEY meant?)" in told()
    assert "S3_BUCKET" not in told()


def test_a_name_that_is_like_no_setting_is_told_without_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTENT_PIPELINE_WXYZ", "1")
    assert "settings: CONTENT_PIPELINE_WXYZ." in told()


def test_values_are_never_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTENT_PIPELINE_ENCRYPTION_KEY", "s3cret")
    (folder / ".env").write_text("CONTENT_PIPELINE_BROKER_URI=amqp://guest:s3cret@mq\n")
    assert "s3cret" not in told()


@pytest.mark.parametrize("name", ["content_pipeline_log_level", "_CONTENT_PIPELINE_COMPLETE", "CONTENT"])
def test_names_in_any_case_and_those_of_others_are_well(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "info")
    assert "known" in doctor_settings.names()


def test_the_example_is_well(folder: Path) -> None:
    (folder / ".env").write_text((ROOT / ".env.example").read_text().replace(f"#{PREFIX}", PREFIX))
    assert "known" in doctor_settings.names()


def test_what_the_stack_gives_its_services_is_well(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that one of them starts would find it in its environment."""
    state = State.load_or_make(folder)
    state.ports = choose_ports(UserSettings(), {})
    for name, value in StackConfig(folder, UserSettings(), state).environment().items():
        monkeypatch.setenv(name, value)
    assert "known" in doctor_settings.names()
