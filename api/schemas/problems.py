"""The errors of the API, as the OpenAPI page shows them."""

from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field


class Pointer(BaseModel):
    place: str = Field("body", alias="in", examples=["body"])
    pointer: str = Field(examples=["/font_size"], description="JSON Pointer to the value at fault")
    detail: str


class RowFault(BaseModel):
    row: int = Field(ge=1, examples=[3], description="Of the CSV, the first one below the header is 1")
    column: str | None = Field(examples=["script"], description="null where the row as a whole cannot be read")
    code: str = Field(examples=["script_too_long"], description="A word for the program; it stays the same")
    detail: str
    remedy: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "There is no task abc123.",
                    "code": "task_not_found",
                    "request_id": "0c2d5a1f6f1b4a1b8c7e3f2a9d4e5b6c",
                    "retryable": False,
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str = Field(description="A sentence for the person")
    code: str = Field(description="A word for the program; it stays the same")
    request_id: str
    remedy: str | None = Field(None, description="What can be done about it")
    retryable: bool | None = None
    retry_after: float | None = Field(None, description="Seconds, as in the Retry-After header")
    errors: list[Pointer] | list[RowFault] | None = None


_CONTENT: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of routes that may answer with these errors."""
    return {status: {"description": HTTPStatus(status).phrase, "content": _CONTENT} for status in statuses}
