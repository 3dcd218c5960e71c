"""Fake HeyGen API, version 3: videos and their files, voices, avatars, wallet, webhook endpoints."""

from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse

from sandbox.faults import fault_point
from sandbox.heygen import catalog, clips, videos, webhooks
from sandbox.heygen.protocol import JsonBody, api_error, authenticate, invalid_parameter, page
from sandbox.parameters import Parameters
from sandbox.settings import read_settings
from sandbox.store import Document, Store

_IDEMPOTENCY: Final = "heygen_idempotency"
_REPLAY_SECONDS: Final = 86_400
_STATUS_IDS: Final = 100


def routes(store: Store) -> APIRouter:
    router = APIRouter()
    api = APIRouter(prefix="/api.heygen.com/v3", dependencies=[Depends(authenticate)])
    commit_step, confirm_step, grant_step, download_step = (
        [Depends(fault_point("heygen", name))] for name in ("commit", "confirm", "grant", "download")
    )

    @api.post("/videos", dependencies=commit_step)
    def create(request: Request, sent: JsonBody) -> dict[str, Any]:
        key = request.headers.get("idempotency-key", "")
        with store.transaction():
            video = _created_with(store, key) or videos.create(store, str(request.base_url), sent)
            if key:
                store.put(_IDEMPOTENCY, key, {"video_id": video["id"], "time": video["created_at"]})
        return {"data": {"video_id": video["id"], "status": "waiting", "output_format": video["output_format"]}}

    @api.get("/videos", dependencies=confirm_step)
    def list_page(parameters: Parameters) -> dict[str, Any]:
        found = videos.find(store, parameters.get("title", ""))
        return page([videos.view(store, video) for video in found], parameters, default=10, most=100)

    @api.get("/videos/statuses", dependencies=confirm_step)
    def statuses(parameters: Parameters) -> dict[str, Any]:
        ids = [id for id in parameters.get("video_ids", "").split(",") if id]
        if not 1 <= len(ids) <= _STATUS_IDS:
            raise invalid_parameter("video_ids", f"The number of ids is not between 1 and {_STATUS_IDS}.")
        return {"data": [videos.status(store, id) for id in ids], "has_more": False, "next_token": None}

    @api.get("/videos/{video_id}", dependencies=confirm_step)
    def get(video_id: str) -> dict[str, Any]:
        return {"data": videos.view(store, videos.get(store, video_id))}

    @api.delete("/videos/{video_id}", dependencies=commit_step)
    def delete(video_id: str) -> dict[str, Any]:
        videos.delete(store, video_id)
        return {"data": {"id": video_id, "deleted": True}}

    @api.get("/voices", dependencies=grant_step)
    def voices(parameters: Parameters) -> dict[str, Any]:
        return page(list(catalog.VOICES.values()), parameters, default=20, most=100)

    @api.get("/avatars/looks", dependencies=grant_step)
    def looks(parameters: Parameters) -> dict[str, Any]:
        return page(list(catalog.LOOKS.values()), parameters, default=20, most=50)

    @api.get("/users/me", dependencies=grant_step)
    def me() -> dict[str, Any]:
        wallet = {"currency": "usd", "remaining_balance": round(videos.balance(store), 4), "auto_reload": None}
        person = {"username": "mara", "email": "mara@example.com", "first_name": "Mara", "last_name": "Bakes"}
        return {
            "data": {**person, "billing_type": "wallet", "wallet": wallet, "subscription": None, "usage_based": None}
        }

    @router.get(f"/{clips.HOST}/video/{{name}}", dependencies=download_step)
    def download(name: str, parameters: Parameters) -> FileResponse:
        video = store.get(videos.KIND, name.removesuffix(".mp4"))
        if video is None or not clips.is_valid(store, video, parameters):
            raise api_error(HTTPStatus.FORBIDDEN, "access_denied", "The request is not signed, or it has expired.")
        return FileResponse(store.media_path(clips.render(store, video)), media_type="video/mp4")

    api.include_router(webhooks.routes(store))
    router.include_router(api)
    return router


def _created_with(store: Store, idempotency_key: str) -> Document | None:
    """The video that a request with the same key made within a day, where keys are honoured."""
    if not idempotency_key or not read_settings(store).heygen_honors_idempotency:
        return None
    earlier = store.get(_IDEMPOTENCY, idempotency_key)
    if earlier is None or store.timestamp() - earlier["time"] > _REPLAY_SECONDS:
        return None
    return videos.get(store, earlier["video_id"])
