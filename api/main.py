"""The REST API: `uvicorn api.main:app`."""

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import APIRouter, FastAPI
from sqlalchemy.orm import configure_mappers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from api import errors, idempotency, logs
from api.authentication import API_KEY, MCP_PATH, Authentication
from api.caller_cache import CallerCache
from api.context import REQUEST_ID, RequestContext
from api.errors import Problems
from api.head_requests import HeadRequests
from api.known_fields import KNOWN_FIELDS
from api.limits.body_limits import BodyLimits
from api.limits.concurrency.admission_control import AdmissionControl
from api.limits.concurrency.bulkhead import SHARED_THREAD
from api.mcp_server.endpoint import McpEndpoint
from api.openapi import document
from api.paths import API_PATH, PUBLIC_PATH
from api.routes import (
    analytics,
    audit,
    avatars,
    bulk,
    calendar,
    captions,
    composing,
    documentation,
    error_pages,
    health,
    heygen,
    keys,
    memory,
    metrics,
    publishing,
    reels,
    social,
    start,
    tasks,
    twins,
    uploads,
    usage,
    voices,
    webhooks,
    workspace,
)
from api.schemas.problems import problems
from api.streaming.progress import Progress
from content_pipeline.core.infrastructure import storage, tracing
from content_pipeline.core.settings import settings

ALLOWED: Final = [
    API_KEY,
    "Idempotency-Key",
    "Content-Type",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    REQUEST_ID,
    # of MCP clients in browsers
    "Authorization",
    "MCP-Protocol-Version",
    "Mcp-Method",
    "Mcp-Name",
]
EXPOSED: Final = [
    "ETag",
    "Link",
    "Location",
    "X-Next-Cursor",
    "Retry-After",
    REQUEST_ID,
    "RateLimit",
    "RateLimit-Policy",
    "Idempotent-Replayed",
]


# No form here has more: the text of an hour of speech has 60,000 bytes. Fields are kept in memory, up to 1 MB in all;
# files above 1 MB are kept on the disk.
MAX_FILES: Final = 2
MAX_FIELDS: Final = 12
MAX_FIELD_BYTES: Final = 80_000


# A thread that computes may keep the interpreter from the event loop for this long, each time that the loop has given
# it up. Python's default is 5 ms. Beside requests for memories, reads took 71 ms (99 %) at 0.5 ms, and take 25 ms at
# 0.1 ms (bench/noisy_neighbor.py).
_SWITCH_SECONDS: Final = 0.0001


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    logs.configure()
    tracing.configure("api")
    sys.setswitchinterval(_SWITCH_SECONDS)
    # Otherwise each full collection would walk over all imported objects and over boto3's clients, which the first use
    # of each makes: 0.1 s in which nobody is answered, a few times a minute beside uploads.
    storage.client()
    storage.public_client()
    configure_mappers()
    gc.freeze()
    progress: Progress = app.state.progress
    callers: CallerCache = app.state.callers
    async with progress.running(), callers.running():
        yield
    tracing.shutdown()


def create_app() -> FastAPI:
    callers = CallerCache()
    app = FastAPI(
        openapi_url=None,  # routes/documentation.py, and the pages
        title="Content Pipeline",
        version="1",
        description=document.INTRODUCTION,
        lifespan=_lifespan,
        generate_unique_id_function=document.operation_id,
        form_limits={"max_files": MAX_FILES, "max_fields": MAX_FIELDS, "max_part_size": MAX_FIELD_BYTES},
        middleware=[
            Middleware(RequestContext),
            *_cors(),
            Middleware(HeadRequests),
            Middleware(Problems),
            Middleware(Authentication, callers=callers),
            Middleware(AdmissionControl),
            Middleware(BodyLimits),
        ],
    )
    app.state.progress = Progress()
    app.state.callers = callers
    errors.install(app)
    document.install(app)
    app.add_exception_handler(idempotency.Replay, idempotency.handle_replay)
    # The browser polling hook reads tasks without `/public`. First, because routes are matched in order.
    app.include_router(tasks.router, prefix=API_PATH, include_in_schema=False, dependencies=[KNOWN_FIELDS])
    public = APIRouter(
        prefix=PUBLIC_PATH, responses=problems(400, 401, 403, 422, 429, 500, 503), dependencies=[KNOWN_FIELDS]
    )
    public.include_router(tasks.router)
    for router in (
        captions.upload_router,
        captions.router,
        captions.large_router,
        uploads.upload_router,
        uploads.multipart_router,
        uploads.router,
        twins.router,
        composing.router,
        memory.router,
        voices.router,
        bulk.upload_router,
        bulk.router,
        reels.router,
        avatars.router,
        calendar.router,
        social.router,
        social.form_router,
        publishing.router,
        publishing.publications_router,
        analytics.router,
        analytics.large_router,
        usage.router,
        webhooks.router,
        keys.router,
        audit.router,
        workspace.router,
    ):
        public.include_router(router, dependencies=[SHARED_THREAD])
    app.include_router(public)
    app.include_router(heygen.router)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(start.router)
    app.include_router(documentation.router)
    app.mount(documentation.ASSETS, documentation.SWAGGER_UI)
    app.include_router(error_pages.router)
    app.router.routes.append(Route(MCP_PATH, McpEndpoint(), include_in_schema=False))
    return app


def _cors() -> list[Middleware]:
    if not settings().cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings().cors_origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=ALLOWED,
            expose_headers=EXPOSED,
        )
    ]


app = create_app()
