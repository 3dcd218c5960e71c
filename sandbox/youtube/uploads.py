"""YouTube's resumable upload: a session is opened, chunks are sent to it, and the last byte makes the video."""

import secrets
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Header, Request
from fastapi.responses import JSONResponse, Response

from sandbox.api_error import ApiError
from sandbox.faults import Step, apply_fault, fault_point
from sandbox.media import probe, request_body
from sandbox.oauth import Grant
from sandbox.settings import read_settings
from sandbox.store import Document, Store
from sandbox.youtube import chunks, errors, protocol, quota, resources, videos

MAX_BYTES: Final = 256 * 1024**3
_SESSION_SECONDS: Final = 7 * 24 * 3600
_DAY_SECONDS: Final = 24 * 3600


def routes(world: Store) -> APIRouter:
    router = APIRouter()
    path = f"{protocol.HOST}{protocol.INSERT_VIDEO.path}"

    @router.post(path, dependencies=[Depends(fault_point("youtube", "prepare"))])
    def open_session(
        request: Request,
        grant: Annotated[Grant, Depends(protocol.authenticated(protocol.INSERT_VIDEO))],
        part: str = "",
        uploadType: str = "",
        x_upload_content_type: Annotated[str, Header()] = "application/octet-stream",
        x_upload_content_length: Annotated[int | None, Header(ge=0)] = None,
        body: Annotated[Any, Body()] = None,
    ) -> Response:
        if uploadType != "resumable":
            raise errors.invalid("mediaBodyRequired", "The request does not include the video content.")
        if not x_upload_content_type.startswith(("video/", "application/octet-stream")):
            raise errors.bad_request(f"Media type '{x_upload_content_type}' is not supported.")
        if (x_upload_content_length or 0) > MAX_BYTES:
            raise errors.bad_request("The video is larger than 256 GiB.")
        named = resources.parse_parts(part, videos.PARTS)
        # A part that is not named is not set, whatever the body says of it.
        video = resources.parse(resources.Video, {name: value for name, value in (body or {}).items() if name in named})
        resources.validate(video)
        upload_id = secrets.token_urlsafe(48)
        with world.transaction():
            _check_upload_limit(world, grant.account)
            quota.spend_insert(world)
            session = {
                "channel": grant.account,
                "channel_title": grant.name,
                "video": secrets.token_urlsafe(8),
                "metadata": video.model_dump(mode="json"),
                "parts": named,
                "size": x_upload_content_length,
                "stored": 0,
                "expires_at": world.seconds() + _SESSION_SECONDS,
            }
            world.put("youtube_session", upload_id, session)
        location = request.url.include_query_params(upload_id=upload_id)
        return Response(headers={"Location": str(location), "X-GUploader-UploadID": upload_id})

    @router.put(path)
    def send(
        request: Request,
        content: Annotated[Path, Depends(request_body)],
        upload_id: str = "",
        content_range: Annotated[str | None, Header()] = None,
        content_length: Annotated[int | None, Header()] = None,
    ) -> Response:
        arrived = content.stat().st_size
        piece = chunks.parse_chunk(content_range, arrived if content_length is None else content_length)
        apply_fault(request, "youtube", _step(piece))
        with world.transaction():
            session = world.get("youtube_session", upload_id)
            if session is None or session["expires_at"] <= world.seconds():
                raise ApiError(HTTPStatus.NOT_FOUND, "Not Found")
            existed = world.get("youtube_video", session["video"]) is not None
            if not existed:
                _append(world, session, piece, content)
                world.put("youtube_session", upload_id, session)
            if session["stored"] != session["size"]:
                stored = {"Range": f"bytes=0-{session['stored'] - 1}"} if session["stored"] else {}
                return Response(status_code=HTTPStatus.PERMANENT_REDIRECT, headers=stored)
            if not existed:
                _create_video(world, session)
            video = world.get("youtube_video", session["video"])
            assert video is not None
            status = HTTPStatus.OK if existed else HTTPStatus.CREATED
            return JSONResponse(videos.resource(request, video, session["parts"]), status)

    return router


def _step(piece: chunks.Chunk) -> Step:
    if piece.asks:
        return "confirm"
    return "commit" if piece.end == piece.total else "prepare"


def _check_upload_limit(world: Store, channel: str) -> None:
    """Raises Refusal when the channel has had its uploads of 24 hours."""
    yesterday = world.seconds() - _DAY_SECONDS
    recent = [video for video in world.all("youtube_video", channel=channel) if video["created_at"] > yesterday]
    if len(recent) >= read_settings(world).youtube_uploads_per_day:
        raise errors.upload_limit_exceeded()


def _append(world: Store, session: Document, piece: chunks.Chunk, content: Path) -> None:
    """Add to the file what it does not have yet. Of a request that broke off, whole granules stay."""
    if session["size"] is None and not piece.asks:
        session["size"] = piece.total
    if session["size"] and piece.total not in (None, session["size"]):
        raise chunks.upload_error(f"Invalid request. The upload was opened for {session['size']} byte(s).")
    skipped = piece.skipped(session["stored"])
    end = chunks.kept_bytes(piece.start + content.stat().st_size, session["size"])
    if end <= session["stored"]:
        return
    path = world.media(_file(session["video"]))
    path.touch()
    with path.open("r+b") as file, content.open("rb") as sent:
        file.seek(session["stored"])
        sent.seek(skipped)
        file.write(sent.read(end - session["stored"]))
    session["stored"] = end


def _create_video(world: Store, session: Document) -> None:
    """The video is there, whatever its processing will say."""
    path = world.media(_file(session["video"]))
    path.touch()
    found = probe(path)
    metadata = session["metadata"]
    if not read_settings(world).youtube_audited:
        metadata["status"]["privacyStatus"] = "private"
    video = {
        "id": session["video"],
        "channel": session["channel"],
        "channel_title": session["channel_title"],
        "metadata": metadata,
        "file": path.name,
        "created_at": world.seconds(),
        "seconds": found.seconds if found else None,
        "failure": None if found else "invalidFile" if session["size"] else "emptyFile",
        "cover": None,
        "captions": [],
    }
    world.put("youtube_video", session["video"], video)
    if found is None:
        return
    snippet = metadata["snippet"]
    world.post(
        platform="youtube",
        id=session["video"],
        account=session["channel"],
        text=snippet["description"],
        media=path.name,
        title=snippet["title"],
        tags=snippet["tags"],
        privacy=metadata["status"]["privacyStatus"],
        ai_generated=metadata["status"]["containsSyntheticMedia"],
        captions=None,
        cover=None,
    )


def _file(video_id: str) -> str:
    return f"youtube-{video_id}.mp4"
