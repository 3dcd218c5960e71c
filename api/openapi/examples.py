"""Examples in the OpenAPI document, so that the forms of its page can be sent as they open.

Swagger UI fills a field with its first example, and a text that has none with "string": an optional link was sent as
that, and refused.
"""

from collections.abc import Iterator
from typing import Any, Final

# All examples use this id for the twin.
_UUID: Final = "645b5b56-f879-4f2f-8ccc-106e8912f522"
_JSON: Final = "application/json"


def fill_in(document: dict[str, Any]) -> None:
    """Add what the forms need: a value of each required parameter, none of optional ones, and a whole JSON body."""
    schemas = document["components"]["schemas"]
    for operation in _operations(document):
        for parameter in operation.get("parameters", []):
            if parameter["required"] and (example := _example(parameter["name"], parameter["schema"], schemas)):
                parameter["example"] = example
    for operation in _operations(document):
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            body = _resolved(content["schema"], schemas)
            if media_type == _JSON:
                content["example"] = _body(body, schemas)
            else:
                _empty_optional_fields(body)


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        yield from operations.values()


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    resolved: dict[str, Any] = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return resolved


def _example(name: str, schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The field's own example, else that of a field of the same name, else any id."""
    if found := schema.get("examples", schema.get("enum")):
        return found[0]
    for each in schemas.values():
        if found := each.get("properties", {}).get(name, {}).get("examples"):
            return found[0]
    return _UUID if schema.get("format") == "uuid" else None


def _body(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The model's own example, else one of its required fields and of those that have an example."""
    schema = _resolved(schema, schemas)
    if "examples" in schema:
        return schema["examples"][0]
    if schema.get("type") == "array":
        return [_body(schema["items"], schemas)]
    if "properties" not in schema:
        return _example("", schema, schemas)
    required = schema.get("required", [])
    return {
        name: _body(field, schemas) if "$ref" in field or "items" in field else _example(name, field, schemas)
        for name, field in schema["properties"].items()
        if name in required or "examples" in field
    }


def _empty_optional_fields(form: dict[str, Any]) -> None:
    for name, field in form.get("properties", {}).items():
        if name not in form.get("required", []) and "default" not in field:
            field["examples"] = ["", *field.get("examples", [])]
