"""The stand-ins of all platforms on one port. Every real host is the first segment of a path:
`https://open.tiktokapis.com/v2/user/info/` is `/open.tiktokapis.com/v2/user/info/` here."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.types import ASGIApp

from sandbox import admin, consent, feeds, refusals
from sandbox.fault_middleware import Door
from sandbox.instagram import api as instagram
from sandbox.instagram.wire import PROVIDER as INSTAGRAM
from sandbox.linkedin import api as linkedin
from sandbox.linkedin.wire import PROVIDER as LINKEDIN
from sandbox.refusals import Refusal
from sandbox.store import World
from sandbox.tiktok import api as tiktok
from sandbox.tiktok.wire import PROVIDER as TIKTOK
from sandbox.youtube import api as youtube
from sandbox.youtube.wire import PROVIDER as YOUTUBE

_PROVIDERS: Final = [INSTAGRAM, TIKTOK, LINKEDIN, YOUTUBE]
_PLATFORMS: Final = [instagram, tiktok, linkedin, youtube]


def create_app(folder: Path, clock_file: Path | None = None) -> ASGIApp:
    """The application on what `folder` remembers. `clock_file` is the moved clock that it shares with others."""
    world = World(folder, clock_file)
    app = FastAPI(title="Sandbox", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.world = world
    app.add_exception_handler(Refusal, refusals.answer)
    for router in (admin.routes(world), consent.routes(world, _PROVIDERS), feeds.routes(world, _PROVIDERS)):
        app.include_router(router)
    for platform in _PLATFORMS:
        app.include_router(platform.routes(world))
    return Door(app, world)
