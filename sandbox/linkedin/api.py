"""Fake LinkedIn API: OAuth, userinfo, Videos API, Posts API for members."""

from fastapi import APIRouter

from sandbox.linkedin import oauth, posts, videos
from sandbox.store import Store


def routes(store: Store) -> APIRouter:
    router = APIRouter()
    for module in (oauth, videos, posts):
        router.include_router(module.routes(store))
    return router
