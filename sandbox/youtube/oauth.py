"""Google's OAuth. Only the first consent returns a refresh token; refreshing never does."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from sandbox import oauth
from sandbox.api_error import ApiError
from sandbox.consent_page import show_consent
from sandbox.faults import fault_point
from sandbox.oauth import AuthorizationRequest, Grant, Unauthorized
from sandbox.parameters import Parameters
from sandbox.store import Store
from sandbox.youtube import protocol

ACCESS_SECONDS: Final = 3599
# Google expires refresh tokens after six months without use; here they expire six months after they were issued.
REFRESH_SECONDS: Final = 182 * 24 * 3600


def routes(store: Store) -> APIRouter:
    router = APIRouter()
    token_step = [Depends(fault_point("youtube", "grant"))]

    @router.get("/accounts.google.com/o/oauth2/v2/auth")
    def authorize(request: Request, parameters: Parameters) -> Response:
        scopes = parameters.get("scope", "").split() if parameters.get("response_type") == "code" else []
        # Without a method the challenge would be the plain verifier, which is insecure and not supported here.
        method = parameters.get("code_challenge_method")
        authorization = AuthorizationRequest(
            parameters.get("client_id"),
            parameters.get("redirect_uri"),
            scopes if method in (None, "S256") else [],
            parameters.get("state"),
            challenge=parameters.get("code_challenge"),
            offline=parameters.get("access_type") == "offline",
            force="consent" in parameters.get("prompt", "").split(),
        )
        return show_consent(request, protocol.PROVIDER, authorization)

    @router.post("/oauth2.googleapis.com/token", dependencies=token_step)
    def token(parameters: Parameters) -> dict[str, Any]:
        if not protocol.PROVIDER.is_client(parameters.get("client_id"), parameters.get("client_secret")):
            raise _oauth_error("invalid_client", "The OAuth client was not found.", HTTPStatus.UNAUTHORIZED)
        with store.transaction():
            if parameters.get("grant_type") == "authorization_code":
                return _exchange_code(store, parameters)
            if parameters.get("grant_type") == "refresh_token":
                return _refresh(store, parameters)
        raise _oauth_error("unsupported_grant_type", f"Invalid grant_type: {parameters.get('grant_type', '')}")

    @router.post("/oauth2.googleapis.com/revoke", dependencies=token_step)
    def revoke(parameters: Parameters) -> dict[str, Any]:
        for kind in ("access", "refresh"):
            try:
                grant = oauth.get_token(store, "youtube", parameters.get("token"), kind).grant
            except Unauthorized:
                continue
            oauth.revoke(store, "youtube", grant.account)
            return {}
        raise _oauth_error("invalid_token", "Token expired or revoked")

    return router


def _exchange_code(store: Store, parameters: Mapping[str, str]) -> dict[str, Any]:
    try:
        grant = oauth.exchange_code(store, protocol.PROVIDER, parameters)
    except Unauthorized as error:
        if error.reason == "redirect":
            raise _oauth_error("redirect_uri_mismatch", "Bad Request") from error
        description = "Invalid code verifier." if error.reason == "verifier" else "Malformed auth code."
        raise _oauth_error("invalid_grant", description) from error
    answer = _access_token(store, grant)
    if grant.offline and (grant.force or not oauth.has_token(store, grant, "refresh")):
        answer["refresh_token"] = oauth.issue_token(store, grant, "refresh", prefix="1//0", seconds=REFRESH_SECONDS)
    return answer


def _refresh(store: Store, parameters: Mapping[str, str]) -> dict[str, Any]:
    try:
        grant = oauth.get_token(store, "youtube", parameters.get("refresh_token"), "refresh").grant
    except Unauthorized as error:
        raise _oauth_error("invalid_grant", "Token has been expired or revoked.") from error
    return _access_token(store, grant)


def _access_token(store: Store, grant: Grant) -> dict[str, Any]:
    access = oauth.issue_token(store, grant, "access", prefix="ya29.a0", seconds=ACCESS_SECONDS)
    return {
        "access_token": access,
        "expires_in": ACCESS_SECONDS,
        "scope": " ".join(grant.scopes),
        "token_type": "Bearer",
    }


def _oauth_error(error: str, description: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> ApiError:
    return ApiError(status, {"error": error, "error_description": description})
