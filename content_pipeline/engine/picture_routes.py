"""Serves the pictures of asset metadata from the bucket, at `/pictures/…` of Dagster's webserver."""

from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from content_pipeline.core.errors import NotFound, Unavailable
from content_pipeline.core.infrastructure import metadata_pictures

# A name has the hash of its content, which therefore never changes. No cache that people share may keep it: it would
# answer without the guard.
_HEADERS: Final = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def _show(request: Request) -> Response:
    try:
        picture, media_type = metadata_pictures.read(request.path_params["name"])
    except (NotFound, Unavailable) as error:
        return PlainTextResponse(f"{error.detail}\n", error.status)
    return Response(picture, media_type=media_type, headers=_HEADERS)


ROUTE: Final = Route(f"{metadata_pictures.PATH}/{{name:path}}", _show)
