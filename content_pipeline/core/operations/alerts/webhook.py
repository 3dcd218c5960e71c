"""The operator's webhook: one signed POST for each error code with new failures.

Signatures are those of Standard Webhooks (https://www.standardwebhooks.com), as customers get them. The address is a
setting of the operator's, so it may be private, and none of it is logged: it may contain a token.
"""

from base64 import b64encode
from typing import Final

import httpx
from pydantic_core import to_json
from standardwebhooks import Webhook

from content_pipeline.core.errors import Error
from content_pipeline.core.infrastructure.clock import real_now
from content_pipeline.core.infrastructure.net import safe_fetch
from content_pipeline.core.models import FailureCount
from content_pipeline.core.settings import settings

TIMEOUT_SECONDS: Final = 5.0


def send(count: FailureCount) -> str | None:
    """Tell the webhook of the failures with a code, within TIMEOUT_SECONDS. Returns why it did not accept."""
    body = _body(count)
    try:
        url = httpx.URL(settings().alert_webhook_url.get_secret_value())
        headers = {"Content-Type": "application/json", **_credentials(url), **_signature(count, body)}
        target = str(url.copy_with(userinfo=b""))
        # httpx bounds each read, not the call: a receiver that sent a byte of its headers now and then held the thread.
        answer = safe_fetch.post(target, body, headers, seconds=TIMEOUT_SECONDS, public_only=False)
    except Error as error:
        return error.code
    except Exception as error:  # whatever it is, it must not stop the alerts of other codes
        return type(error).__name__
    return None if answer.is_success else f"It answered {answer.status_code}."


def _credentials(url: httpx.URL) -> dict[str, str]:
    """The header for the user name and password of an address, if it has them."""
    if not url.userinfo:
        return {}
    pair = b64encode(f"{url.username}:{url.password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def run_url(run_id: str) -> str:
    """The page of a run."""
    pages = settings().dagster_public_url or f"http://127.0.0.1:{settings().dagster_port}"
    return f"{pages.rstrip('/')}/runs/{run_id}"


def _body(count: FailureCount) -> bytes:
    data = {
        "code": count.code,
        "failures": count.total - count.sent,
        "total": count.total,
        "job": count.last_job,
        "run_id": count.last_run_id,
        "run_url": run_url(count.last_run_id),
    }
    return to_json({"type": "runs.failed", "timestamp": count.last_at, "data": data})


def _signature(count: FailureCount, body: bytes) -> dict[str, str]:
    at = real_now()  # receivers refuse a timestamp that is 5 minutes off
    message_id = f"{count.code}-{count.total}"  # the same when it is sent again
    signature = Webhook(settings().alert_webhook_secret.get_secret_value()).sign(message_id, at, body.decode())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
