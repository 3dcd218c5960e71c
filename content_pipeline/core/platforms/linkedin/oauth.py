"""LinkedIn's OAuth for members. Only approved apps get refresh tokens; others connect again every 60 days."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri

from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Disconnected
from content_pipeline.core.platforms.linkedin import insights
from content_pipeline.core.platforms.linkedin.errors import checked
from content_pipeline.core.platforms.linkedin.settings import LinkedInSettings
from content_pipeline.core.platforms.oauth_client import OAuthClient
from content_pipeline.core.platforms.oauth_provider import Profile, Tokens

# LinkedIn answers invalid_request to codes that are used or expired; elsewhere it is a fault of the request.
_CLIENT: Final = OAuthClient("LinkedIn", LinkedInSettings, grant_refused=frozenset({"invalid_request"}))
_WWW: Final = "www.linkedin.com"
SCOPES: Final = ("openid", "profile", "w_member_social")


def _scopes() -> Sequence[str]:
    """LinkedIn refuses to connect an account at all when the app asks for scopes that it is not approved for."""
    is_approved = LinkedInSettings.current().linkedin_insights_calls > 0
    return (*SCOPES, *insights.SCOPES) if is_approved else SCOPES


class LinkedInOAuth:
    def authorize_url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        address = transport.url(_WWW, "/oauth/v2/authorization")
        return str(
            prepare_grant_uri(
                address, _CLIENT.app().id, "code", redirect_uri=redirect_uri, scope=" ".join(_scopes()), state=state
            )
        )

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Tokens:
        return self._tokens(grant_type="authorization_code", code=code, redirect_uri=redirect_uri)

    def refresh(self, tokens: Tokens, *, issued_at: datetime) -> Tokens:
        if tokens.refresh is None:
            raise Disconnected(
                "The consent given at LinkedIn has ended: it lasts 60 days.", remedy="Connect the account again."
            )
        return self._tokens(grant_type="refresh_token", refresh_token=tokens.refresh)

    def revoke(self, tokens: Tokens) -> None:
        self._post("/oauth/v2/revoke", token=tokens.access)

    def profile(self, token: str) -> Profile:
        address = transport.url("api.linkedin.com", "/v2/userinfo")
        member = checked(transport.read("GET", address, headers={"Authorization": f"Bearer {token}"})).json()
        # The API returns no handle of members.
        return Profile(user_id=member["sub"], handle=member["name"], name=member["name"])

    def _tokens(self, **form: str) -> Tokens:
        # refresh_token_expires_in is documented in seconds and was seen in minutes: it is ignored.
        return replace(_CLIENT.tokens(self._post("/oauth/v2/accessToken", **form)), refresh_expires_at=None)

    def _post(self, path: str, **form: str) -> dict[str, object]:
        app = _CLIENT.app()
        return _CLIENT.post(transport.url(_WWW, path), {"client_id": app.id, "client_secret": app.secret, **form})
