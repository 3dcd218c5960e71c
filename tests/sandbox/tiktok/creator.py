"""Requests of a TikTok creator and their app."""

import hashlib
from pathlib import Path
from typing import Any

import httpx

from tests.sandbox_client import Sandbox

REDIRECT = "https://app.example.com/callback"
VERIFIER = "a-verifier-of-enough-characters-to-be-one-000"
CLIENT = {"client_key": "sandbox-tiktok", "client_secret": "sandbox-tiktok-secret"}
SCOPES = "user.info.basic,user.info.profile,video.publish,video.upload"
PUBLISH = "/open.tiktokapis.com/v2/post/publish"
POST = {"title": "Bread needs time. #bread", "privacy_level": "PUBLIC_TO_EVERYONE", "is_aigc": True}
PLAN = {"source": "FILE_UPLOAD", "video_size": 1000, "chunk_size": 1000, "total_chunk_count": 1}


def authorize_url(**changes: str | None) -> str:
    query_params = {
        "client_key": "sandbox-tiktok",
        "scope": SCOPES,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "state": "a state",
        "code_challenge": hashlib.sha256(VERIFIER.encode()).hexdigest(),
        "code_challenge_method": "S256",
        **changes,
    }
    query = httpx.QueryParams({name: value for name, value in query_params.items() if value is not None})
    return f"/www.tiktok.com/v2/auth/authorize/?{query}"


def call_token(sandbox: Sandbox, **form: str) -> dict[str, Any]:
    answer = sandbox.http.post("/open.tiktokapis.com/v2/oauth/token/", data={**CLIENT, **form})
    assert answer.status_code == 200
    tokens: dict[str, Any] = answer.json()
    return tokens


def exchange(sandbox: Sandbox, code: str, **changes: str) -> dict[str, Any]:
    form = {"code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER, **changes}
    return call_token(sandbox, grant_type="authorization_code", **form)


def refresh(sandbox: Sandbox, token: str) -> dict[str, Any]:
    return call_token(sandbox, grant_type="refresh_token", refresh_token=token)


def connect(sandbox: Sandbox, username: str = "mara.bakes", scope: str = SCOPES) -> dict[str, Any]:
    code = sandbox.decide(authorize_url(scope=scope), username=username).params["code"]
    return exchange(sandbox, code)


def call(sandbox: Sandbox, token: str, path: str, body: dict[str, Any]) -> httpx.Response:
    return sandbox.http.post(f"{PUBLISH}/{path}/", json=body, headers={"Authorization": f"Bearer {token}"})


def init(sandbox: Sandbox, token: str, post: dict = POST, plan: dict = PLAN) -> httpx.Response:
    return call(sandbox, token, "video/init", {"post_info": post, "source_info": plan})


def put(sandbox: Sandbox, url: str, content: bytes, span: str, kind: str = "video/mp4") -> httpx.Response:
    return sandbox.http.put(url, content=content, headers={"Content-Type": kind, "Content-Range": f"bytes {span}"})


def publish(sandbox: Sandbox, token: str, path: Path, **post: Any) -> str:
    """Init and one chunk; returns the publish id."""
    size = path.stat().st_size
    plan = PLAN | {"video_size": size, "chunk_size": size}
    begun = init(sandbox, token, POST | post, plan).json()["data"]
    assert put(sandbox, begun["upload_url"], path.read_bytes(), f"0-{size - 1}/{size}").status_code == 201
    publish_id: str = begun["publish_id"]
    return publish_id


def status(sandbox: Sandbox, token: str, publish_id: str) -> dict[str, Any]:
    data: dict[str, Any] = call(sandbox, token, "status/fetch", {"publish_id": publish_id}).json()["data"]
    return data
