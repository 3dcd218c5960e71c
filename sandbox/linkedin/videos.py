"""LinkedIn's Videos API: initialize, upload in parts of 4 MiB, finalize, wait until it is processed."""

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
# Its Videos API page: MP4, three seconds to 30 minutes, 75 kB to 500 MB.
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
    """The body of either action."""

    initializeUploadRequest: InitializeUpload | None = None
    finalizeUploadRequest: FinalizeUpload | None = None


def routes(world: Store) -> APIRouter:
    router = APIRouter()
    preparing = [Depends(fault_point("linkedin", "prepare"))]

    @router.post("/api.linkedin.com/rest/videos", dependencies=preparing, response_model=None)
    def act(
        request: Request,
        grant: Annotated[Grant, Depends(protocol.authenticated(protocol.SHARE, "videos.ACTION"))],
        action: str = "",
        body: Annotated[Any, Body()] = None,
    ) -> dict[str, Any] | Response:
        asked = protocol.parse(Action, body)
        if action == "initializeUpload" and asked.initializeUploadRequest:
            return {"value": _initialize(request, world, grant, asked.initializeUploadRequest)}
        if action == "finalizeUpload" and asked.finalizeUploadRequest:
            with world.transaction():
                _finalize(world, grant, asked.finalizeUploadRequest)
            return Response()
        raise protocol.bad_request("INVALID_VALUE_FOR_FIELD", f"The action {action!r} does not fit the body")

    @router.put("/www.linkedin.com/dms-uploads/{key}/part/{number}", dependencies=preparing)
    def linkedin_part(
        key: str, number: int, content: Annotated[Path, Depends(request_body)], sau: str = ""
    ) -> Response:
        with world.transaction():
            video = _video_of_upload_url(world, key, sau)
            first, last = _part_ranges(video["size"]).get(number, (0, -1))
            if content.stat().st_size != last - first + 1:
                raise protocol.bad_request("INVALID_CONTENT_LENGTH", f"This part has the bytes {first} to {last}")
            data = content.read_bytes()
            with world.media(video["file"]).open("r+b") as file:
                file.seek(first)
                file.write(data)
            # It names this upload of the part: another one, even of the same bytes, has another.
            etag = f"/ambry-video/signedId/{hashlib.sha256(data).hexdigest()[:24]}{secrets.token_hex(8)}.bin"
            video["etags"][str(number)] = etag
            world.put("linkedin_video", video["id"], video)
        return Response(headers={"ETag": etag})

    @router.put("/www.linkedin.com/dms-uploads/{key}/captions", dependencies=preparing)
    def linkedin_captions(key: str, content: Annotated[Path, Depends(request_body)], sau: str = "") -> Response:
        text = content.read_bytes().decode(errors="replace")
        if "-->" not in text or "\N{REPLACEMENT CHARACTER}" in text:
            raise protocol.bad_request("INVALID_CAPTIONS", "The captions are not in SRT, in UTF-8")
        _update(world, key, sau, captions=text)
        return Response(status_code=HTTPStatus.CREATED)

    @router.put("/www.linkedin.com/dms-uploads/{key}/thumbnail", dependencies=preparing)
    def linkedin_thumbnail(key: str, content: Annotated[Path, Depends(request_body)], sau: str = "") -> Response:
        picture = content.read_bytes()
        kind = image_extension(picture)
        if kind is None:
            raise protocol.bad_request("INVALID_THUMBNAIL", "The thumbnail is neither JPEG nor PNG")
        name = f"linkedin-{key}-cover.{kind}"
        _update(world, key, sau, cover=name)
        world.media(name).write_bytes(picture)
        return Response(status_code=HTTPStatus.CREATED)

    @router.get("/api.linkedin.com/rest/videos/{urn}", dependencies=[Depends(fault_point("linkedin", "confirm"))])
    def status(
        request: Request,
        urn: str,
        grant: Annotated[Grant, Depends(protocol.authenticated(protocol.SHARE, "videos.GET"))],
    ) -> dict[str, Any]:
        if not request.scope["raw_path"].endswith(quote(urn, safe="").encode()):
            raise protocol.bad_request("ILLEGAL_ARGUMENT", "Syntax exception in path variables")
        video = world.get("linkedin_video", urn)
        if video is None:
            raise protocol.api_error(HTTPStatus.NOT_FOUND, "NOT_FOUND", "Not Found")
        if video["owner"] != author_of(grant):
            raise protocol.forbidden_video()
        shown = {"id": video["id"], "owner": video["owner"], "status": status_of(world, video)}
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


