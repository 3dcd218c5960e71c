"""HeyGen webhooks: registered endpoints, and deliveries with their signatures and retries."""

import hashlib
import hmac
import json
from http import HTTPStatus
from secrets import token_hex
from threading import Event, Thread
from typing import Any, Final
from uuid import uuid4

import httpx
from fastapi import APIRouter
from pydantic import BaseModel, Field, ValidationError

from sandbox.heygen import clips, videos
from sandbox.heygen.protocol import JsonBody, invalid_parameter, not_found, page
from sandbox.parameters import Parameters
from sandbox.settings import read_settings
from sandbox.store import Document, Store

# Signs deliveries to a `callback_url` that is no registered endpoint.
CALLBACK_SECRET: Final = "sandbox-heygen-webhook-secret"  # noqa: S105 - not a secret

_ENDPOINT: Final = "heygen_endpoint"
_DELIVERY: Final = "heygen_delivery"
_SWEEP_SECONDS: Final = 0.25
_REPLY_SECONDS: Final = 10.0
_FIRST_PAUSE_SECONDS: Final = 60
_GIVE_UP_SECONDS: Final = 86_400


class NewEndpoint(BaseModel):
    url: str = Field(pattern="^https?://")
    events: list[str] | None = None


def routes(store: Store) -> APIRouter:
    router = APIRouter(prefix="/webhooks/endpoints")

    @router.post("")
    def create(sent: JsonBody) -> dict[str, Any]:
        try:
            new = NewEndpoint.model_validate(sent)
        except ValidationError as error:
            raise invalid_parameter("url", error.errors()[0]["msg"]) from error
        if not _answers_probe(new.url):
            raise invalid_parameter("url", "The URL does not answer an OPTIONS request with 200.")
        endpoint = {
            **new.model_dump(),
            "endpoint_id": uuid4().hex,
            "status": "enabled",
            "created_at": store.now().isoformat(),
            "secret": f"whsec_{token_hex(24)}",
        }
        store.put(_ENDPOINT, endpoint["endpoint_id"], endpoint)
        return {"data": endpoint}

    @router.get("")
    def list_page(parameters: Parameters) -> dict[str, Any]:
        shown = [{**endpoint, "secret": None} for endpoint in store.find(_ENDPOINT)]
        return page(shown, parameters, default=10, most=100)

    @router.delete("/{endpoint_id}")
    def delete(endpoint_id: str) -> dict[str, Any]:
        _get(store, endpoint_id)
        store.delete(_ENDPOINT, endpoint_id)
        return {"data": {}, "error": None}

    @router.post("/{endpoint_id}/rotate-secret")
    def rotate_secret(endpoint_id: str) -> dict[str, Any]:
        endpoint = {**_get(store, endpoint_id), "secret": f"whsec_{token_hex(24)}"}
        store.put(_ENDPOINT, endpoint_id, endpoint)
        return {"data": {"endpoint_id": endpoint_id, "secret": endpoint["secret"]}}

    return router


def _get(store: Store, endpoint_id: str) -> Document:
    endpoint = store.get(_ENDPOINT, endpoint_id)
    if endpoint is None:
        raise not_found("endpoint")
    return endpoint


def _answers_probe(url: str) -> bool:
    try:
        return httpx.options(url, timeout=_REPLY_SECONDS, trust_env=False).status_code == HTTPStatus.OK
    except (httpx.HTTPError, httpx.InvalidURL):
        return False


class WebhookSender:
    """Thread that reports ended videos to their `callback_url` and to the registered endpoints."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_closing = Event()
        self._thread = Thread(target=self._run, name="heygen-webhooks", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._is_closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_closing.wait(_SWEEP_SECONDS):
            self._queue_deliveries()
            self._send_due()

    def _queue_deliveries(self) -> None:
        with self._store.transaction():
            for video in self._store.find(videos.KIND, is_notified=0, is_deleted=0):
                if videos.state(self._store, video) in ("completed", "failed"):
                    self._store.put(videos.KIND, video["id"], {**video, "is_notified": True})
                    self._queue(_event(self._store, video), video["callback_url"])

    def _queue(self, event: Document, callback_url: str | None) -> None:
        endpoints = self._store.find(_ENDPOINT)
        urls = {e["url"] for e in endpoints if e["events"] is None or event["event_type"] in e["events"]}
        for url in urls | ({callback_url} if callback_url else set()):
            id, now = f"evt_{uuid4().hex}", self._store.timestamp()
            delivery = {"id": id, "url": url, "body": json.dumps(event), "created_at": now, "due_at": now}
            self._store.put(_DELIVERY, id, {**delivery, "attempts": 0})

    def _send_due(self) -> None:
        kind = read_settings(self._store).heygen_webhooks
        if kind == "none":
            return
        due = [delivery for delivery in self._store.find(_DELIVERY) if delivery["due_at"] <= self._store.timestamp()]
        for delivery in reversed(due) if kind == "swapped" else due:
            if self._is_closing.is_set():
                return
            was_received = all(self._send(delivery, kind) for _ in range(2 if kind == "doubled" else 1))
            self._finish(delivery, was_received=was_received)

    def _send(self, delivery: Document, kind: str) -> bool:
        body = delivery["body"].encode()
        secret = "another secret" if kind == "bad_signature" else self._secret_of(delivery["url"])
        timestamp = self._store.timestamp() - (3600 if kind == "old_timestamp" else 0)
        headers = {
            "Content-Type": "application/json",
            "Heygen-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
            "Heygen-Timestamp": str(int(timestamp)),
            "Heygen-Event-Id": delivery["id"],
        }
        try:
            reply = httpx.post(delivery["url"], content=body, headers=headers, timeout=_REPLY_SECONDS, trust_env=False)
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return reply.is_success

    def _secret_of(self, url: str) -> str:
        endpoint = next(iter(self._store.find(_ENDPOINT, url=url)), None)
        return endpoint["secret"] if endpoint else CALLBACK_SECRET

    def _finish(self, delivery: Document, *, was_received: bool) -> None:
        """Drop a delivery that was received or is a day old; plan the next attempt of any other."""
        now = self._store.timestamp()
        with self._store.transaction():
            if self._store.get(_DELIVERY, delivery["id"]) is None:  # it is gone after a reset
                return
            if was_received or now - delivery["created_at"] > _GIVE_UP_SECONDS:
                self._store.delete(_DELIVERY, delivery["id"])
            else:
                due_at = now + _FIRST_PAUSE_SECONDS * 2 ** delivery["attempts"]
                later = {**delivery, "attempts": delivery["attempts"] + 1, "due_at": due_at}
                self._store.put(_DELIVERY, delivery["id"], later)


def _event(store: Store, video: Document) -> Document:
    """The body of a webhook, which names the fields otherwise than GET /v3/videos does."""
    data = {"video_id": video["id"], "callback_id": video["callback_id"]}
    if videos.state(store, video) == "failed":
        message = videos.failure_message(video)
        return {
            "event_type": "avatar_video.fail",
            "event_data": {**data, "msg": message, "error": video["failure_code"]},
        }
    links = {
        "url": clips.signed_url(store, video),
        "gif_download_url": None,
        "video_page_url": f"https://app.heygen.com/videos/{video['id']}",
        "video_share_page_url": None,
        "folder_id": "",
    }
    return {"event_type": "avatar_video.success", "event_data": {**data, **links}}
