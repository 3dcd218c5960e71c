"""Pages of error codes, for people who follow the `type` of a problem."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api import error_pages, html_pages
from content_pipeline.core.errors import NotFound

router = APIRouter(prefix=error_pages.PATH, include_in_schema=False)


@router.get("")
def list_codes(request: Request) -> Response:
    """All codes, with what each is about."""
    return html_pages.render(request, "errors.html", codes=error_pages.codes().values())


@router.get("/{code}")
def show_code(request: Request, code: Annotated[str, Path(max_length=100)]) -> Response:
    """The causes of an error, and what to do."""
    if not (found := error_pages.find(code)):
        raise NotFound(
            "There is no such error code.", code="error_code_not_found", remedy=f"See {error_pages.PATH} for all codes."
        )
    return html_pages.render(request, "error.html", code=code, error=found)
