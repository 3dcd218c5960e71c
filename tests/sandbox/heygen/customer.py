"""Requests of a HeyGen customer."""

from typing import Any

import httpx

from tests.sandbox_client import Sandbox

API = "/api.heygen.com/v3"
KEY = {"X-Api-Key": "sandbox-heygen"}
# 25 words: ten seconds.
VIDEO = {
    "type": "avatar",
    "avatar_id": "Abigail_standing_front",
    "script": "Bread needs time. " * 8 + "Wait.",
    "title": "a title",
    "aspect_ratio": "9:16",
    "resolution": "720p",
}
# The longest rendering that HeyGen needs, in seconds.
LONGEST = 20 * 60


def call(sandbox: Sandbox, method: str, path: str, **request: Any) -> httpx.Response:
    return sandbox.http.request(method, f"{API}{path}", **{"headers": KEY, **request})


def read(sandbox: Sandbox, path: str, **params: Any) -> Any:
    answer = call(sandbox, "GET", path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def create(sandbox: Sandbox, **fields: Any) -> str:
    """Creates a video; returns its id."""
    answer = call(sandbox, "POST", "/videos", json={**VIDEO, **fields})
    assert answer.status_code == 200, answer.text
    video: dict[str, str] = answer.json()["data"]
    assert video["status"] == "waiting"
    return video["video_id"]


def get(sandbox: Sandbox, video_id: str) -> dict[str, Any]:
    video: dict[str, Any] = read(sandbox, f"/videos/{video_id}")["data"]
    return video


def statuses(sandbox: Sandbox, *video_ids: str) -> dict[str, str]:
    entries = read(sandbox, "/videos/statuses", video_ids=",".join(video_ids))["data"]
    return {entry["video_id"]: entry["status"] for entry in entries}


def balance(sandbox: Sandbox) -> float:
    amount: float = read(sandbox, "/users/me")["data"]["wallet"]["remaining_balance"]
    return amount
