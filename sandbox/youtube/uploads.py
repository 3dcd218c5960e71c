"""YouTube's resumable upload: open a session, send chunks; the last byte creates the video."""

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
from sandbox.youtube import chunks, errors, library, protocol, quota, resources, videos

MAX_BYTES: Final = 256 * 1024**3
_SESSION_SECONDS: Final = 7 * 24 * 3600
_DAY_SECONDS: Final = 24 * 3600


def routes(store: Store) -> APIRouter:
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
        parts = resources.parse_parts(part, videos.PARTS)
        # Only the parts named in the query are set; the body may contain more.
        video = resources.parse(resources.Video, {name: value for name, value in (body or {}).items() if name in parts})
        resources.validate(video)
        upload_id = secrets.token_urlsafe(48)
        with store.transaction():
            _check_upload_limit(store, grant.account)
            quota.spend_insert(store)
            session = {
                "channel": grant.account,
                "channel_title": grant.name,
                "video": secrets.token_urlsafe(8),
                "metadata": video.model_dump(mode="json"),
                "parts": parts,
                "size": x_upload_content_length,
                "stored": 0,
                "expires_at": store.timestamp() + _SESSION_SECONDS,
            }
            store.put("youtube_session", upload_id, session)
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
        received = content.stat().st_size
        chunk = chunks.parse_chunk(content_range, received if content_length is None else content_length)
        apply_fault(request, "youtube", _step(chunk))
        with store.transaction():
            session = store.get("youtube_session", upload_id)
            if session is None or session["expires_at"] <= store.timestamp():
                raise ApiError(HTTPStatus.NOT_FOUND, "Not Found")
            existed = store.get(library.KIND, session["video"]) is not None
            if not existed:
                _append(store, session, chunk, content)
                store.put("youtube_session", upload_id, session)
            if session["stored"] != session["size"]:
                stored = {"Range": f"bytes=0-{session['stored'] - 1}"} if session["stored"] else {}
                return Response(status_code=HTTPStatus.PERMANENT_REDIRECT, headers=stored)
            if not existed:
                _create_video(store, session)
            video = store.get(library.KIND, session["video"])
            assert video is not None
            status = HTTPStatus.OK if existed else HTTPStatus.CREATED
            return JSONResponse(videos.resource(request, video, session["parts"]), status)

    return router


def _step(chunk: chunks.Chunk) -> Step:
    if chunk.is_status_query:
        return "confirm"
    return "commit" if chunk.end == chunk.total else "prepare"


def _check_upload_limit(store: Store, channel: str) -> None:
    """Raises ApiError if the channel has reached its uploads in 24 hours."""
    yesterday = store.timestamp() - _DAY_SECONDS
    recent = [video for video in store.find(library.KIND, channel=channel) if video["created_at"] > yesterday]
    if len(recent) >= read_settings(store).youtube_uploads_per_day:
        raise errors.upload_limit_exceeded()


def _append(store: Store, session: Document, chunk: chunks.Chunk, content: Path) -> None:
    """Append the bytes that the file does not have yet. Of an aborted request, whole granules are kept."""
    if session["size"] is None and not chunk.is_status_query:
        session["size"] = chunk.total
    if session["size"] and chunk.total not in (None, session["size"]):
        raise chunks.upload_error(f"Invalid request. The upload was opened for {session['size']} byte(s).")
    skipped = chunk.bytes_to_skip(session["stored"])
    end = chunks.kept_bytes(chunk.start + content.stat().st_size, session["size"])
    if end <= session["stored"]:
        return
    path = store.media_path(_file(session["video"]))
    path.touch()
    with path.open("r+b") as file, content.open("rb") as sent:
        file.seek(session["stored"])
        sent.seek(skipped)
        file.write(sent.read(end - session["stored"]))
    session["stored"] = end


def _create_video(store: Store, session: Document) -> None:
    """Create the video, and its post unless processing will fail."""
    path = store.media_path(_file(session["video"]))
    path.touch()
    found = probe(path)
    metadata = session["metadata"]
    if not read_settings(store).youtube_audited:
        metadata["status"]["privacyStatus"] = "private"
    library.add_video(
        store,
        id=session["video"],
        channel=session["channel"],
        channel_title=session["channel_title"],
        metadata=metadata,
        file=path.name,
        seconds=found.seconds if found else None,
        failure=None if found else "invalidFile" if session["size"] else "emptyFile",
    )


def _file(video_id: str) -> str:
    return f"youtube-{video_id}.mp4"
