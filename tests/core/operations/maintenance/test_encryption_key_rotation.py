"""Key rotation: everything is re-encrypted, and the old key can be removed."""

import json
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from content_pipeline.core.infrastructure import encryption
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, Publication, WebhookEndpoint
from content_pipeline.core.operations.maintenance import encryption_key_rotation
from content_pipeline.core.operations.maintenance.encryption_key_rotation import Rotation
from content_pipeline.core.platforms.accounts import accounts
from content_pipeline.core.publishing import attempts
from content_pipeline.core.settings import settings
from content_pipeline.core.webhooks import endpoints
from tests.accounts import connect, encryption_key, read_account
from tests.sandbox_server import Sandbox

PREPARED: Final[dict[str, Any]] = {"upload_url": "https://upload.example.com/?token=secret"}


@pytest.fixture
def account(platforms: Sandbox, workspace_id: UUID) -> Account:
    return connect(platforms, workspace_id, "youtube")


@pytest.fixture
def publication(account: Account) -> Publication:
    """A post in progress."""
    row = Publication(
        id=uuid4(), workspace_id=account.workspace_id, request_id=uuid4(), account_id=account.id,
        platform=account.platform, options={}, created_at=now(),
    )  # fmt: skip
    row.prepared = encryption.encrypt(json.dumps(PREPARED), f"publications/{row.id}/prepared")
    with transaction() as session:
        session.add(row)
    return row


def set_keys(patch: pytest.MonkeyPatch, *fillings: int) -> None:
    patch.setattr(settings(), "encryption_keys", [encryption_key(filling) for filling in fillings])


@pytest.mark.slow
def test_what_is_sealed_opens_with_the_new_key_alone(
    account: Account, publication: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = accounts.decrypt_tokens(account)
    assert tokens.refresh
    set_keys(monkeypatch, 2, 1)
    assert encryption_key_rotation.reencrypt() == Rotation(2, {})
    set_keys(monkeypatch, 2)
    assert accounts.decrypt_tokens(read_account(account.id)) == tokens
    with transaction() as session:
        assert attempts.decrypt_prepared(session.get_one(Publication, publication.id)) == PREPARED


def test_the_secrets_of_a_webhook_open_with_the_new_key_alone(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_keys(monkeypatch, 1)
    with transaction() as session:
        endpoint, first = endpoints.create(session, workspace_id, "https://8.8.8.8/hook", None)
        second = endpoints.rotate_secret(endpoint)
    set_keys(monkeypatch, 2, 1)
    assert encryption_key_rotation.reencrypt() == Rotation(1, {})
    set_keys(monkeypatch, 2)
    with transaction() as session:
        row = session.get_one(WebhookEndpoint, endpoint.id)
        assert endpoints.signing_secrets(row, now()) == [second, first]


def test_what_the_first_key_sealed_is_left_alone(account: Account, publication: Publication) -> None:
    assert encryption_key_rotation.reencrypt() == Rotation(0, {})
    assert read_account(account.id).access_token == account.access_token


def test_without_the_old_key_nothing_is_lost(
    account: Account, publication: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_keys(monkeypatch, 2)
    done = encryption_key_rotation.reencrypt()
    assert done.reencrypted == 0
    assert {row: error.code for row, error in done.failed.items()} == {
        f"accounts {account.id}": "encryption_key_missing",
        f"publications {publication.id}": "encryption_key_missing",
    }
    set_keys(monkeypatch, 1)
    assert accounts.decrypt_tokens(read_account(account.id)) == accounts.decrypt_tokens(account)


def test_a_row_that_cannot_be_decrypted_keeps_no_other_from_the_new_key(
    account: Account, publication: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = accounts.decrypt_tokens(account)
    with transaction() as session:  # a value of another row, as a restored backup may have it
        session.get_one(Publication, publication.id).prepared = encryption.encrypt("{}", "publications/other/prepared")
    with transaction() as session:
        altered = session.get_one(Publication, publication.id).prepared
    set_keys(monkeypatch, 2, 1)
    done = encryption_key_rotation.reencrypt()
    assert done.reencrypted == 1
    assert {row: error.code for row, error in done.failed.items()} == {
        f"publications {publication.id}": "sealed_value_invalid"
    }
    set_keys(monkeypatch, 2)
    assert accounts.decrypt_tokens(read_account(account.id)) == tokens
    with transaction() as session:
        assert session.get_one(Publication, publication.id).prepared == altered
