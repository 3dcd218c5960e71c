"""Redirects from the short URLs of pictures in Dagster's metadata to presigned URLs; no API key needed."""

from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from content_pipeline.core import pictures

router = APIRouter(include_in_schema=False)


@router.get(f"{pictures.PATH}/{{name}}")
def get_picture(name: str) -> RedirectResponse:
    """Redirect to a picture; its name cannot be guessed."""
    return RedirectResponse(pictures.signed_url(name), HTTPStatus.TEMPORARY_REDIRECT)
