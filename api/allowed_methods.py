"""The Allow header of 405 responses.

Starlette names the methods of the first route of a path only: PUT /twins was told of GET alone, beside POST.
"""

from fastapi import FastAPI
from starlette.routing import compile_path


def allowed_methods(app: FastAPI, path: str) -> set[str]:
    """The methods that the API's document names for a path; none for a path that it does not name."""
    return {
        method.upper()
        for template, operations in app.openapi()["paths"].items()
        if compile_path(template)[0].match(path)
        for method in operations
    }
