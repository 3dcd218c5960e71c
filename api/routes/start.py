"""The start page with links to everything else, and the page that ends connecting an account."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from api import html_pages
from api.authentication import MCP_PATH
from content_pipeline.core.platforms.accounts import oauth_flow
from content_pipeline.core.platforms.pydantic_types import Platform
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import settings

router = APIRouter(include_in_schema=False)

# The paths are relative to the API's address.
_PAGES: Final = {
    "docs": ("Documentation", "Every route, with “Try it out”. It asks for your API key.", "docs"),
    "openapi": ("OpenAPI document", "For generated clients.", "openapi.json"),
    "errors": ("Error codes", "Causes and remedies.", "errors"),
    "health": ("Health", "Whether the database, the object store and Dagster answer.", "health/ready"),
}


@router.get("/")
def start(request: Request, accept: Annotated[str, Header()] = "") -> Response:
    """The addresses of the documentation, of Dagster's pages and of the sandbox."""
    base = str(request.base_url)
    places = {name: (title, text, f"{base}{path}") for name, (title, text, path) in _PAGES.items()} | _other_servers()
    agents = f"{base}{MCP_PATH.removeprefix('/')}"
    if "text/html" in accept:
        answer: Response = html_pages.render(request, "start.html", places=places.values(), agents=agents)
    else:
        answer = JSONResponse({name: url for name, (_, _, url) in places.items()} | {"mcp": agents})
    answer.headers["Vary"] = "Accept"
    return answer


@router.get(oauth_flow.CONNECTED_PATH)
def connected(
    request: Request,
    platform: Platform,
    handle: Annotated[str, Query(max_length=200)] = "",
    error_description: Annotated[str, Query(max_length=500)] = "",
) -> HTMLResponse:
    """Where the browser ends without a `redirect_uri`: says which account was connected, or why none."""
    label = PLATFORMS[platform].label
    return html_pages.render(request, "connected.html", platform=label, handle=handle, failure=error_description)


def _other_servers() -> dict[str, tuple[str, str, str]]:
    """Those that this process knows a public address of, or that are for trying things out."""
    own, found = settings(), {}
    is_trial = own.platforms == "sandbox"
    if dagster := own.dagster_public_url or (own.dagster_url if is_trial else ""):
        found["dagster"] = ("Dagster", "Runs, assets and schedules, for operators.", dagster)
    if is_trial:
        found["posts"] = ("Sandbox", "What was posted: the stand-ins of the platforms.", own.sandbox_url)
    return found
