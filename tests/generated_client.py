"""What clients that are generated from the OpenAPI document send: each operation once, with the document's examples."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# The examples of the document use this id for the twin.
EXAMPLE_ID: Final = "645b5b56-f879-4f2f-8ccc-106e8912f522"
JSON: Final = "application/json"
# The files to send, by the name of their field.
_SPEECH: Final = ("speech.flac", (Path(__file__).parent / "media/librivox/0870.flac").read_bytes())
FILES: Final = {
    "csv_file": ("scripts.csv", b"script\nHello world!\n"),
    "audio_file": _SPEECH,
    "file": _SPEECH,
}


@dataclass(frozen=True)
class World:
    """What a workspace has: values of path parameters by name, and by `operation.name` where they differ."""

    api_key: str
    twin_id: str
    values: Mapping[str, str]

    def value(self, operation: str, name: str, example: Any) -> Any:
        return self.values.get(f"{operation}.{name}", self.values.get(name, example))


@dataclass(frozen=True, eq=False)
class Call:
    """A call of an operation. `fields` are those of a form, without its files."""

    operation: str
    method: str
    path: str
    has_key: bool
    answers_json: bool
    path_values: dict[str, Any]
    query: dict[str, Any]
    media_type: str | None
    body: Any
    fields: dict[str, Any]
    files: dict[str, tuple[str, bytes]]

    def check(self, status: int) -> None:
        """Fails for an answer to an invalid request.

        Without a key there are the page that platforms send a browser back to, which needs a state of theirs, and the
        probe of readiness.
        """
        usual = (404, 409) if self.has_key else (400, 503)
        assert status < 400 or status in usual, (self.operation, status)


def calls(document: dict[str, Any], world: World) -> Iterator[Call]:
    """Each operation once; those that delete come last."""
    operations = [
        (path, method, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    for path, method, operation in sorted(operations, key=lambda each: each[1] == "delete"):
        yield _call(document, world, path, method, operation)


def _call(document: dict[str, Any], world: World, path: str, method: str, operation: dict[str, Any]) -> Call:
    name = operation["operationId"]
    required = {"path": {}, "query": {}}  # type: dict[str, dict[str, Any]]
    for each in operation.get("parameters", []):
        if each["required"]:
            required[each["in"]][each["name"]] = world.value(name, each["name"], each["example"])
    media_type, content = next(iter(operation.get("requestBody", {}).get("content", {}).items()), (None, {}))
    body, fields, files = None, {}, {}  # type: Any, dict[str, Any], dict[str, tuple[str, bytes]]
    if media_type == JSON:
        body = json.loads(json.dumps(content["example"]).replace(EXAMPLE_ID, world.twin_id))
    elif media_type:
        form = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
        files = {field: FILES[field] for field in form["properties"] if field in FILES}
        texts = {field: told for field, told in form["properties"].items() if field in form.get("required", [])}
        fields = {
            field: world.value(name, field, (told.get("examples") or told.get("enum") or ["Hello."])[0])
            for field, told in texts.items()
            if field not in files
        }
    successes = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    return Call(
        name,
        method,
        path,
        "security" in operation,
        all(JSON in answer.get("content", {JSON: {}}) for answer in successes),
        required["path"],
        required["query"],
        media_type,
        body,
        fields,
        files,
    )
