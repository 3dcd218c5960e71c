"""TikTok's OAuth: `client_key` for `client_id`, PKCE challenge in hex, flat errors that often come with status 200."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

import httpx

from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.oauth_client import OAuthClient
from content_pipeline.core.platforms.oauth_provider import Profile, Tokens
from content_pipeline.core.platforms.response_json import json_object
from content_pipeline.core.platforms.tiktok import insights
from content_pipeline.core.platforms.tiktok.errors import failure
from content_pipeline.core.platforms.tiktok.settings import TikTokSettings

_CLIENT: Final = OAuthClient("TikTok", TikTokSettings)
_WWW: Final = "www.tiktok.com"
_API: Final = "open.tiktokapis.com"
SCOPES: Final = ("user.info.basic", "user.info.profile", "video.publish")


def _scopes() -> Sequence[str]:
    """TikTok refuses to connect an account at all when the app asks for scopes that it is not approved for."""
    return (*SCOPES, *insights.SCOPES) if TikTokSettings.current().tiktok_insights else SCOPES


class TikTokOAuth:
    def authorize_url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        parameters = {
            "client_key": _CLIENT.app().id,
            "scope": ",".join(_scopes()),
            "response_type": "code",
            "redirect_uri": redirect_uri,
            "state": state,
            # TikTok takes the challenge in hex, where RFC 7636 has base64url.
            "code_challenge": sha256(verifier.encode()).hexdigest(),
            "code_challenge_method": "S256",
            # Otherwise TikTok skips its consent page for a person who has consented before, even if they follow
            # somebody else's link.
            "disable_auto_auth": "1",
        }
        return str(httpx.URL(transport.url(_WWW, "/v2/auth/authorize/"), params=parameters))

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Tokens:
        return self._tokens(
            grant_type="authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=verifier
        )

    def refresh(self, tokens: Tokens, *, issued_at: datetime) -> Tokens:
        return self._tokens(grant_type="refresh_token", refresh_token=tokens.refresh or "")

    def revoke(self, tokens: Tokens) -> None:
        self._post("/v2/oauth/revoke/", token=tokens.access)

    def profile(self, token: str) -> Profile:
        address = transport.url(_API, "/v2/user/info/")
        fields = {"fields": "open_id,display_name,username"}
        response = transport.read("GET", address, params=fields, headers={"Authorization": f"Bearer {token}"})
        user = json_object(response).get("data", {}).get("user")
        if not response.is_success or not user:
            raise failure(response)
        return Profile(user_id=user["open_id"], handle=f"@{user['username']}", name=user["display_name"])

    def _tokens(self, **form: str) -> Tokens:
        return _CLIENT.tokens(self._post("/v2/oauth/token/", **form))

    def _post(self, path: str, **form: str) -> dict[str, object]:
        app = _CLIENT.app()
        return _CLIENT.post(transport.url(_API, path), {"client_key": app.id, "client_secret": app.secret, **form})
