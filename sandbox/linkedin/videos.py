"""LinkedIn's Videos API: initialize, upload in parts of 4 MiB, finalize, poll the status."""

import hashlib
import secrets
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Body, Depends, Request
from fastapi.responses import Response
from pydantic import StrictBool, StrictInt, StrictStr

from sandbox.faults import fault_point
from sandbox.linkedin import protocol
from sandbox.media import Probe, image_extension, probe, request_body
from sandbox.oauth import Grant
from sandbox.settings import read_settings
from sandbox.store import Document, Store

_PART_BYTES: Final = 4 * 1024 * 1024
_URLS_SECONDS: Final = 30 * 24 * 3600
# Documented limits: MP4, 3 seconds to 30 minutes, 75 kB to 500 MB.
_MIN_BYTES, _MAX_BYTES = 75_000, 500_000_000
_MIN_SECONDS, _MAX_SECONDS = 3, 30 * 60


class InitializeUpload(protocol.StrictModel):
    owner: StrictStr
    fileSizeBytes: StrictInt
    uploadCaptions: StrictBool = False
    uploadThumbnail: StrictBool = False


class FinalizeUpload(protocol.StrictModel):
    video: StrictStr
    uploadToken: StrictStr
    uploadedPartIds: list[StrictStr]


class Action(protocol.StrictModel):
    """The request body of either action."""

    initializeUploadRequest: InitializeUpload | None = None
    finalizeUploadRequest: FinalizeUpload | None = None


def routes(store: Store) -> APIRouter:
    router = APIRouter()
    prepare_step = [Depends(fault_point("linkedin", "prepare"))]

    @router.post("/api.linkedin.com/rest/videos", dependencies=prepare_step, response_model=None)
    def act(
        request: Request,
        grant: Annotated[Grant, Depends(protocol.authenticated(protocol.SHARE, "videos.ACTION"))],
        action: str = "",
        body: Annotated[Any, Body()] = None,
    ) -> dict[str, Any] | Response:
        request_body = protocol.parse(Action, body)
        if action == "initializeUpload" and request_body.initializeUploadRequest:
            return {"value": _initialize(request, store, grant, request_body.initializeUploadRequest)}
        if action == "finalizeUpload" and request_body.finalizeUploadRequest:
            with store.transaction():
                _finalize(store, grant, request_body.finalizeUploadRequest)
            return Response()
        raise protocol.bad_request("INVALID_VALUE_FOR_FIELD", f"The action {action!r} does not fit the body")

    @router.put("/www.linkedin.com/dms-uploads/{key}/part/{number}", dependencies=prepare_step)
    def linkedin_part(
        key: str, number: int, content: Annotated[Path, Depends(request_body)], sau: str = ""
    ) -> Response:
        with store.transaction():
            video = _video_of_upload_url(store, key, sau)
            first, last = _part_ranges(video["size"]).get(number, (0, -1))
            if content.stat().st_size != last - first + 1:
                raise protocol.bad_request("INVALID_CONTENT_LENGTH", f"This part has the bytes {first} to {last}")
            data = content.read_bytes()
            with store.media_path(video["file"]).open("r+b") as file:
                file.seek(first)
                file.write(data)
            # Identifies this upload of the part: a repeated upload gets another ETag, even with the same bytes.
            etag = f"/ambry-video/signedId/{hashlib.sha256(data).hexdigest()[:24]}{secrets.token_hex(8)}.bin"
            video["etags"][str(number)] = etag
            store.put("linkedin_video", video["id"], video)
        return Response(headers={"ETag": etag})

    @router.put("/www.linkedin.com/dms-uploads/{key}/captions", dependencies=prepare_step)
    def linkedin_captions(key: str, content: Annotated[Path, Depends(request_body)], sau: str = "") -> Response:
        text = content.read_bytes().decode(errors="replace")
        if "-->" not in text or "\N{REPLACEMENT CHARACTER}" in text:
            raise protocol.bad_request("INVALID_CAPTIONS", "The captions are not in SRT, in UTF-8")
        _update(store, key, sau, captions=text)
        return Response(status_code=HTTPStatus.CREATED)

    @router.put("/www.linkedin.com/dms-uploads/{key}/thumbnail", dependencies=prepare_step)
    def linkedin_thumbnail(key: str, content: Annotated[Path, Depends(request_body)], sau: str = "") -> Response:
        image = content.read_bytes()
        kind = image_extension(image)
        if kind is None:
            raise protocol.bad_request("INVALID_THUMBNAIL", "The thumbnail is neither JPEG nor PNG")
        name = f"linkedin-{key}-cover.{kind}"
        _update(store, key, sau, cover=name)
        store.media_path(name).write_bytes(image)
        return Response(status_code=HTTPStatus.CREATED)

    @router.get("/api.linkedin.com/rest/videos/{urn}", dependencies=[Depends(fault_point("linkedin", "confirm"))])
    def status(
        request: Request,
        urn: str,
        grant: Annotated[Grant, Depends(protocol.authenticated(protocol.SHARE, "videos.GET"))],
    ) -> dict[str, Any]:
        if not request.scope["raw_path"].endswith(quote(urn, safe="").encode()):
            raise protocol.bad_request("ILLEGAL_ARGUMENT", "Syntax exception in path variables")
        video = store.get("linkedin_video", urn)
        if video is None:
            raise protocol.api_error(HTTPStatus.NOT_FOUND, "NOT_FOUND", "Not Found")
        if video["owner"] != author_of(grant):
            raise protocol.forbidden_video()
        shown = {"id": video["id"], "owner": video["owner"], "status": status_of(store, video)}
        if shown["status"] == "PROCESSING_FAILED":
            shown["processingFailureReason"] = video["failure"]
        if shown["status"] == "AVAILABLE":
            shown |= {
                "duration": video["milliseconds"],
                "downloadUrl": str(request.url_for("media", name=video["file"])),
            }
        return shown

    return router


