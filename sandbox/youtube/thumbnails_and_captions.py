"""YouTube's endpoints for the thumbnail and the caption tracks of an uploaded video."""

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
from sandbox.youtube import errors, library, protocol, resources, videos

_MAX_THUMBNAIL_BYTES: Final = 50 * 1024**2
_MAX_NAME_CHARACTERS: Final = 150


def routes(store: Store) -> APIRouter:
    router = APIRouter()
    # They come after the commit and do not create a post.
    confirm_step = [Depends(fault_point("youtube", "confirm"))]

    @router.post(f"{protocol.HOST}{protocol.SET_THUMBNAIL.path}", dependencies=confirm_step)
    def set_thumbnail(
        request: Request,
        grant: Annotated[Grant, Depends(protocol.authenticated(protocol.SET_THUMBNAIL))],
        content: Annotated[Path, Depends(request_body)],
        videoId: str = "",
        uploadType: str = "",
    ) -> Document:
        image = content.read_bytes()
        if uploadType != "media" or not image:
            raise errors.invalid("mediaBodyRequired", "The request does not include the image content.")
        kind = image_extension(image)
        if len(image) > _MAX_THUMBNAIL_BYTES or kind is None:
            raise errors.bad_request("The provided image content is invalid.")
        with store.transaction():
            video = _get_own_video(store, grant, videoId)
            name = f"youtube-{videoId}-cover.{kind}"
            store.media_path(name).write_bytes(image)
            _update_video(store, video, cover=name)
            _update_post(store, video, cover=name)
        return {
            "kind": "youtube#thumbnailSetResponse",
            "etag": secrets.token_hex(8),
            "items": [videos.thumbnails(request, {**video, "cover": name})],
        }

    @router.post(f"{protocol.HOST}{protocol.INSERT_CAPTION.path}", dependencies=confirm_step)
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
        with store.transaction():
            video = _get_own_video(store, grant, snippet.videoId)
            track = snippet.model_dump()
            names = [(other["language"], other["name"]) for other in video["captions"]]
            if (track["language"], track["name"]) in names:
                raise errors.api_error(HTTPStatus.CONFLICT, "captionExists", "The caption track already exists.")
            failure = {} if "-->" in srt else {"status": "failed", "failureReason": "unknownFormat"}
            track |= {
                "lastUpdated": videos.iso8601(store.timestamp()),
                "trackKind": "standard",
                "status": "serving",
                **failure,
            }
            _update_video(store, video, captions=[*video["captions"], track])
            if not failure:
                _update_post(store, video, captions=srt)
        shown = {"kind": "youtube#caption", "etag": secrets.token_hex(8), "id": secrets.token_urlsafe(24)}
        return shown | {"snippet": track}

    return router


def _get_own_video(store: Store, grant: Grant, video_id: str) -> Document:
    video = library.get_video(store, video_id)
    if video is None:
        raise errors.not_found("videoNotFound", "The video that you are trying to change cannot be found.")
    if video["channel"] != grant.account:
        raise errors.api_error(HTTPStatus.FORBIDDEN, "forbidden", "The video belongs to another channel.")
    return video


def _update_video(store: Store, video: Document, **changes: Any) -> None:
    store.put(library.KIND, video["id"], {**video, **changes})


def _update_post(store: Store, video: Document, **changes: Any) -> None:
    """Apply the changes to the published post, if there is one."""
    id = f"youtube:{video['id']}"
    if (post := store.get("post", id)) is not None:
        store.put("post", id, {**post, **changes})


def _parse_multipart_related(content_type: str, body: bytes) -> tuple[Any, str]:
    """The parts of a multipart/related body: JSON metadata and the caption track. Raises ApiError."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    parts = [part.get_payload(decode=True) for part in message.iter_parts()]
    if message.get_content_type() != "multipart/related" or len(parts) != 2:
        raise errors.bad_request("Malformed multipart body.")
    try:
        metadata, track = (bytes(part).decode() for part in parts)
        return json.loads(metadata), track
    except ValueError as error:
        raise errors.bad_request("Parse error: the parts are JSON and the caption track, in UTF-8.") from error
