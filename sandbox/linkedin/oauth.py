"""LinkedIn's OAuth and userinfo endpoints. Only approved apps get refresh tokens."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import Response

from sandbox import oauth
from sandbox.api_error import ApiError
from sandbox.consent_page import show_consent
from sandbox.faults import fault_point
from sandbox.linkedin import protocol
from sandbox.oauth import AuthorizationRequest, Grant, Unauthorized
from sandbox.parameters import Parameters
from sandbox.settings import read_settings
from sandbox.store import Store

ACCESS_SECONDS: Final = 60 * 24 * 3600
REFRESH_SECONDS: Final = 365 * 24 * 3600


def routes(store: Store) -> APIRouter:
    router = APIRouter()
    token_step = [Depends(fault_point("linkedin", "grant"))]

    @router.get("/www.linkedin.com/oauth/v2/authorization")
    def authorize(request: Request, parameters: Parameters) -> Response:
        scopes = parameters.get("scope", "").split() if parameters.get("response_type") == "code" else []
        authorization = AuthorizationRequest(
            parameters.get("client_id"), parameters.get("redirect_uri"), scopes, parameters.get("state")
        )
        return show_consent(request, protocol.PROVIDER, authorization)

    @router.post("/www.linkedin.com/oauth/v2/accessToken", dependencies=token_step)
    def token(parameters: Parameters) -> dict[str, Any]:
        _check_client(parameters)
        with store.transaction():
            if parameters.get("grant_type") == "authorization_code":
                return _exchange_code(store, parameters)
            if parameters.get("grant_type") == "refresh_token":
                return _refresh(store, parameters)
        raise _oauth_error("invalid_request", 'A required parameter "grant_type" is missing')

    @router.post("/www.linkedin.com/oauth/v2/revoke", dependencies=token_step)
    def revoke(parameters: Parameters) -> Response:
        _check_client(parameters)
        try:
            grant = oauth.get_token(store, "linkedin", parameters.get("token")).grant
        except Unauthorized as error:
            raise _oauth_error("invalid_request", "The token is not valid") from error
        oauth.revoke(store, "linkedin", grant.account)
        return Response()

    @router.get("/api.linkedin.com/v2/userinfo", dependencies=token_step)
    def userinfo(authorization: Annotated[str | None, Header()] = None) -> dict[str, Any]:
        grant = protocol.authenticate(store, authorization, "openid", "userinfo.GET.NO_VERSION")
        claims: dict[str, Any] = {"sub": grant.account}
        if "profile" in grant.scopes:
            given, _, family = grant.name.partition(" ")
            claims |= {"name": grant.name, "given_name": given, "family_name": family}
            claims["locale"] = {"country": "US", "language": "en"}
        if "email" in grant.scopes:
            claims |= {"email": f"{grant.username}@example.com", "email_verified": True}
        return claims

    return router


def _exchange_code(store: Store, parameters: Mapping[str, str]) -> dict[str, Any]:
    try:
        grant = oauth.exchange_code(store, protocol.PROVIDER, parameters)
    except Unauthorized as error:
        message = (
            "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. "
            "Or authorization code expired. Or external member binding exists"
        )
        raise _oauth_error("invalid_request", message) from error
    answer = _access_token(store, grant)
    if not read_settings(store).linkedin_refresh_tokens:
        return answer
    refresh = oauth.issue_token(store, grant, "refresh", prefix="AQW", seconds=REFRESH_SECONDS)
    return {**answer, "refresh_token": refresh, "refresh_token_expires_in": REFRESH_SECONDS // 60}


def _refresh(store: Store, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Issue an access token. The refresh token and its expiry stay the same."""
    try:
        token = oauth.get_token(store, "linkedin", parameters.get("refresh_token"), "refresh")
    except Unauthorized as error:
        message = "The provided authorization grant or refresh token is invalid, expired or revoked."
        raise _oauth_error("invalid_grant", message) from error
    # Minutes, as in the sample of LinkedIn's documentation, whose text says seconds.
    left = int(token.expires_at - store.timestamp()) // 60
    return {**_access_token(store, token.grant), "refresh_token": token.value, "refresh_token_expires_in": left}


def _access_token(store: Store, grant: Grant) -> dict[str, Any]:
    access = oauth.issue_token(store, grant, "access", prefix="AQV", seconds=ACCESS_SECONDS)
    return {
        "access_token": access,
        "expires_in": ACCESS_SECONDS,
        "scope": ",".join(grant.scopes),
        "token_type": "Bearer",
    }


def _check_client(parameters: Mapping[str, str]) -> None:
    if not protocol.PROVIDER.is_client(parameters.get("client_id"), parameters.get("client_secret")):
        raise _oauth_error("invalid_client", "Client authentication failed", HTTPStatus.UNAUTHORIZED)


def _oauth_error(error: str, description: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> ApiError:
    return ApiError(status, {"error": error, "error_description": description})
