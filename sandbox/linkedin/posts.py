"""LinkedIn's Posts API, for video posts."""

import re
import secrets
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Body, Depends
from fastapi.responses import Response
from pydantic import Field, StrictBool, StrictStr

from sandbox.faults import fault_point
from sandbox.linkedin import little_text, protocol, videos
from sandbox.oauth import Grant
from sandbox.settings import read_settings
from sandbox.store import Document, Store

_RESOURCE: Final = "posts.CREATE"
_DELETE: Final = "posts.DELETE"
_POST_URN: Final = re.compile(r"urn:li:(?:share|ugcPost):\d+")
_DAY_SECONDS: Final = 24 * 3600


class Distribution(protocol.StrictModel):
    feedDistribution: Literal["MAIN_FEED", "NONE"]
    targetEntities: list[Any] = Field([])
    thirdPartyDistributionChannels: list[Any] = Field([])


class Media(protocol.StrictModel):
    id: StrictStr
    title: StrictStr | None = None
    altText: StrictStr | None = None


class Content(protocol.StrictModel):
    media: Media


class Post(protocol.StrictModel):
    author: StrictStr
    commentary: StrictStr
    visibility: Literal["PUBLIC", "CONNECTIONS", "LOGGED_IN"]
    distribution: Distribution
    content: Content
    lifecycleState: Literal["PUBLISHED"]
    isReshareDisabledByAuthor: StrictBool = False


def routes(store: Store) -> APIRouter:
    router = APIRouter()

    @router.post("/api.linkedin.com/rest/posts", dependencies=[Depends(fault_point("linkedin", "commit"))])
    def create(
        grant: Annotated[Grant, Depends(protocol.authenticated(protocol.SHARE, _RESOURCE))],
        body: Annotated[Any, Body()] = None,
    ) -> Response:
        post = protocol.parse(Post, body)
        with store.transaction():
            _validate(store, grant, post)
            urn = f"urn:li:ugcPost:{7 * 10**18 + secrets.randbelow(10**18)}"
            _publish(store, grant, post, urn)
        headers = {"x-restli-id": urn, "Location": f"/rest/posts/{quote(urn, safe='')}"}
        return Response(status_code=HTTPStatus.CREATED, headers=headers)

    @router.delete(
        "/api.linkedin.com/rest/posts/{urn}",
        status_code=HTTPStatus.NO_CONTENT,
        dependencies=[Depends(fault_point("linkedin", "remove"))],
    )
    def delete(grant: Annotated[Grant, Depends(protocol.authenticated(protocol.SHARE, _DELETE))], urn: str) -> None:
        """Idempotent, as LinkedIn documents: a post that was deleted before is deleted."""
        if not _POST_URN.fullmatch(urn):
            raise protocol.bad_request("INVALID_URN_ID", "This URN Id is invalid")
        post = store.get("post", f"linkedin:{urn}")
        if post is None:
            raise protocol.api_error(HTTPStatus.NOT_FOUND, "NOT_FOUND", f"Could not find entity {urn}")
        if post["account"] != grant.account:
            raise protocol.access_denied(_DELETE)
        store.delete_post("linkedin", urn)

    return router


def _validate(store: Store, grant: Grant, post: Post) -> None:
    """Check permissions, limits, duplicates and the video's status. Raises ApiError."""
    if post.author != videos.author_of(grant):
        raise protocol.access_denied(_RESOURCE)
    if len(post.commentary) > little_text.MAX_COMMENTARY_CHARACTERS:
        message = (
            f"commentary :: length of text ({len(post.commentary)}) exceeds the maximum allowed "
            f"({little_text.MAX_COMMENTARY_CHARACTERS})"
        )
        raise protocol.bad_request("FIELD_LENGTH_TOO_LONG", message)
    posts = store.find("post", platform="linkedin", account=grant.account)
    if (duplicate := _duplicate(store, posts, post)) is not None:
        message = f"Content is a duplicate of {duplicate['id']}"
        raise protocol.api_error(HTTPStatus.UNPROCESSABLE_ENTITY, "DUPLICATE_POST", message)
    midnight = store.timestamp() // _DAY_SECONDS * _DAY_SECONDS
    made_here = [other for other in posts if not other.get("made_elsewhere")]
    if sum(other["time"] >= midnight for other in made_here) >= read_settings(store).linkedin_posts_per_day:
        raise protocol.throttled()
    video = store.get("linkedin_video", post.content.media.id)
    if video is None or video["owner"] != post.author:
        raise protocol.bad_request("INVALID_URN_ID", "This URN Id is invalid")
    status = videos.status_of(store, video)
    if status in ("WAITING_UPLOAD", "PROCESSING"):
        raise protocol.bad_request("MEDIA_ASSET_WAITING_UPLOAD", "Media asset is waiting upload")
    if status == "PROCESSING_FAILED":
        raise protocol.bad_request("MEDIA_ASSET_PROCESSING_FAILED", "Media asset failed processing")


def _duplicate(store: Store, posts: list[Document], post: Post) -> Document | None:
    """A recent post with the same text and video. LinkedIn detects duplicates for ten minutes, according to its page on
    UGC posts."""
    oldest = store.timestamp() - read_settings(store).linkedin_duplicate_seconds
    content = {"commentary": post.commentary, "video": post.content.media.id}
    return next((other for other in posts if other["time"] > oldest and content.items() <= other.items()), None)


def _publish(store: Store, grant: Grant, post: Post, urn: str) -> None:
    video = store.get("linkedin_video", post.content.media.id)
    assert video is not None
    store.publish_post(
        platform="linkedin",
        id=urn,
        account=grant.account,
        text=little_text.render(post.commentary),
        media=video["file"],
        seconds=video["milliseconds"] / 1000,
        commentary=post.commentary,
        video=video["id"],
        title=post.content.media.title,
        privacy=post.visibility,
        captions=video["captions"],
        cover=video["cover"],
    )
