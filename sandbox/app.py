"""The stand-ins of all platforms on one port. Every real host is the first segment of a path:
`https://open.tiktokapis.com/v2/user/info/` is `/open.tiktokapis.com/v2/user/info/` here."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.types import ASGIApp

from sandbox import admin, api_error, consent_page, feed_pages
from sandbox.api_error import ApiError
from sandbox.fault_middleware import FaultMiddleware
from sandbox.instagram import api as instagram
from sandbox.instagram.protocol import PROVIDER as INSTAGRAM
from sandbox.linkedin import api as linkedin
from sandbox.linkedin.protocol import PROVIDER as LINKEDIN
from sandbox.store import Store
from sandbox.tiktok import api as tiktok
from sandbox.tiktok.protocol import PROVIDER as TIKTOK
from sandbox.youtube import api as youtube
from sandbox.youtube.protocol import PROVIDER as YOUTUBE

_PROVIDERS: Final = [INSTAGRAM, TIKTOK, LINKEDIN, YOUTUBE]
_PLATFORMS: Final = [instagram, tiktok, linkedin, youtube]


def create_app(folder: Path, clock_file: Path | None = None) -> ASGIApp:
    """The application on what `folder` remembers. `clock_file` is the moved clock that it shares with others."""
    world = Store(folder, clock_file)
    app = FastAPI(title="Sandbox", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.world = world
    app.add_exception_handler(ApiError, api_error.handle)
    for router in (admin.routes(world), consent_page.routes(world, _PROVIDERS), feed_pages.routes(world, _PROVIDERS)):
        app.include_router(router)
    for platform in _PLATFORMS:
        app.include_router(platform.routes(world))
    return FaultMiddleware(app, world)
