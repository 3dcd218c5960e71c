"""Fake LinkedIn API: OAuth, userinfo, Videos API, Posts API and analytics for members."""

from fastapi import APIRouter

from sandbox.linkedin import analytics, oauth, posts, videos
from sandbox.store import Store


def routes(store: Store) -> APIRouter:
    router = APIRouter()
    for module in (oauth, videos, posts, analytics):
        router.include_router(module.routes(store))
    return router
