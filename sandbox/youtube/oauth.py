"""Google's OAuth. A refresh token comes with the first consent only, and never with a refresh."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from sandbox import oauth
from sandbox.consent import ask
from sandbox.faults import step
from sandbox.oauth import Grant, Unauthorized, Wish
from sandbox.parameters import Parameters
from sandbox.refusals import Refusal
from sandbox.store import World
from sandbox.youtube import wire

ACCESS_SECONDS: Final = 3599
# A refresh token that nobody uses for six months dies. Here it dies half a year after it was given.
REFRESH_SECONDS: Final = 182 * 24 * 3600


def routes(world: World) -> APIRouter:
    router = APIRouter()
    grants = [Depends(step("youtube", "grant"))]

    @router.get("/accounts.google.com/o/oauth2/v2/auth")
    def authorize(request: Request, parameters: Parameters) -> Response:
        wanted = parameters.get("scope", "").split() if parameters.get("response_type") == "code" else []
        # Without a method, the challenge is the verifier itself: nobody should want that, and here nobody can.
        method = parameters.get("code_challenge_method")
        wish = Wish(
            parameters.get("client_id"),
            parameters.get("redirect_uri"),
            wanted if method in (None, "S256") else [],
            parameters.get("state"),
            challenge=parameters.get("code_challenge"),
            offline=parameters.get("access_type") == "offline",
            force="consent" in parameters.get("prompt", "").split(),
        )
        return ask(request, wire.PROVIDER, wish)

    @router.post("/oauth2.googleapis.com/token", dependencies=grants)
    def token(parameters: Parameters) -> dict[str, Any]:
        if not wire.PROVIDER.is_client(parameters.get("client_id"), parameters.get("client_secret")):
            raise _refused("invalid_client", "The OAuth client was not found.", HTTPStatus.UNAUTHORIZED)
        with world.transaction():
            if parameters.get("grant_type") == "authorization_code":
                return _exchanged(world, parameters)
            if parameters.get("grant_type") == "refresh_token":
                return _refreshed(world, parameters)
        raise _refused("unsupported_grant_type", f"Invalid grant_type: {parameters.get('grant_type', '')}")

    @router.post("/oauth2.googleapis.com/revoke", dependencies=grants)
    def revoke(parameters: Parameters) -> dict[str, Any]:
        for kind in ("access", "refresh"):
            try:
                grant = oauth.look_up(world, "youtube", parameters.get("token"), kind).grant
            except Unauthorized:
                continue
            oauth.revoke(world, "youtube", grant.account)
            return {}
        raise _refused("invalid_token", "Token expired or revoked")

    return router


def _exchanged(world: World, parameters: Mapping[str, str]) -> dict[str, Any]:
    try:
        grant = oauth.redeem(world, wire.PROVIDER, parameters)
    except Unauthorized as error:
        if error.reason == "redirect":
            raise _refused("redirect_uri_mismatch", "Bad Request") from error
        words = "Invalid code verifier." if error.reason == "verifier" else "Malformed auth code."
        raise _refused("invalid_grant", words) from error
    answer = _access(world, grant)
    if grant.offline and (grant.force or not oauth.has_token(world, grant, "refresh")):
        answer["refresh_token"] = oauth.issue(world, grant, "refresh", prefix="1//0", seconds=REFRESH_SECONDS)
    return answer


def _refreshed(world: World, parameters: Mapping[str, str]) -> dict[str, Any]:
    try:
        grant = oauth.look_up(world, "youtube", parameters.get("refresh_token"), "refresh").grant
    except Unauthorized as error:
        raise _refused("invalid_grant", "Token has been expired or revoked.") from error
    return _access(world, grant)


def _access(world: World, grant: Grant) -> dict[str, Any]:
    access = oauth.issue(world, grant, "access", prefix="ya29.a0", seconds=ACCESS_SECONDS)
    return {
        "access_token": access,
        "expires_in": ACCESS_SECONDS,
        "scope": " ".join(grant.scopes),
        "token_type": "Bearer",
    }


def _refused(error: str, description: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> Refusal:
    return Refusal(status, {"error": error, "error_description": description})
