"""Fake YouTube APIs: Google's OAuth, the part of the Data API that publishing uses, Analytics reports."""

from fastapi import APIRouter

from sandbox.store import Store
from sandbox.youtube import analytics, oauth, thumbnails_and_captions, uploads, videos


def routes(store: Store) -> APIRouter:
    router = APIRouter()
    for module in (oauth, uploads, videos, thumbnails_and_captions, analytics):
        router.include_router(module.routes(store))
    return router
