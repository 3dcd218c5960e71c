"""The stand-in of YouTube: Google's OAuth, and the Data API as far as publishing needs it."""

from fastapi import APIRouter

from sandbox.store import Store
from sandbox.youtube import oauth, thumbnails_and_captions, uploads, videos


def routes(world: Store) -> APIRouter:
    router = APIRouter()
    for module in (oauth, uploads, videos, thumbnails_and_captions):
        router.include_router(module.routes(world))
    return router
