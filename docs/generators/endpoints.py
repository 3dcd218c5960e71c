"""The page of the API's endpoints: its OpenAPI document in short."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from api.main import app
from docs.generators.markdown import cell, table

_HEAD: Final = """\
# Endpoints

`make reference` writes this page from the OpenAPI document, which a running stack shows with all parameters, bodies and
answers at `/docs`. Scopes are those of [API keys](../guides/running.md); an endpoint without one needs no key.
"""


def as_markdown() -> str:
    return "\n".join([_HEAD, *_sections()])


def _sections() -> Iterator[str]:
    operations = [
        (operation["tags"][0], f"{method.upper()}", path, operation)
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
    ]
    for tag, members in groupby(operations, key=lambda row: row[0]):
        yield f"## {tag.capitalize()}\n"
        yield table(("Request", "Scope", "Does"), map(_row, members))
        yield ""


def _row(row: tuple[str, str, str, dict[str, Any]]) -> tuple[str, str, str]:
    _, method, path, operation = row
    scopes = [f"`{scope}`" for requirement in operation.get("security", ()) for scope in requirement["ApiKey"]]
    return f"`{method} {path}`", ", ".join(scopes), cell(operation["summary"])
