"""Instagram's resumable uploads, at rupload.facebook.com: bytes at an offset, until the container has them all."""

from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Depends, Request

from sandbox.faults import step
from sandbox.instagram import containers, wire
from sandbox.media import received, write_at
from sandbox.refusals import Refusal
from sandbox.store import Document, World


def routes(world: World, intake: containers.Intake) -> APIRouter:
    router = APIRouter()

    @router.post(
        "/rupload.facebook.com/ig-api-upload/{version}/{id}", dependencies=[Depends(step("instagram", "prepare"))]
    )
    def upload(request: Request, id: str, body: Annotated[Path, Depends(received)]) -> dict[str, Any]:
        grant = wire.signed_in(request, {}, wire.PUBLISH)
        offset, size = _whole(request, "offset"), _whole(request, "file_size")
        with world.transaction():
            container = world.get(containers.KIND, id)
            if container is None or container["account"] != grant.account:
                raise wire.missing_object(id)
            if container["state"] != "awaiting" or not 0 < size <= containers.MAX_BYTES:
                raise _refused("This container takes no upload of that size.")
            name = container["media"] or f"{uuid4().hex}.mp4"
            stored = container["stored"]
            if offset != stored or stored + body.stat().st_size > size:
                raise _refused(f"The offset must be {stored}, and no more than file_size may be sent.")
            write_at(stored, body, world.media(name))
            stored += body.stat().st_size
            complete = stored == size
            state = "new" if complete else "awaiting"
            world.put(containers.KIND, id, {**container, "media": name, "stored": stored, "state": state})
        if not complete:
            raise _refused("The connection ended before all bytes had arrived; go on from the new offset.", True)
        intake.begin(id)
        return {"success": True, "message": "Upload successful."}

    return router


def phases(container: Document, status: containers.Status) -> dict[str, Any]:
    """How far the upload and the processing are; where an interrupted upload goes on."""
    uploaded = "in_progress" if container["state"] == "awaiting" else "complete"
    processed = {"FINISHED": "complete", "PUBLISHED": "complete", "ERROR": "error"}.get(status, "not_started")
    return {
        "uploading_phase": {"status": uploaded, "bytes_transferred": container["stored"]},
        "processing_phase": {"status": processed},
    }


def _whole(request: Request, header: str) -> int:
    value = request.headers.get(header, "")
    if not value.isdecimal():
        raise _refused(f"The header {header} is missing.")
    return int(value)


def _refused(message: str, retriable: bool = False) -> Refusal:
    info: Final = {"retriable": retriable, "type": "ProcessingFailedError", "message": message}
    return Refusal(HTTPStatus.BAD_REQUEST, {"debug_info": info})
