"""`/docs`: Swagger UI with a style sheet of ours, all of it served by the API itself."""

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse

from api.html_pages import TEMPLATES

router = APIRouter(include_in_schema=False)

# fastapi_offline serves its files below this path.
_ASSETS = "/static-offline-docs"


@router.get("/docs")
def show_documentation(request: Request) -> HTMLResponse:
    """The page on which each operation can be tried out."""
    root = request.scope.get("root_path", "")
    return get_swagger_ui_html(
        openapi_url=f"{root}{request.app.openapi_url}",
        title=request.app.title,
        swagger_js_url=f"{root}{_ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{root}/docs.css",
        swagger_favicon_url=f"{root}{_ASSETS}/favicon.png",
        swagger_ui_parameters={"tryItOutEnabled": True, "defaultModelsExpandDepth": 0, "displayRequestDuration": True},
    )


@router.get("/docs.css")
def get_style() -> FileResponse:
    """Swagger UI's style sheet with what differs here."""
    return FileResponse(TEMPLATES / "docs.css", media_type="text/css")
