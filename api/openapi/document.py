"""The OpenAPI document: what FastAPI does not say of operations, files and errors."""

import re
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from api.deps import default_scope
from api.openapi import examples, links
from api.schemas.problems import Problem, problems
from content_pipeline.core.tasks.kinds import KINDS

INTRODUCTION: Final = Path(__file__).with_name("introduction.md").read_text()

_REFERENCE: Final = "#/components/schemas/{model}"
_END_OF_SENTENCE: Final = re.compile(r"(?<=[.?!])\s+")
# Every operation with a body may answer with these (api/limits/body_limits.py), with the last one if the body is
# compressed.
_OF_BODIES: Final = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)


def install(app: FastAPI) -> None:
    generate = app.openapi

    @cache  # FastAPI returns one dict, which is changed here
    def openapi() -> dict[str, Any]:
        document = generate()
        schemas = document["components"]["schemas"]
        schemas |= _schemas()
        _split_tasks(schemas)
        for method, operation in _operations(document):
            _summarize(operation)
            _name_scope(method, operation)
            if "requestBody" in operation:
                operation["responses"] |= {str(status): body for status, body in problems(*_OF_BODIES).items()}
        for schema in schemas.values():
            for field in schema.get("properties", {}).values():
                _mark_files(field)
        examples.fill_in(document)
        links.link(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents it


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each operation with its method."""
    for operations in document["paths"].values():
        yield from operations.items()


def _summarize(operation: dict[str, Any]) -> None:
    """The first sentence of the description, in place of the function's name: "Get a task", not "Get Task".

    Summaries are plain text.
    """
    first, *rest = _END_OF_SENTENCE.split(operation.get("description", ""), maxsplit=1)
    if first:
        operation["summary"] = " ".join(first.removesuffix(".").replace("`", "").split())
        operation["description"] = rest[0] if rest else ""


def _name_scope(method: str, operation: dict[str, Any]) -> None:
    """Fill in the scope that a route has by its method, and say which it is, as pages do not show it."""
    for requirement in operation.get("security", ()):
        (scopes,) = requirement.values()
        scopes[:] = scopes or [default_scope(method).value]
        operation["description"] = f"{operation.get('description', '')}\n\nNeeds the scope `{scopes[0]}`.".strip()


def _mark_files(field: dict[str, Any]) -> None:
    """Generators of clients know a file by its format: without it they sent text, and got 422."""
    for schema in (field, *field.get("anyOf", ())):
        if schema.get("contentMediaType") == "application/octet-stream":
            schema["format"] = "binary"


def _schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template=_REFERENCE)
    return {**schema.pop("$defs"), "Problem": schema}


def _split_tasks(schemas: dict[str, Any]) -> None:
    """One schema of a task for each kind, told apart by `kind`, so that `result` has the fields of its kind."""
    task = schemas["TaskView"]
    mapping = {}
    for kind in KINDS.values():
        result = TypeAdapter(kind.result).json_schema(ref_template=_REFERENCE)
        schemas |= {**result.pop("$defs", {}), kind.result.__name__: result}
        name = f"{kind.name.title().replace('_', '')}Task"
        properties = {
            **task["properties"],
            "kind": {"type": "string", "const": kind.name, "description": kind.description},
            "result": {
                "anyOf": [_reference(kind.result.__name__), {"type": "null"}],
                "description": task["properties"]["result"]["description"],
            },
        }
        schemas[name] = {**task, "title": name, "properties": properties}
        mapping[kind.name] = _reference(name)["$ref"]
    schemas["TaskView"] = {
        "title": "TaskView",
        "oneOf": [{"$ref": reference} for reference in mapping.values()],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }


def _reference(schema: str) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=schema)}


def operation_id(route: APIRoute) -> str:
    """The function's name, for short method names in generated clients."""
    return route.name
