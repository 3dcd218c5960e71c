"""Graph API conventions of graph.instagram.com: error envelope, authentication, rate limits, field selection."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from secrets import token_hex
from typing import Any, Final

from fastapi import Request, Response

from sandbox import oauth, sliding_window
from sandbox.api_error import ApiError
from sandbox.oauth import Grant, Provider, Unauthorized, derived_number
from sandbox.parameters import Parameters
from sandbox.settings import read_settings
from sandbox.store import Store

BASIC: Final = "instagram_business_basic"
PUBLISH: Final = "instagram_business_content_publish"
INSIGHTS: Final = "instagram_business_manage_insights"

PROVIDER: Final = Provider(
    platform="instagram",
    title="Instagram",
    scopes={
        BASIC: "See your profile and your media",
        PUBLISH: "Publish Reels for you",
        INSIGHTS: "See how your posts do",
        "instagram_business_manage_comments": "Read and answer comments",
    },
    account_id=lambda username: derived_number("instagram", username, 17),
    code_seconds=3600,
    denial={
        "error": "access_denied",
        "error_reason": "user_denied",
        "error_description": "The user denied your request.",
    },
    code_suffix="#_",
)

_USAGE_SECONDS: Final = 3600


def api_error(
    message: str,
    code: int,
    subcode: int | None = None,
    *,
    status: int = HTTPStatus.BAD_REQUEST,
    transient: bool = False,
    user_message: str | None = None,
) -> ApiError:
    """An error in the Graph API's envelope."""
    user_fields = {} if user_message is None else {"error_user_title": "Error", "error_user_msg": user_message}
    error = {
        "message": message,
        "type": "OAuthException",
        "code": code,
        **({} if subcode is None else {"error_subcode": subcode}),
        "is_transient": transient,
        **user_fields,
        "fbtrace_id": f"A{token_hex(10)}",
    }
    return ApiError(status, {"error": error})


def missing_object(id: str) -> ApiError:
    return api_error(
        f"Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, "
        "or does not support this operation",
        100,
        33,
    )


def authenticate(request: Request, parameters: Mapping[str, str], scope: str) -> Grant:
    """The grant of the request's token. Raises ApiError 190 if it is invalid, 10 if it lacks the scope."""
    scheme, _, header = request.headers.get("authorization", "").partition(" ")
    value = header if scheme in ("Bearer", "OAuth") else parameters.get("access_token")
    try:
        grant = oauth.get_token(request.app.state.store, "instagram", value).grant
    except Unauthorized as error:
        raise token_error(error) from error
    if scope not in grant.scopes:
        raise api_error(
            "(#10) Application does not have permission for this action", 10, status=HTTPStatus.FORBIDDEN
        ) from None
    return grant


def token_error(error: Unauthorized) -> ApiError:
    if error.reason == "expired":
        return api_error("Error validating access token: Session has expired.", 190, 463)
    if error.reason == "revoked":
        return api_error("Error validating access token: The user has not authorized this application.", 190, 467)
    return api_error("Invalid OAuth access token - Cannot parse access token", 190)


def count_call(store: Store, grant: Grant, response: Response) -> None:
    """Count the call and set the usage headers of the hourly limit. Raises ApiError 4 above the limit."""
    limit = read_settings(store).instagram_calls_per_hour
    percent = int(100 * sliding_window.record(store, "instagram", seconds=_USAGE_SECONDS, limit=limit))
    if percent > 100:
        raise api_error("(#4) Application request limit reached", 4, status=HTTPStatus.FORBIDDEN, transient=True)
    usage = {"call_count": percent, "total_time": percent, "total_cputime": percent // 2}
    business = {"type": "instagram", **usage, "estimated_time_to_regain_access": 0}
    response.headers["X-App-Usage"] = json.dumps(usage)
    response.headers["X-Business-Use-Case-Usage"] = json.dumps({grant.account: [business]})


def authorized(scope: str) -> Callable[..., Grant]:
    """FastAPI dependency: the caller's grant, which has the scope. It counts the call."""

    def caller(request: Request, response: Response, parameters: Parameters) -> Grant:
        grant = authenticate(request, parameters, scope)
        count_call(request.app.state.store, grant, response)
        return grant

    return caller


def date_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def select_fields(document: Mapping[str, Any], fields: str | None, default: Iterable[str] = ()) -> dict[str, Any]:
    """The requested fields and the id. Raises ApiError 100 for an unknown field."""
    names = [name.strip() for name in (fields or ",".join(default)).split(",") if name.strip()]
    for name in names:
        if name not in document:
            raise api_error(f"(#100) Tried accessing nonexisting field ({name})", 100)
    return {name: document[name] for name in dict.fromkeys([*names, "id"]) if name in document}
