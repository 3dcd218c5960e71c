"""The OpenAPI document, with errors under the media type that they are sent in."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.schemas.problems import Problem


def install(app: FastAPI) -> None:
    generate = app.openapi

    def with_problem() -> dict[str, Any]:
        document = generate()
        document["components"]["schemas"] |= _schemas()
        return document

    app.openapi = with_problem  # type: ignore[method-assign]  # the way FastAPI documents it


def _schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}


def operation_id(route: APIRoute) -> str:
    """Short names for generated clients."""
    return route.name
