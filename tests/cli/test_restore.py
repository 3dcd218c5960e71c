"""`content-pipeline restore` refuses what it cannot restore, before it starts or changes anything."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from content_pipeline.cli import archive
from content_pipeline.cli.archive import Manifest
from content_pipeline.cli.backup import KEY_CHECK, KEY_CHECK_AAD
from content_pipeline.cli.main import cli
from content_pipeline.core.errors import Error
from content_pipeline.core.infrastructure import encryption
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import migrations
from content_pipeline.core.settings import settings
from tests.accounts import encryption_key


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CONTENT_PIPELINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CONTENT_PIPELINE_ENCRYPTION_KEYS", encryption_key(1).get_secret_value())
    settings.cache_clear()
    yield tmp_path / "home"
    assert not (tmp_path / "home").exists()
    monkeypatch.undo()
    settings.cache_clear()


def backup(folder: Path, **manifest: str | None) -> Path:
    usual = {
        "bucket": "content-pipeline",
        "revision": migrations.newest(),
        "key_check": base64.b64encode(encryption.encrypt(KEY_CHECK, KEY_CHECK_AAD)).decode(),
    }
    with archive.writing(folder / "backup.tar", Manifest(made_at=now(), **(usual | manifest))) as writer:
        writer.add_end()
    return folder / "backup.tar"


def refusal(file: Path, *options: str) -> str:
    refused = CliRunner().invoke(cli, ["restore", str(file), *options]).exception
    assert isinstance(refused, Error), refused
    assert refused.remedy
    return refused.code


def test_a_backup_of_another_bucket_is_refused(tmp_path: Path) -> None:
    assert refusal(backup(tmp_path, bucket="another")) == "backup_of_other_bucket"


@pytest.mark.parametrize("revision", ["9999", "0038"])
def test_a_backup_of_another_release_is_refused(tmp_path: Path, revision: str) -> None:
    assert refusal(backup(tmp_path, revision=revision)) == "backup_of_other_release"


@pytest.mark.parametrize("key", ["", base64.urlsafe_b64encode(b"2" * 32).decode(), "no key"])
def test_a_backup_whose_key_is_not_there_is_refused(tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = backup(tmp_path)
    monkeypatch.setenv("CONTENT_PIPELINE_ENCRYPTION_KEYS", key)
    settings.cache_clear()
    assert refusal(file) == "backup_key_missing"


@pytest.mark.parametrize("key_check", ["", "no base64 é", base64.b64encode(b"short").decode()])
def test_a_forged_check_of_the_key_is_no_reason_to_go_on(tmp_path: Path, key_check: str) -> None:
    assert refusal(backup(tmp_path, key_check=key_check)) == "backup_key_missing"


def test_a_file_that_is_not_there_or_no_backup_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "backup.tar") == "backup_missing"
    (tmp_path / "backup.tar").write_text("no backup")
    assert refusal(tmp_path / "backup.tar") == "backup_unusable"
