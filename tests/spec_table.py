"""Prints what the examples of the specification are answered with: `python -m tests.spec_table SPEC.md`.

`tests/api/test_spec.py` pastes them. Of all its answers to an operation the fullest successful one is shown, by the
names and types of its fields.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from fastapi.testclient import TestClient

from content_pipeline.cli.stack_config import ROOT
from tests.api.conftest import PUBLIC

_OPERATION: Final = re.compile(r"\b(GET|POST|PATCH|DELETE) (/[\w/{}-]+)")
_PREFIXED_ID: Final = re.compile(r"(sync_)?(?P<id>[0-9a-f-]{36})")


class Recorder:
    """A plugin of pytest that keeps all answers of the API."""

    def __init__(self) -> None:
        self.answers: list[httpx.Response] = []

    @pytest.fixture(autouse=True)
    def record(self, monkeypatch: pytest.MonkeyPatch) -> None:
        send = TestClient.send

        def recording(client: TestClient, request: httpx.Request, **options: Any) -> httpx.Response:
            answer = send(client, request, **options)
            self.answers += [*answer.history, answer]
            return answer

        monkeypatch.setattr(TestClient, "send", recording)

    def fullest(self, method: str, template: str) -> httpx.Response:
        """The successful answer to an operation that tells most."""
        path = re.compile(PUBLIC + re.sub(r"\{\w+\}", "[^/]+", template))
        found = [
            answer
            for answer in self.answers
            if answer.request.method == method and path.fullmatch(answer.request.url.path) and answer.status_code < 400
        ]
        return max(found, key=lambda answer: len(described(answer).replace("null", "")))


def described(answer: httpx.Response) -> str:
    """The fields of an answer by name and type."""
    if location := answer.headers.get("Location", "") if answer.is_redirect else "":
        return f"a redirect to `{urlsplit(location)._replace(query='').geturl()}`"
    if not answer.content:
        return "none"
    if answer.headers["Content-Type"] != "application/json":
        return str(answer.headers["Content-Type"]).partition(";")[0]
    body = answer.json()
    return _fields(body) if isinstance(body, dict) else type_of(body)


def type_of(value: Any) -> str:
    match value:
        case dict():
            return f"{{{_fields(value)}}}"
        case []:
            return "array"
        case list():
            return f"array of {min(map(type_of, value), key=lambda told: told.count('null'))}"
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
    return _type_of_text(value)


def _fields(found: dict[str, Any]) -> str:
    return ", ".join(f"`{name}` {type_of(value)}" for name, value in found.items())


def _type_of_text(text: str) -> str:
    if (found := _PREFIXED_ID.fullmatch(text)) and str(UUID(found["id"])) == found["id"]:
        return "id"
    if text.startswith(("http://", "https://")):
        return "address"
    for name, read in (("date", date.fromisoformat), ("time", datetime.fromisoformat)):
        try:
            read(text)
        except ValueError:
            continue
        return name
    return "string"


def table(specification: str, recorder: Recorder) -> Iterator[str]:
    """A row for each operation that the specification names."""
    yield "| Example | Status | Fields of the answer |"
    yield "|---|---|---|"
    for method, template in dict.fromkeys(_OPERATION.findall(specification)):
        answer = recorder.fullest(method, template)
        yield f"| `{method} {template}` | {answer.status_code} | {described(answer)} |"


def main(specification: Path) -> int:
    recorder = Recorder()
    with redirect_stdout(StringIO()) as told:
        status = pytest.main(["-q", str(ROOT / "tests" / "api" / "test_spec.py")], plugins=[recorder])
    if status:
        sys.stderr.write(told.getvalue())
        return status
    sys.stdout.writelines(f"{row}\n" for row in table(specification.read_text(), recorder))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
