"""Instagram's resumable upload protocol at rupload.facebook.com: bytes sent at an offset until the file is complete."""

from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Depends, Request

from sandbox.api_error import ApiError
from sandbox.faults import fault_point
from sandbox.instagram import containers, protocol
from sandbox.media import request_body, write_at
from sandbox.store import Document, Store


def routes(store: Store, processor: containers.MediaProcessor) -> APIRouter:
    router = APIRouter()

    @router.post(
        "/rupload.facebook.com/ig-api-upload/{version}/{id}",
        dependencies=[Depends(fault_point("instagram", "prepare"))],
    )
    def upload(request: Request, id: str, body: Annotated[Path, Depends(request_body)]) -> dict[str, Any]:
        grant = protocol.authenticate(request, {}, protocol.PUBLISH)
        offset, size = _integer_header(request, "offset"), _integer_header(request, "file_size")
        with store.transaction():
            container = store.get(containers.KIND, id)
            if container is None or container["account"] != grant.account:
                raise protocol.missing_object(id)
            if container["state"] != "awaiting" or not 0 < size <= containers.MAX_BYTES:
                raise _upload_error("This container does not accept an upload of that size.")
            name = container["media"] or f"{uuid4().hex}.mp4"
            stored = container["stored"]
            if offset != stored or stored + body.stat().st_size > size:
                raise _upload_error(f"The offset must be {stored}, and no more than file_size may be sent.")
            write_at(stored, body, store.media_path(name))
            stored += body.stat().st_size
            complete = stored == size
            state = "new" if complete else "awaiting"
            store.put(containers.KIND, id, {**container, "media": name, "stored": stored, "state": state})
        if not complete:
            raise _upload_error(
                "The connection ended before all bytes had arrived; continue from the new offset.", True
            )
        processor.submit(id)
        return {"success": True, "message": "Upload successful."}

    return router


def phases(container: Document, status: containers.Status) -> dict[str, Any]:
    """The `video_status` field: progress of upload and processing, and the offset at which to resume."""
    uploaded = "in_progress" if container["state"] == "awaiting" else "complete"
    processed = {"FINISHED": "complete", "PUBLISHED": "complete", "ERROR": "error"}.get(status, "not_started")
    return {
        "uploading_phase": {"status": uploaded, "bytes_transferred": container["stored"]},
        "processing_phase": {"status": processed},
    }


def _integer_header(request: Request, header: str) -> int:
    value = request.headers.get(header, "")
    if not value.isdecimal():
        raise _upload_error(f"The header {header} is missing.")
    return int(value)


def _upload_error(message: str, retriable: bool = False) -> ApiError:
    info: Final = {"retriable": retriable, "type": "ProcessingFailedError", "message": message}
    return ApiError(HTTPStatus.BAD_REQUEST, {"debug_info": info})
