"""Links in the OpenAPI document: from an answer that names what was created to the operations on it.

Clients that explore an API follow them (`make strangers`). Pages do not show them (templates/docs.css).
"""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any, Final, NamedTuple

_FIRST_WORD: Final = re.compile("[A-Z][a-z]+")


class _Operation(NamedTuple):
    path: str
    method: str
    described: dict[str, Any]

    @property
    def path_parameters(self) -> set[str]:
        return {each["name"] for each in self.described.get("parameters", []) if each["in"] == "path"}


def link(document: dict[str, Any]) -> None:
    """Add to each answer of a POST the links to operations whose path its ids complete."""
    operations = list(_operations(document))
    schemas = document["components"]["schemas"]
    for source, target in product(operations, operations):
        if source.method != "post" or source is target:
            continue
        for response in _successes(source):
            if parameters := _parameters(source, target, _answered(response, schemas)):
                response.setdefault("links", {})[target.described["operationId"]] = {
                    "operationId": target.described["operationId"],
                    "parameters": parameters,
                }


def _operations(document: dict[str, Any]) -> Iterator[_Operation]:
    for path, operations in document["paths"].items():
        for method, described in operations.items():
            yield _Operation(path, method, described)


def _successes(source: _Operation) -> Iterator[dict[str, Any]]:
    return (response for status, response in source.described["responses"].items() if status.startswith("2"))


def _answered(response: dict[str, Any], schemas: dict[str, Any]) -> dict[str, str]:
    """The fields of an answer by the parameters that they may be: themselves, and `id` of a `TwinView` is a `twin_id`.

    Of a union, those that all of its types have.
    """
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return _fields(schema, schemas)


def _fields(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, str]:
    name = schema.get("$ref", "").rpartition("/")[2]
    schema = schemas.get(name, schema)
    if alternatives := schema.get("oneOf", schema.get("anyOf")):
        first, *others = (_fields(each, schemas) for each in alternatives)
        return {parameter: field for parameter, field in first.items() if all(parameter in other for other in others)}
    fields = {field: field for field in schema.get("properties", {})}
    if "id" in fields and (subject := _FIRST_WORD.match(name)):
        fields[f"{subject[0].lower()}_id"] = "id"
    return fields


def _parameters(source: _Operation, target: _Operation, answered: dict[str, str]) -> dict[str, str]:
    """Where the target's path parameters are found, if all are, and one of them in the answer."""
    found = {}
    for name in target.path_parameters:
        if name in answered:
            found[name] = f"$response.body#/{answered[name]}"
        elif name in source.path_parameters:
            found[name] = f"$request.path.{name}"
        else:
            return {}
    return found if any(place.startswith("$response") for place in found.values()) else {}
