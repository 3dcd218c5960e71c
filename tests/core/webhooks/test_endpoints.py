"""Registration of webhooks: addresses, secrets and their rotation, limits, expiry."""

from base64 import b64decode
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from content_pipeline.core.errors import Conflict, Error, Invalid, Unavailable
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import WebhookEndpoint, WebhookEvent
from content_pipeline.core.settings import settings
from content_pipeline.core.webhooks import endpoints
from tests.core.webhooks.registered import deliveries, endpoint, happen, recorded, register
from tests.webhook_receiver import Receiver


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://127.0.0.1/hook", "url_forbidden"),
        ("https://169.254.169.254/latest/meta-data/", "url_forbidden"),
        ("https://10.0.0.1/hook", "url_forbidden"),
        ("https://[fd00::1]/hook", "url_forbidden"),
        ("https://user:secret@8.8.8.8/hook", "url_forbidden"),
        ("ftp://8.8.8.8/hook", "url_forbidden"),
        ("http://8.8.8.8/hook", "url_not_https"),
        ("not a url", "url_forbidden"),
    ],
)
def test_an_address_that_is_private_or_without_tls_is_refused(workspace_id: UUID, url: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        register(workspace_id, url)
    assert caught.value.code == code
    assert caught.value.remedy


def test_a_host_that_the_operator_allows_may_be_private_and_without_tls(workspace_id: UUID, receiver: Receiver) -> None:
    endpoint_id, _ = register(workspace_id, receiver.url)
    assert endpoint(endpoint_id).url == receiver.url


def test_a_secret_is_32_random_bytes_and_not_stored_in_clear_text(workspace_id: UUID) -> None:
    (one, secret), (_, other) = register(workspace_id), register(workspace_id)
    assert secret != other
    assert secret.startswith("whsec_")
    key = b64decode(secret.removeprefix("whsec_"))
    assert len(key) == 32
    with transaction() as session:
        row = str(session.execute(text("select * from webhook_endpoints where id = :id"), {"id": one}).one())
    assert secret not in row
    assert endpoints.signing_secrets(endpoint(one), now()) == [secret]


def test_after_a_rotation_the_old_secret_signs_too_for_a_day(workspace_id: UUID) -> None:
    endpoint_id, first = register(workspace_id)
    with transaction() as session:
        second = endpoints.rotate_secret(session.get_one(WebhookEndpoint, endpoint_id))
    rotated, moment = endpoint(endpoint_id), now()
    assert endpoints.signing_secrets(rotated, moment) == [second, first]
    assert endpoints.signing_secrets(rotated, moment + timedelta(hours=25)) == [second]


def test_a_second_rotation_retires_the_first_secret_at_once(workspace_id: UUID) -> None:
    endpoint_id, _ = register(workspace_id)
    with transaction() as session:
        row = session.get_one(WebhookEndpoint, endpoint_id)
        second, third = endpoints.rotate_secret(row), endpoints.rotate_secret(row)
    assert endpoints.signing_secrets(endpoint(endpoint_id), now()) == [third, second]


def test_a_workspace_has_a_limited_number(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "MAX_ENDPOINTS", 1)
    register(workspace_id)
    with pytest.raises(Conflict) as caught:
        register(workspace_id)
    assert caught.value.code == "too_many_webhooks"


def test_without_an_encryption_key_none_is_made(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "encryption_keys", [])
    with pytest.raises(Unavailable) as caught:
        register(workspace_id)
    assert caught.value.code == "encryption_key_missing"


def test_what_is_pending_waits_while_an_endpoint_is_disabled(workspace_id: UUID) -> None:
    endpoint_id, _ = register(workspace_id)
    happen(workspace_id)
    with transaction() as session:
        endpoints.disable(session.get_one(WebhookEndpoint, endpoint_id), endpoints.DISABLED)
    stored = endpoint(endpoint_id)
    assert stored.disabled_at
    assert Error.of(stored.reason or {}).code == "webhook_disabled"
    with transaction() as session:
        endpoints.enable(session.get_one(WebhookEndpoint, endpoint_id))
    assert [delivery.status for delivery in deliveries(endpoint_id)] == ["pending"]
    assert (endpoint(endpoint_id).disabled_at, endpoint(endpoint_id).reason) == (None, None)


def test_events_and_their_deliveries_are_deleted_after_thirty_days(workspace_id: UUID) -> None:
    endpoint_id, _ = register(workspace_id)
    for days in (31, 29):
        happen(workspace_id, days=days)
    with transaction() as session:
        for event in session.query(WebhookEvent).filter_by(workspace_id=workspace_id):
            event.created_at = now() - timedelta(days=event.data["days"])
    with transaction() as session:
        endpoints.sweep(session)
    (kept,) = recorded(workspace_id)
    assert [delivery.event_id for delivery in deliveries(endpoint_id)] == [kept.id]
    assert kept.data == {"days": 29}