def author_of(grant: Grant) -> str:
    return f"urn:li:person:{grant.account}"


def status_of(store: Store, video: Document) -> str:
    """Current processing status of a video."""
    if video["finalized_at"] is None:
        return "WAITING_UPLOAD"
    if store.timestamp() < video["finalized_at"] + read_settings(store).linkedin_processing_seconds:
        return "PROCESSING"
    return "PROCESSING_FAILED" if video["failure"] else "AVAILABLE"


def _part_ranges(size: int) -> dict[int, tuple[int, int]]:
    """First and last byte of each part, by part number."""
    return {
        number: (first, min(first + _PART_BYTES, size) - 1) for number, first in enumerate(range(0, size, _PART_BYTES))
    }


def _initialize(request: Request, store: Store, grant: Grant, upload: InitializeUpload) -> dict[str, Any]:
    if upload.owner != author_of(grant):
        raise protocol.forbidden_video()
    if upload.fileSizeBytes < 1:
        raise protocol.bad_request(
            "INVALID_VALUE_FOR_FIELD", "ERROR :: /fileSizeBytes :: a video has at least one byte"
        )
    key, secret = f"C5F{secrets.token_urlsafe(12)}", secrets.token_urlsafe(24)
    parts = _part_ranges(upload.fileSizeBytes)
    video: Document = {
        "id": f"urn:li:video:{key}",
        "owner": upload.owner,
        "size": upload.fileSizeBytes,
        "file": f"linkedin-{key}.mp4",
        "secret": secret,
        # Empty for a video in one part, as on LinkedIn.
        "token": secrets.token_urlsafe(16) if len(parts) > 1 else "",
        "expires_at": store.timestamp() + _URLS_SECONDS,
        "etags": {},
        "captions": None,
        "cover": None,
        "finalized_at": None,
        "failure": None,
        "milliseconds": None,
    }
    store.media_path(video["file"]).touch()
    store.put("linkedin_video", video["id"], video)

    def upload_url(route: str, **path: Any) -> str:
        return str(request.url_for(route, key=key, **path).include_query_params(sau=secret))

    answer = {
        "uploadUrlsExpireAt": int(1000 * video["expires_at"]),
        "video": video["id"],
        "uploadInstructions": [
            {"uploadUrl": upload_url("linkedin_part", number=number), "firstByte": first, "lastByte": last}
            for number, (first, last) in parts.items()
        ],
        "uploadToken": video["token"],
    }
    if upload.uploadCaptions:
        answer["captionsUploadUrl"] = upload_url("linkedin_captions")
    if upload.uploadThumbnail:
        answer["thumbnailUploadUrl"] = upload_url("linkedin_thumbnail")
    return answer


def _video_of_upload_url(store: Store, key: str, secret: str) -> Document:
    """The video of an upload URL. Raises ApiError if the URL is invalid or expired."""
    video = store.get("linkedin_video", f"urn:li:video:{key}")
    if video is None or video["secret"] != secret or video["finalized_at"] is not None:
        raise protocol.api_error(HTTPStatus.FORBIDDEN, "INVALID_UPLOAD_URL", "The Video upload URL is not valid")
    if store.timestamp() >= video["expires_at"]:
        raise protocol.bad_request("EXPIRED_UPLOAD_URL", "The Video upload URL is expired")
    return video


def _update(store: Store, key: str, secret: str, **fields: str) -> None:
    """Update fields of the video of an upload URL."""
    with store.transaction():
        video = _video_of_upload_url(store, key, secret)
        store.put("linkedin_video", video["id"], {**video, **fields})


def _finalize(store: Store, grant: Grant, upload: FinalizeUpload) -> None:
    video = store.get("linkedin_video", upload.video)
    if video is None or video["owner"] != author_of(grant):
        raise protocol.bad_request("INVALID_VIDEO_ID", "This Video ID is invalid")
    etags = [video["etags"].get(str(number)) for number in _part_ranges(video["size"])]
    if None in etags:
        raise protocol.bad_request("MEDIA_ASSET_WAITING_UPLOAD", "Media asset is waiting upload")
    if upload.uploadedPartIds != etags or upload.uploadToken != video["token"]:
        raise protocol.bad_request(
            "INVALID_VALUE_FOR_FIELD", "uploadToken and uploadedPartIds do not fit what was uploaded"
        )
    if video["finalized_at"] is None:
        found = probe(store.media_path(video["file"]))
        milliseconds = int(1000 * found.seconds) if found else None
        done = {"finalized_at": store.timestamp(), "failure": _failure_reason(found), "milliseconds": milliseconds}
        store.put("linkedin_video", video["id"], {**video, **done})


def _failure_reason(video: Probe | None) -> str | None:
    """Why processing fails, or None if the video is valid."""
    if video is None or video.container != "mov":
        return "Unsupported file format: a video has to be an MP4"
    if not _MIN_BYTES <= video.bytes <= _MAX_BYTES:
        return "File size has to be between 75 KB and 500 MB"
    if not _MIN_SECONDS <= video.seconds <= _MAX_SECONDS:
        return "Length has to be between 3 seconds and 30 minutes"
    return None
