"""Problem details in the OpenAPI document: the schema, and the `responses=` of routes."""

from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field


class Pointer(BaseModel):
    place: str = Field("body", alias="in", examples=["body"])
    pointer: str = Field(examples=["/font_size"], description="JSON Pointer to the invalid value")
    detail: str


class RowFault(BaseModel):
    row: int = Field(ge=1, examples=[3], description="Row of the CSV; the first after the header is 1")
    column: str | None = Field(examples=["script"], description="null if the whole row cannot be read")
    code: str = Field(examples=["script_too_long"], description="Stable, machine-readable")
    detail: str
    remedy: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "https://api.example.com/errors/task_not_found",
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

    type: str = Field(description="The address of a page on `code`: its causes, and what to do")
    title: str
    status: int
    detail: str = Field(description="Human-readable")
    code: str = Field(description="Stable, machine-readable")
    request_id: str
    remedy: str | None = Field(None, description="How to fix it")
    retryable: bool | None = None
    retry_after: float | None = Field(None, description="Seconds, as in the Retry-After header")
    errors: list[Pointer] | list[RowFault] | None = None


_CONTENT: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may answer with these statuses."""
    return {status: {"description": HTTPStatus(status).phrase, "content": _CONTENT} for status in statuses}
