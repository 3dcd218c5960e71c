"""Google's discovery document of YouTube's Data API, from its client library."""

import json
from collections.abc import Iterator
from typing import Any, Final

from googleapiclient.discovery_cache import get_static_doc

Json = dict[str, Any]

DOCUMENT: Final[Json] = json.loads(get_static_doc("youtube", "v3"))
STANDARD: Final[Json] = DOCUMENT["parameters"]
_TYPES: Final = {"string": str, "boolean": bool, "integer": int, "number": (int, float)}


def methods() -> Iterator[Json]:
    """Every method of every resource."""
    for resource in DOCUMENT["resources"].values():
        yield from resource.get("methods", {}).values()


def method(id: str) -> Json:
    (found,) = [each for each in methods() if each["id"] == id]
    return found


def path_of(method: Json) -> str:
    """The path of its requests; the upload path if it accepts media."""
    upload: str | None = method.get("mediaUpload", {}).get("protocols", {}).get("simple", {}).get("path")
    return upload or f"/{method['path']}"


def schema(name: str) -> Json:
    found: Json = DOCUMENT["schemas"][name]
    return found


def misfits(value: Any, schema: Json, where: str = "") -> Iterator[str]:
    """Deviations of a JSON value from the schema: unknown names, wrong types, values outside an enum."""
    if "$ref" in schema:
        yield from misfits(value, DOCUMENT["schemas"][schema["$ref"]], where)
    elif schema["type"] == "object":
        for name, inner in value.items():
            known = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
            yield from misfits(inner, known, f"{where}.{name}") if known else [f"{where}.{name} is unknown"]
    elif schema["type"] == "array":
        for item in value:
            yield from misfits(item, schema["items"], f"{where}[]")
    elif not isinstance(value, _TYPES[schema["type"]]):
        yield f"{where} is no {schema['type']}: {value!r}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{where} is none of {schema['enum']}: {value!r}"
