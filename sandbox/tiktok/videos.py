"""TikTok's list and query of a creator's public videos, with their lifetime figures."""

from collections.abc import Iterable
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, StrictInt, StrictStr

from sandbox.faults import fault_point
from sandbox.metrics.accounts import Account
from sandbox.oauth import Grant
from sandbox.parameters import Parameters
from sandbox.settings import read_settings
from sandbox.store import Document, Store
from sandbox.tiktok import protocol, publishing

FIELDS: Final = (
    "id",
    "create_time",
    "cover_image_url",
    "share_url",
    "video_description",
    "duration",
    "height",
    "width",
    "title",
    "embed_html",
    "embed_link",
    "like_count",
    "comment_count",
    "share_count",
    "view_count",
)
CALLS_PER_MINUTE: Final = 600
_MAX_VIDEOS: Final = 20
_TITLE_CHARACTERS: Final = 150


class Page(BaseModel):
    """`cursor` is a time in milliseconds: the page has the newest videos before it."""

    cursor: StrictInt | None = None
    max_count: StrictInt = Field(10, ge=1, le=_MAX_VIDEOS)


class Filters(BaseModel):
    video_ids: list[StrictStr] = Field(min_length=1, max_length=_MAX_VIDEOS)


class Selection(BaseModel):
    filters: Filters


def routes(store: Store) -> APIRouter:
    router = APIRouter(prefix="/video", dependencies=[Depends(fault_point("tiktok", "insights"))])

    @router.post("/list/")
    def list_videos(request: Request, parameters: Parameters, sent: protocol.JsonBody) -> dict[str, Any]:
        grant = protocol.authenticate(request, "video.list")
        protocol.count_call(store, grant, "video/list", CALLS_PER_MINUTE)
        fields, page = _fields(parameters), protocol.validated(Page, sent)
        older = [
            post
            for post in reversed(public_posts(store, grant))
            if page.cursor is None or _milliseconds(post) < page.cursor
        ]
        shown = older[: page.max_count]
        cursor = _milliseconds(shown[-1]) if shown else page.cursor or 0
        videos = _videos(request, store, grant, shown, fields)
        return protocol.ok({"videos": videos, "cursor": cursor, "has_more": len(older) > len(shown)})

    @router.post("/query/")
    def query_videos(request: Request, parameters: Parameters, sent: protocol.JsonBody) -> dict[str, Any]:
        grant = protocol.authenticate(request, "video.list")
        protocol.count_call(store, grant, "video/query", CALLS_PER_MINUTE)
        fields, selection = _fields(parameters), protocol.validated(Selection, sent)
        chosen = [post for post in public_posts(store, grant) if post["id"] in selection.filters.video_ids]
        return protocol.ok({"videos": _videos(request, store, grant, chosen, fields)})

    return router


def public_posts(store: Store, grant: Grant) -> list[Document]:
    """The creator's posts that everybody sees, oldest first. A new one is listed some time after it was published."""
    newest = store.timestamp() - read_settings(store).tiktok_listing_seconds
    posts = store.posts(platform="tiktok", account=grant.account)
    return [post for post in posts if post["privacy"] == publishing.PUBLIC and post["time"] <= newest]


def _fields(parameters: dict[str, str]) -> list[str]:
    fields = [field for field in parameters.get("fields", "").split(",") if field]
    if not fields or not set(fields) <= set(FIELDS):
        raise protocol.invalid_params(f"The fields are not among {', '.join(FIELDS)}.")
    return fields


def _videos(
    request: Request, store: Store, grant: Grant, posts: Iterable[Document], fields: list[str]
) -> list[dict[str, Any]]:
    account = Account(store, "tiktok", grant.account)
    found = [_video(request, grant, account, post) for post in posts]
    return [{field: video[field] for field in fields} for video in found]


def _video(request: Request, grant: Grant, account: Account, post: Document) -> dict[str, Any]:
    counts = account.post(post["id"], account.now)
    address = f"{request.base_url}www.tiktok.com"
    return {
        # A string here, while publicaly_available_post_id has numbers.
        "id": post["id"],
        "create_time": int(post["time"]),
        "cover_image_url": "",
        "share_url": f"{address}/@{grant.username}/video/{post['id']}?utm_campaign=tt4d_open_api&utm_source=sandbox",
        "video_description": post["text"],
        "duration": int(post.get("seconds") or 0),
        "height": post.get("height", 0),
        "width": post.get("width", 0),
        "title": post["text"][:_TITLE_CHARACTERS],
        "embed_html": "",
        "embed_link": f"{address}/player/v1/{post['id']}",
        "like_count": counts.likes,
        "comment_count": counts.comments,
        "share_count": counts.shares,
        "view_count": counts.views,
    }


def _milliseconds(post: Document) -> int:
    return int(1000 * post["time"])
