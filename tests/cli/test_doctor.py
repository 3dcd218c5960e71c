"""`content-pipeline doctor`: what is wrong, and what to do."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine

from content_pipeline.cli import doctor
from content_pipeline.core import storage
from content_pipeline.core.database import engine, transaction
from content_pipeline.core.providers.heygen import client
from content_pipeline.core.settings import settings
from tests.accounts import connect, encryption_key
from tests.core.platforms.wire import UNREACHABLE, Answer, Wire
from tests.factories import make_workspace
from tests.sandbox_server import Sandbox


@pytest.fixture(autouse=True)
def services_of_ones_own(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are looked at though nothing embedded runs."""
    monkeypatch.setattr(settings(), "embedded", False)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """HeyGen with a key, over a scripted transport."""
    wire = Wire()
    monkeypatch.setattr(settings(), "heygen_api_key", SecretStr("a key"))
    with httpx.Client(transport=httpx.MockTransport(wire)) as http:
        monkeypatch.setattr(client, "client", lambda: http)
        yield wire


def found(home: Path) -> dict[str, tuple[bool, str]]:
    """Each subject: whether it is well, and what is said."""
    return {check.subject: (check.is_healthy, check.detail) for check in doctor.checks(home)}


def found_of(home: Path, subject: str) -> tuple[bool, str]:
    """Whether one subject is well, and what is said. Those after it are not looked at: workers that do not answer take
    seconds."""
    check = next(check for check in doctor.checks(home) if check.subject == subject)
    return check.is_healthy, check.detail


def wallet(remaining: float, currency: str = "usd") -> Answer:
    return Answer(body={"data": {"wallet": {"currency": currency, "remaining_balance": remaining}}})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "is_well", "told"),
    [
        (wallet(12.5), True, "12.50 USD left."),
        (wallet(40, "credits"), True, "40.00 CREDITS left."),
        (wallet(9.5), False, "Only 9.50 USD left. Top it up at HeyGen."),
        (wallet(0), False, "The wallet is empty: 0.00 USD. Top it up at HeyGen."),
        (Answer(body={"data": {}}), True, "The account has no wallet."),
        (UNREACHABLE, False, "HeyGen could not be reached"),
        (Answer(401), False, "Check CONTENT_PIPELINE_HEYGEN_API_KEY."),
    ],
)
def test_it_tells_what_is_left_at_heygen(
    wire: Wire, answer: Answer | httpx.TransportError, is_well: bool, told: str, tmp_path: Path
) -> None:
    wire.on("/v3/users/me", answer)
    healthy, detail = found_of(tmp_path, "HeyGen")
    assert healthy is is_well
    assert told in detail


@pytest.mark.slow
def test_stores_that_answer_are_well_and_what_does_not_is_told_with_its_remedy(tmp_path: Path) -> None:
    """Here is a database and a bucket, and neither broker nor Dagster."""
    checks = found(tmp_path)
    well = ("disk", "settings", "ffmpeg", "voices", "fonts", "database", "encryption keys", "bucket")
    assert {subject: checks[subject] for subject in well if not checks[subject][0]} == {}
    assert checks["Dagster"] == (False, "Its webserver does not answer. See `content-pipeline logs webserver`.")
    healthy, detail = checks["workers"]
    assert not healthy
    assert "CONTENT_PIPELINE_BROKER_URL" in detail
    assert list(storage.keys_below("doctor/")) == []


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
    monkeypatch.setattr(doctor.migrations, "engine", _no_database)
    healthy, detail = found_of(tmp_path, "database")
    assert not healthy
    assert "CONTENT_PIPELINE_DATABASE_URL" in detail


def _no_database() -> Engine:
    return create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing", connect_args={"connect_timeout": 1})
