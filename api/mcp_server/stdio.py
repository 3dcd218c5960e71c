"""MCP server over stdio, for clients that start a program: `content-pipeline mcp`.

It calls the API at CONTENT_PIPELINE_PUBLIC_URL with CONTENT_PIPELINE_API_KEY.
"""

import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
from mcp.server.stdio import stdio_server

from api.authentication import API_KEY
from api.mcp_server.rest import TIMEOUT_SECONDS, RestClient
from api.mcp_server.server import build
from content_pipeline.core.infrastructure import logs
from content_pipeline.core.settings import settings


async def serve() -> None:
    """Answer messages until standard input ends."""
    headers = {API_KEY: settings().api_key.get_secret_value()}
    async with httpx.AsyncClient(base_url=settings().public_url, headers=headers, timeout=TIMEOUT_SECONDS) as http:

        @asynccontextmanager
        async def connect(_: Any) -> AsyncIterator[RestClient]:
            yield RestClient(http)

        server = build(connect)
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())


if __name__ == "__main__":
    logs.configure(sys.stderr)  # standard output is the protocol's
    logging.basicConfig(level=logging.WARNING)
    anyio.run(serve)
