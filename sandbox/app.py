"""ASGI application: the fake APIs of all platforms and of HeyGen on one port. The real host is the first path segment:
`https://open.tiktokapis.com/v2/user/info/` becomes `/open.tiktokapis.com/v2/user/info/`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.types import ASGIApp

from sandbox import admin, api_error, consent_page, feed_pages, figures_admin
from sandbox.api_error import ApiError
from sandbox.fault_middleware import FaultMiddleware
from sandbox.heygen import api as heygen
from sandbox.heygen.webhooks import WebhookSender
from sandbox.instagram import api as instagram
from sandbox.instagram.containers import MediaProcessor
from sandbox.instagram.protocol import PROVIDER as INSTAGRAM
from sandbox.linkedin import api as linkedin
from sandbox.linkedin.protocol import PROVIDER as LINKEDIN
from sandbox.store import Store
from sandbox.tiktok import api as tiktok
from sandbox.tiktok.protocol import PROVIDER as TIKTOK
from sandbox.youtube import api as youtube
from sandbox.youtube.protocol import PROVIDER as YOUTUBE

_PROVIDERS: Final = [INSTAGRAM, TIKTOK, LINKEDIN, YOUTUBE]


def create_app(folder: Path, clock_file: Path | None = None) -> ASGIApp:
    """The application with its state in `folder`; the ASGI lifespan closes it. `clock_file` holds the clock offset that
    other processes share."""
    store = Store(folder, clock_file)
    processor = MediaProcessor(store)
    webhook_sender = WebhookSender(store)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        webhook_sender.close()
        processor.close()
        store.close()

    app = FastAPI(title="Sandbox", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.store = store
    app.add_exception_handler(ApiError, api_error.handle)
    for router in (
        admin.routes(store),
        figures_admin.routes(store, _PROVIDERS),
        consent_page.routes(store, _PROVIDERS),
        feed_pages.routes(store, _PROVIDERS),
    ):
        app.include_router(router)
    app.include_router(instagram.routes(store, processor))
    for platform in (tiktok, linkedin, youtube, heygen):
        app.include_router(platform.routes(store))
    return FaultMiddleware(app, store)
