"""`content-pipeline doctor`: what is wrong, and what to do."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, create_engine

from content_pipeline.cli import doctor, doctor_services
from content_pipeline.cli.main import cli
from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.errors import Conflict, Error, Unavailable
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import engine, transaction
from content_pipeline.core.settings import settings
from tests.accounts import connect, encryption_key
from tests.factories import make_workspace
from tests.sandbox_server import Sandbox


@pytest.fixture(autouse=True)
def services_of_ones_own(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are looked at though nothing embedded runs."""
    monkeypatch.setattr(settings(), "embedded", False)


def found(home: Path) -> dict[str, tuple[bool, str]]:
    """Each subject: whether it is well, and what is said."""
    return {check.subject: (check.is_healthy, check.detail) for check in doctor.checks(home)}


def found_of(home: Path, subject: str) -> tuple[bool, str]:
    """Whether one subject is well, and what is said. Those after it are not looked at: workers that do not answer take
    seconds."""
    check = next(check for check in doctor.checks(home) if check.subject == subject)
    return check.is_healthy, check.detail


@pytest.mark.slow
def test_stores_that_answer_are_well_and_what_does_not_is_told_with_its_remedy(tmp_path: Path) -> None:
    """Here is a database and a bucket, and neither broker nor Dagster."""
    checks = found(tmp_path)
    well = (
        "settings",
        "names of settings",
        "ffmpeg",
        "voices",
        "fonts",
        "embedding model",
        "database",
        "encryption keys",
        "bucket",
    )
    assert {subject: checks[subject] for subject in well if not checks[subject][0]} == {}
    assert checks["Dagster"] == (False, "Its webserver does not answer. See `content-pipeline logs webserver`.")
    assert "sensors and schedules" not in checks
    assert checks["API"][0] is False
    healthy, detail = checks["workers"]
    assert not healthy
    assert "CONTENT_PIPELINE_BROKER_URL" in detail
    assert list(storage.keys_below("doctor/")) == []


@pytest.mark.parametrize(("free", "is_well"), [(9, False), (11, True)])
def test_a_disk_is_full_when_its_alert_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, is_well: bool
) -> None:
    usage = SimpleNamespace(total=100 * 10**9, free=free * 10**9)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)
    healthy, detail = found_of(tmp_path, "disk")
    assert (healthy, "CONTENT_PIPELINE_HOME" in detail) == (is_well, not is_well)
    assert f"content_pipeline_disk_bytes < {doctor.LEAST_FREE}" in (ROOT / "deploy/prometheus/rules.yml").read_text()


@pytest.mark.parametrize(("is_well", "status"), [(True, 0), (False, 3)])
def test_what_customers_have_to_do_does_not_change_the_exit_status(
    monkeypatch: pytest.MonkeyPatch, is_well: bool, status: int
) -> None:
    told = [
        doctor.Check("accounts", True, "Tell their owners.", is_for_others=True),
        doctor.Check("disk", is_well, "…"),
    ]
    monkeypatch.setattr(doctor, "checks", lambda _: told)
    result = CliRunner().invoke(cli, ["doctor"], standalone_mode=False)
    assert result.output.splitlines() == ["! accounts  Tell their owners.", f"{'✓' if is_well else '✗'} disk  …"]
    assert result.return_value == status


@pytest.mark.slow
def test_an_embedded_stack_that_does_not_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "embedded", True)
    checks = found(tmp_path)
    assert checks["services"] == (False, "Nothing is running. Start it with `content-pipeline up`.")
    assert "database" not in checks


@pytest.mark.slow
def test_tables_of_another_revision_are_told(tmp_path: Path) -> None:
    with engine().begin() as connection:
        (newest,) = connection.exec_driver_sql("select version_num from alembic_version").one()
        connection.exec_driver_sql("update alembic_version set version_num = '0001'")
    try:
        healthy, detail = found_of(tmp_path, "database")
    finally:
        with engine().begin() as connection:
            connection.exec_driver_sql(f"update alembic_version set version_num = '{newest}'")
    assert not healthy
    assert f"of revision 0001, and this release works with {newest}" in detail


@pytest.mark.slow
def test_a_secret_that_no_key_decrypts_is_told(
    platforms: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        workspace_id = make_workspace(session)
    account = connect(platforms, workspace_id, "youtube")
    assert found_of(tmp_path, "encryption keys")[0]
    monkeypatch.setattr(settings(), "encryption_keys", [encryption_key(2)])
    healthy, detail = found_of(tmp_path, "encryption keys")
    assert not healthy
    assert f"1 rows cannot be decrypted, among them accounts {account.id}." in detail


@pytest.mark.slow
def test_a_database_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_services.migrations, "engine", _no_database)
    healthy, detail = found_of(tmp_path, "database")
    assert not healthy
    assert "CONTENT_PIPELINE_DATABASE_URL" in detail


@pytest.mark.slow
@pytest.mark.parametrize(("raised", "is_well"), [(Conflict("Not connected."), True), (Unavailable("Away."), False)])
def test_accounts_are_for_others_to_mend_and_a_database_that_is_away_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: Error, is_well: bool
) -> None:
    def accounts() -> str:
        raise raised

    monkeypatch.setattr(doctor_services, "accounts", accounts)
    assert found_of(tmp_path, "accounts")[0] is is_well


def _no_database() -> Engine:
    return create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing", connect_args={"connect_timeout": 1})
