"""The stand-in of YouTube: Google's OAuth, and the Data API as far as publishing needs it."""

from fastapi import APIRouter

from sandbox.store import World
from sandbox.youtube import attachments, oauth, uploads, videos


def routes(world: World) -> APIRouter:
    router = APIRouter()
    for module in (oauth, uploads, videos, attachments):
        router.include_router(module.routes(world))
    return router
