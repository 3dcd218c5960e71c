"""The stand-in of LinkedIn: OAuth, userinfo, the Videos API and the Posts API of members."""

from fastapi import APIRouter

from sandbox.linkedin import oauth, posts, videos
from sandbox.store import Store


def routes(world: Store) -> APIRouter:
    router = APIRouter()
    for module in (oauth, videos, posts):
        router.include_router(module.routes(world))
    return router
