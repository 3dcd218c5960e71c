"""What the platforms' OAuths have in common: an app that is registered there, and how token endpoints answer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import httpx
from pydantic import SecretStr

from content_pipeline.core.clock import now
from content_pipeline.core.errors import Error, Remote, TooManyRequests, Unavailable
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.answers import document
from content_pipeline.core.platforms.base import Disconnected, Refused
from content_pipeline.core.platforms.grants import Tokens
from content_pipeline.core.platforms.names import NAMES
from content_pipeline.core.platforms.sentences import said

# One process at a time refreshes the tokens of an account: all wait for it, and its lease (core/tokens.py) is longer.
TIMEOUT: Final = httpx.Timeout(10, connect=5)
RECONNECT: Final = "Connect the account again."

_APP_REFUSED: Final = frozenset({"invalid_client", "unauthorized_client", "invalid_client_id", "invalid_client_key"})
_PASSING: Final = frozenset({"temporarily_unavailable", "server_error", "internal_error", "rate_limit_exceeded"})


class App(NamedTuple):
    """Our registration at a platform."""

    id: str
    secret: str


def app(platform: str, client_id: str, secret: SecretStr) -> App:
    """Raises Unavailable `platform_not_configured`."""
    if not client_id or not secret.get_secret_value():
        raise Unavailable(
            f"No app is registered at {NAMES[platform]}, so no account of it can be connected.",
            code="platform_not_configured",
            remedy=f"Register one there and set CONTENT_PIPELINE_{platform.upper()}_CLIENT_…, as .env.example says.",
            retryable=False,
        )
    return App(client_id, secret.get_secret_value())


def post(platform: str, address: str, form: Mapping[str, str]) -> dict[str, Any]:
    """What a token endpoint answers to a form; {} for a good answer without a JSON object.

    Raises Disconnected for a refused grant, Refused `app_refused` for a refused app, TooManyRequests, Remote.
    """
    response = transport.send("POST", address, data=form, timeout=TIMEOUT)
    body = document(response)
    if response.is_success and "error" not in body:
        return body
    raise _refusal(platform, response, body)


def tokens(platform: str, body: Mapping[str, Any]) -> Tokens:
    """The tokens of a good answer. Raises Remote when there is none in it."""
    if not body.get("access_token"):
        raise Remote(
            f"{NAMES[platform]} answered without a token.", remedy="Connect the account again.", retryable=True
        )
    return Tokens(
        access=str(body["access_token"]),
        expires_at=moment_in(body.get("expires_in")),
        refresh=body.get("refresh_token") or None,
        refresh_expires_at=moment_in(body.get("refresh_expires_in")),
        # The standard separates by spaces; TikTok, LinkedIn and Instagram by commas.
        scopes=str(body.get("scope") or "").replace(",", " ").split(),
    )


def moment_in(seconds: object) -> datetime | None:
    return now() + timedelta(seconds=seconds) if isinstance(seconds, int) else None


def _refusal(platform: str, response: httpx.Response, body: Mapping[str, Any]) -> Error:
    code = str(body.get("error", ""))
    sentence = f"{NAMES[platform]} answered {response.status_code}."
    if words := said(str(body.get("error_description") or code)):
        sentence = f"{NAMES[platform]} says: {words}"
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return TooManyRequests(sentence, remedy="Try again later.", retry_after=transport.retry_after(response))
    if response.is_server_error or code in _PASSING:
        return Remote(sentence, code="platform_failed", remedy="Try again later.", retryable=True)
    if code in _APP_REFUSED:
        return Refused(
            sentence,
            code="app_refused",
            remedy=f"Check CONTENT_PIPELINE_{platform.upper()}_CLIENT_…: the platform does not know this app.",
        )
    return Disconnected(sentence, remedy=RECONNECT)
