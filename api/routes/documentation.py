"""The OpenAPI document, and `/docs`: Swagger UI with a style sheet of ours, all of it served by the API itself."""

import json
from functools import cache
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.staticfiles import StaticFiles

from api.html_pages import TEMPLATES

router = APIRouter(include_in_schema=False)

_DOCUMENT: Final = "/openapi.json"
ASSETS: Final = "/swagger-ui"
SWAGGER_UI: Final = StaticFiles(packages=[("fastapi_offline", "static")])


@router.get(_DOCUMENT)
def get_document(request: Request) -> Response:
    """The OpenAPI document, for generated clients."""
    return Response(_encoded(request.app, request.scope.get("root_path", "")), media_type="application/json")


# FastAPI's own route makes and encodes it in the event loop, 5 ms each time: beside 20 requests a second, for which
# nobody needs a key, reading tasks took 21 times as long (99 %; bench/noisy_neighbor.py).
@cache
def _encoded(app: FastAPI, root: str) -> bytes:
    """The document in JSON, with the path below which a proxy has the API as its server."""
    servers = {"servers": [{"url": root}]} if root else {}
    return json.dumps(app.openapi() | servers, ensure_ascii=False).encode()


@router.get("/docs")
def show_documentation(request: Request) -> HTMLResponse:
    """The page on which each operation can be tried out."""
    root = request.scope.get("root_path", "")
    return get_swagger_ui_html(
        openapi_url=f"{root}{_DOCUMENT}",
        title=request.app.title,
        swagger_js_url=f"{root}{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{root}/docs.css",
        swagger_favicon_url=f"{root}{ASSETS}/favicon.png",
        swagger_ui_parameters={"tryItOutEnabled": True, "defaultModelsExpandDepth": 0, "displayRequestDuration": True},
    )


@router.get("/docs.css")
def get_style() -> FileResponse:
    """Swagger UI's style sheet with what differs here."""
    return FileResponse(TEMPLATES / "docs.css", media_type="text/css")
