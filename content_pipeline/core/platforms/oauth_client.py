"""What the platforms' OAuths have in common: an app that is registered there, and how token endpoints answer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import httpx
from pydantic import SecretStr

from content_pipeline.core.clock import now
from content_pipeline.core.errors import Error, TooManyRequests, Unavailable, UpstreamError
from content_pipeline.core.net.retry_after import retry_after
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Ambiguous, Disconnected, Refused
from content_pipeline.core.platforms.error_text import platform_message
from content_pipeline.core.platforms.names import NAMES
from content_pipeline.core.platforms.oauth_provider import Tokens
from content_pipeline.core.platforms.response_json import json_object

# One process at a time refreshes the tokens of an account: all wait for it, and its lease (accounts/tokens.py) is
# longer.
_TIMEOUT: Final = httpx.Timeout(10, connect=5)
RECONNECT: Final = "Connect the account again."

_APP_REFUSED: Final = frozenset({"invalid_client", "unauthorized_client", "invalid_client_id", "invalid_client_key"})
# What speaks of the person's consent. A 403 or 404 alone does not: firewalls answer so, and once for all accounts.
_GRANT_REFUSED: Final = frozenset({"invalid_grant", "invalid_token", "access_denied"})
# LinkedIn says it of codes that are used or expired; elsewhere it is a fault of ours, and no account's.
_GRANT_REFUSED_AT: Final = {"linkedin": frozenset({"invalid_request"})}


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


def send(method: str, address: str, **request: Any) -> httpx.Response:
    """One attempt at getting or ending tokens; any status is an answer; `request` is httpx's.

    Raises UpstreamError `platform_unreachable`, for a lost answer too: Ambiguous is said of posts, and whoever refreshes a
    token on the way to one has not sent it.
    """
    try:
        return transport.send(method, address, timeout=_TIMEOUT, **request)
    except Ambiguous as error:
        raise UpstreamError(
            error.detail, code="platform_unreachable", remedy="Try again later.", retryable=True
        ) from error


def post(platform: str, address: str, form: Mapping[str, str]) -> dict[str, Any]:
    """What a token endpoint answers to a form; {} for a good answer without a JSON object.

    Raises Disconnected for a refused grant, Refused `app_refused` for a refused app, TooManyRequests, UpstreamError.
    """
    response = send("POST", address, data=form)
    body = json_object(response)
    if response.is_success and "error" not in body:
        return body
    raise _refusal(platform, response, body)


def tokens(platform: str, body: Mapping[str, Any]) -> Tokens:
    """The tokens of a good answer. Raises UpstreamError when there is none in it."""
    if not body.get("access_token"):
        raise UpstreamError(
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
    if words := platform_message(str(body.get("error_description") or code)):
        sentence = f"{NAMES[platform]} says: {words}"
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return TooManyRequests(sentence, remedy="Try again later.", retry_after=retry_after(response))
    if code in _APP_REFUSED:
        return Refused(
            sentence,
            code="app_refused",
            remedy=f"Check CONTENT_PIPELINE_{platform.upper()}_CLIENT_…: the platform does not know this app.",
        )
    if code in _GRANT_REFUSED or code in _GRANT_REFUSED_AT.get(platform, ()):
        return Disconnected(sentence, remedy=RECONNECT)
    return UpstreamError(sentence, code="platform_failed", remedy="Try again later.", retryable=True)
