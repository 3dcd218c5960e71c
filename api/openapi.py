"""The OpenAPI document: adds the problem details schema, and sets operation ids."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.schemas.problems import Problem


def install(app: FastAPI) -> None:
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        document["components"]["schemas"] |= _schemas()
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents it


def _schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}


def operation_id(route: APIRoute) -> str:
    """The function's name, for short method names in generated clients."""
    return route.name
