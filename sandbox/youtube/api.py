"""Fake YouTube API: Google's OAuth, and the part of the Data API that publishing uses."""

from fastapi import APIRouter

from sandbox.store import Store
from sandbox.youtube import oauth, thumbnails_and_captions, uploads, videos


def routes(store: Store) -> APIRouter:
    router = APIRouter()
    for module in (oauth, uploads, videos, thumbnails_and_captions):
        router.include_router(module.routes(store))
    return router
