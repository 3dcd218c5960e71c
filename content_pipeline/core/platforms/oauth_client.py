"""OAuth 2 client for the platforms' token endpoints: sends forms, reads tokens, maps refusals to our errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from content_pipeline.core.errors import Error, TooManyRequests, Unavailable, UpstreamError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.net.error_text import platform_message
from content_pipeline.core.infrastructure.net.retry_after import retry_after
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.app_settings import App, AppSettings
from content_pipeline.core.platforms.base import Ambiguous, Disconnected, Refused
from content_pipeline.core.platforms.oauth_provider import Tokens
from content_pipeline.core.platforms.response_json import json_object
from content_pipeline.core.settings import PREFIX

# Other processes wait while one refreshes an account's tokens: this must end before its lease (accounts/tokens.py).
_TIMEOUT: Final = httpx.Timeout(10, connect=5)
RECONNECT: Final = "Connect the account again."

_APP_REFUSED: Final = frozenset({"invalid_client", "unauthorized_client", "invalid_client_id", "invalid_client_key"})
# Codes about the person's consent. A 403 or 404 without one is not: firewalls answer so, and for all accounts at once.
_GRANT_REFUSED: Final = frozenset({"invalid_grant", "invalid_token", "access_denied"})


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """Our app at one platform. `label` is the platform's name as people write it.

    `grant_refused` are codes that mean a refused grant at this platform only.
    """

    label: str
    app_settings: type[AppSettings]
    grant_refused: frozenset[str] = frozenset()

    def app(self) -> App:
        """The app's credentials. Raises Unavailable `platform_not_configured`."""
        app = self.app_settings.current().app
        if not app.id or not app.secret:
            raise Unavailable(
                f"No app is registered at {self.label}, so no account of it can be connected.",
                code="platform_not_configured",
                remedy=f"Register one there and set {self._settings}, as .env.example says.",
                retryable=False,
            )
        return app

    def post(self, address: str, form: Mapping[str, str]) -> dict[str, Any]:
        """The JSON object that a token endpoint answers to a form; {} for a success without one.

        Raises Disconnected for a refused grant, Refused `app_refused` for a refused app, TooManyRequests,
        UpstreamError.
        """
        response = send("POST", address, data=form)
        body = json_object(response)
        if response.is_success and "error" not in body:
            return body
        raise self._refusal(response, body)

    def tokens(self, body: Mapping[str, Any]) -> Tokens:
        """The tokens in a success response. Raises UpstreamError when there are none."""
        if not body.get("access_token"):
            raise UpstreamError(f"{self.label} answered without a token.", remedy=RECONNECT, retryable=True)
        return Tokens(
            access=str(body["access_token"]),
            expires_at=_moment_in(body.get("expires_in")),
            refresh=body.get("refresh_token") or None,
            refresh_expires_at=_moment_in(body.get("refresh_expires_in")),
            # The standard separates by spaces; TikTok, LinkedIn and Instagram by commas.
            scopes=str(body.get("scope") or "").replace(",", " ").split(),
        )

    def _refusal(self, response: httpx.Response, body: Mapping[str, Any]) -> Error:
        code = str(body.get("error", ""))
        sentence = f"{self.label} answered {response.status_code}."
        if message := platform_message(str(body.get("error_description") or code)):
            sentence = f"{self.label} says: {message}"
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            return TooManyRequests(sentence, remedy="Try again later.", retry_after=retry_after(response))
        if code in _APP_REFUSED:
            return Refused(
                sentence,
                code="app_refused",
                remedy=f"Check {self._settings}: the platform does not know this app.",
            )
        if code in _GRANT_REFUSED or code in self.grant_refused:
            return Disconnected(sentence, remedy=RECONNECT)
        return UpstreamError(sentence, code="platform_failed", remedy="Try again later.", retryable=True)

    @property
    def _settings(self) -> str:
        """The environment variables of the app's credentials."""
        return " and ".join(f"{PREFIX}{name.upper()}" for name in self.app_settings.CREDENTIALS)


def send(method: str, address: str, **request: Any) -> httpx.Response:
    """Send one request that gets or revokes tokens; returns a response of any status. `request` is httpx's.

    Raises UpstreamError `platform_unreachable`, also for a lost response: Ambiguous is about posts, and a token refresh
    on the way to a post has not sent it.
    """
    try:
        return transport.send(method, address, timeout=_TIMEOUT, **request)
    except Ambiguous as error:
        raise UpstreamError(
            error.detail, code="platform_unreachable", remedy="Try again later.", retryable=True
        ) from error


def _moment_in(seconds: object) -> datetime | None:
    return now() + timedelta(seconds=seconds) if isinstance(seconds, int) else None
