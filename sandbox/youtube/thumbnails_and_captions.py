"""What is added to a YouTube video once it is there: a thumbnail, captions."""

import json
import secrets
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request

from sandbox.faults import fault_point
from sandbox.media import image_extension, request_body
from sandbox.oauth import Grant
from sandbox.store import Document, Store
from sandbox.youtube import errors, protocol, resources, videos

_MAX_THUMBNAIL_BYTES: Final = 50 * 1024**2
_MAX_NAME_CHARACTERS: Final = 150


def routes(world: Store) -> APIRouter:
    router = APIRouter()
    # They follow the commit, and do not make a post.
    adding = [Depends(fault_point("youtube", "confirm"))]

    @router.post(f"{protocol.HOST}{protocol.SET_THUMBNAIL.path}", dependencies=adding)
    def set_thumbnail(
        request: Request,
        grant: Annotated[Grant, Depends(protocol.authenticated(protocol.SET_THUMBNAIL))],
        content: Annotated[Path, Depends(request_body)],
        videoId: str = "",
        uploadType: str = "",
    ) -> Document:
        picture = content.read_bytes()
        if uploadType != "media" or not picture:
            raise errors.invalid("mediaBodyRequired", "The request does not include the image content.")
        kind = image_extension(picture)
        if len(picture) > _MAX_THUMBNAIL_BYTES or kind is None:
            raise errors.bad_request("The provided image content is invalid.")
        with world.transaction():
            video = _get_own_video(world, grant, videoId)
            name = f"youtube-{videoId}-cover.{kind}"
            world.media(name).write_bytes(picture)
            _update_video(world, video, cover=name)
            _update_post(world, video, cover=name)
        return {
            "kind": "youtube#thumbnailSetResponse",
            "etag": secrets.token_hex(8),
            "items": [videos.thumbnails(request, {**video, "cover": name})],
        }

    @router.post(f"{protocol.HOST}{protocol.INSERT_CAPTION.path}", dependencies=adding)
    def insert_caption(
        grant: Annotated[Grant, Depends(protocol.authenticated(protocol.INSERT_CAPTION))],
        content: Annotated[Path, Depends(request_body)],
        part: str = "",
        uploadType: str = "",
        content_type: Annotated[str, Header()] = "",
    ) -> Document:
        resources.parse_parts(part, ("id", "snippet"))
        if uploadType != "multipart":
            raise errors.invalid("contentRequired", "The request does not contain the caption track contents.")
        metadata, srt = _parse_multipart_related(content_type, content.read_bytes())
        snippet = resources.parse(resources.Caption, metadata).snippet
        if len(snippet.name) > _MAX_NAME_CHARACTERS:
            raise errors.invalid("nameTooLong", "The name of the caption track is too long.")
        with world.transaction():
            video = _get_own_video(world, grant, snippet.videoId)
            track = snippet.model_dump()
            names = [(other["language"], other["name"]) for other in video["captions"]]
            if (track["language"], track["name"]) in names:
                raise errors.api_error(HTTPStatus.CONFLICT, "captionExists", "The caption track already exists.")
            broken = {} if "-->" in srt else {"status": "failed", "failureReason": "unknownFormat"}
            track |= {
                "lastUpdated": videos.iso8601(world.seconds()),
                "trackKind": "standard",
                "status": "serving",
                **broken,
            }
            _update_video(world, video, captions=[*video["captions"], track])
            if not broken:
                _update_post(world, video, captions=srt)
        shown = {"kind": "youtube#caption", "etag": secrets.token_hex(8), "id": secrets.token_urlsafe(24)}
        return shown | {"snippet": track}

    return router


def _get_own_video(world: Store, grant: Grant, video_id: str) -> Document:
    video = world.get("youtube_video", video_id)
    if video is None:
        raise errors.not_found("videoNotFound", "The video that you are trying to change cannot be found.")
    if video["channel"] != grant.account:
        raise errors.api_error(HTTPStatus.FORBIDDEN, "forbidden", "The video belongs to somebody else.")
    return video


def _update_video(world: Store, video: Document, **changes: Any) -> None:
    world.put("youtube_video", video["id"], {**video, **changes})


def _update_post(world: Store, video: Document, **changes: Any) -> None:
    """The same on the post that followers see, where there is one."""
    id = f"youtube:{video['id']}"
    if (post := world.get("post", id)) is not None:
        world.put("post", id, {**post, **changes})


def _parse_multipart_related(content_type: str, body: bytes) -> tuple[Any, str]:
    """The two parts of a multipart/related body: JSON, and the track. Raises Refusal."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    sent = [part.get_payload(decode=True) for part in message.iter_parts()]
    if message.get_content_type() != "multipart/related" or len(sent) != 2:
        raise errors.bad_request("Malformed multipart body.")
    try:
        metadata, track = (bytes(part).decode() for part in sent)
        return json.loads(metadata), track
    except ValueError as error:
        raise errors.bad_request("Parse error: the parts are JSON and the caption track, in UTF-8.") from error