def status_of(world: Store, video: Document) -> str:
    """Where a video stands now."""
    if video["finalized_at"] is None:
        return "WAITING_UPLOAD"
    if world.seconds() < video["finalized_at"] + read_settings(world).linkedin_processing_seconds:
        return "PROCESSING"
    return "PROCESSING_FAILED" if video["failure"] else "AVAILABLE"


def _part_ranges(size: int) -> dict[int, tuple[int, int]]:
    """The first and the last byte of each part, by its number."""
    return {
        number: (first, min(first + _PART_BYTES, size) - 1) for number, first in enumerate(range(0, size, _PART_BYTES))
    }


def _initialize(request: Request, world: Store, grant: Grant, asked: InitializeUpload) -> dict[str, Any]:
    if asked.owner != author_of(grant):
        raise protocol.forbidden_video()
    if asked.fileSizeBytes < 1:
        raise protocol.bad_request(
            "INVALID_VALUE_FOR_FIELD", "ERROR :: /fileSizeBytes :: a video has at least one byte"
        )
    key, secret = f"C5F{secrets.token_urlsafe(12)}", secrets.token_urlsafe(24)
    parts = _part_ranges(asked.fileSizeBytes)
    video: Document = {
        "id": f"urn:li:video:{key}",
        "owner": asked.owner,
        "size": asked.fileSizeBytes,
        "file": f"linkedin-{key}.mp4",
        "secret": secret,
        # It may be empty, and is for a video in one part.
        "token": secrets.token_urlsafe(16) if len(parts) > 1 else "",
        "expires_at": world.seconds() + _URLS_SECONDS,
        "etags": {},
        "captions": None,
        "cover": None,
        "finalized_at": None,
        "failure": None,
        "milliseconds": None,
    }
    world.media(video["file"]).touch()
    world.put("linkedin_video", video["id"], video)

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
    if asked.uploadCaptions:
        answer["captionsUploadUrl"] = upload_url("linkedin_captions")
    if asked.uploadThumbnail:
        answer["thumbnailUploadUrl"] = upload_url("linkedin_thumbnail")
    return answer


def _video_of_upload_url(world: Store, key: str, secret: str) -> Document:
    """The video that an upload URL belongs to. Raises Refusal when the URL is not good (any more)."""
    video = world.get("linkedin_video", f"urn:li:video:{key}")
    if video is None or video["secret"] != secret or video["finalized_at"] is not None:
        raise protocol.api_error(HTTPStatus.FORBIDDEN, "INVALID_UPLOAD_URL", "The Video upload URL is not valid")
    if world.seconds() >= video["expires_at"]:
        raise protocol.bad_request("EXPIRED_UPLOAD_URL", "The Video upload URL is expired")
    return video


def _update(world: Store, key: str, secret: str, **more: str) -> None:
    """Note what came beside the video itself."""
    with world.transaction():
        video = _video_of_upload_url(world, key, secret)
        world.put("linkedin_video", video["id"], {**video, **more})


def _finalize(world: Store, grant: Grant, asked: FinalizeUpload) -> None:
    video = world.get("linkedin_video", asked.video)
    if video is None or video["owner"] != author_of(grant):
        raise protocol.bad_request("INVALID_VIDEO_ID", "This Video ID is invalid")
    etags = [video["etags"].get(str(number)) for number in _part_ranges(video["size"])]
    if None in etags:
        raise protocol.bad_request("MEDIA_ASSET_WAITING_UPLOAD", "Media asset is waiting upload")
    if asked.uploadedPartIds != etags or asked.uploadToken != video["token"]:
        raise protocol.bad_request(
            "INVALID_VALUE_FOR_FIELD", "uploadToken and uploadedPartIds do not fit what was uploaded"
        )
    if video["finalized_at"] is None:
        found = probe(world.media(video["file"]))
        milliseconds = int(1000 * found.seconds) if found else None
        done = {"finalized_at": world.seconds(), "failure": _failure_reason(found), "milliseconds": milliseconds}
        world.put("linkedin_video", video["id"], {**video, **done})


def _failure_reason(video: Probe | None) -> str | None:
    """Why a video is not taken."""
    if video is None or video.container != "mov":
        return "Unsupported file format: a video has to be an MP4"
    if not _MIN_BYTES <= video.bytes <= _MAX_BYTES:
        return "File size has to be between 75 KB and 500 MB"
    if not _MIN_SECONDS <= video.seconds <= _MAX_SECONDS:
        return "Length has to be between 3 seconds and 30 minutes"
    return None
