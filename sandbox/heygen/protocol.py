"""HeyGen API conventions: authentication, error envelope, pages."""

from collections.abc import Mapping
from http import HTTPStatus
from json import JSONDecodeError
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from sandbox.api_error import ApiError
from sandbox.parameters import Parameters

API_KEY: Final = "sandbox-heygen"

_DOCUMENTATION: Final = "https://developers.heygen.com/docs/error-codes"


def api_error(
    status: int, code: str, message: str, *, param: str | None = None, headers: Mapping[str, str] | None = None
) -> ApiError:
    body = {"error": {"code": code, "message": message, "param": param, "doc_url": f"{_DOCUMENTATION}#{code}"}}
    return ApiError(status, body, headers)


def invalid_parameter(param: str, message: str) -> ApiError:
    return api_error(HTTPStatus.BAD_REQUEST, "invalid_parameter", message, param=param)


def not_found(kind: str) -> ApiError:
    """An error such as `video_not_found`."""
    return api_error(HTTPStatus.NOT_FOUND, f"{kind}_not_found", f"The {kind} does not exist.")


def authenticate(request: Request) -> None:
    """FastAPI dependency: checks the API key. Raises ApiError `unauthorized`."""
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    if API_KEY not in (request.headers.get("x-api-key"), bearer):
        raise api_error(HTTPStatus.UNAUTHORIZED, "unauthorized", "The API key is missing or invalid.")


def page(items: list[dict[str, Any]], parameters: Parameters, *, default: int, most: int) -> dict[str, Any]:
    """The page of `items` that `limit` and `token` name; a token is the position of its first item."""
    limit, token = parameters.get("limit", str(default)), parameters.get("token", "0")
    if not limit.isdecimal() or not 1 <= int(limit) <= most:
        raise invalid_parameter("limit", f"The limit is not between 1 and {most}.")
    if not token.isdecimal():
        raise invalid_parameter("token", "The token is not one of a previous response.")
    end = int(token) + int(limit)
    has_more = end < len(items)
    return {"data": items[int(token) : end], "has_more": has_more, "next_token": str(end) if has_more else None}


async def _json_body(request: Request) -> dict[str, Any]:
    try:
        sent = await request.json()
    except (JSONDecodeError, UnicodeDecodeError) as error:
        raise api_error(HTTPStatus.BAD_REQUEST, "validation_error", "The body is not JSON.") from error
    if not isinstance(sent, dict):
        raise api_error(HTTPStatus.BAD_REQUEST, "validation_error", "The body is not a JSON object.")
    return sent


JsonBody = Annotated[dict[str, Any], Depends(_json_body)]
