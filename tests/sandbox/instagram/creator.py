"""Requests of an Instagram creator and their app."""

from typing import Any

import httpx

from tests.polling import until
from tests.sandbox_client import Sandbox

REDIRECT = "https://app.example.com/callback"
CLIENT = {"client_id": "sandbox-instagram", "client_secret": "sandbox-instagram-secret"}
SCOPES = "instagram_business_basic,instagram_business_content_publish"
GRAPH = "/graph.instagram.com/v25.0"
DAY = 86_400


def authorize_url(**changes: str) -> str:
    query = {
        "client_id": "sandbox-instagram",
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": SCOPES,
        "state": "a state",
        **changes,
    }
    return f"/www.instagram.com/oauth/authorize?{httpx.QueryParams(query)}"


def exchange_code(sandbox: Sandbox, code: str, **changes: str) -> httpx.Response:
    form = {**CLIENT, "grant_type": "authorization_code", "redirect_uri": REDIRECT, "code": code, **changes}
    parts = {name: (None, value) for name, value in form.items()}
    return sandbox.http.post("/api.instagram.com/oauth/access_token", files=parts)


def exchange_short(sandbox: Sandbox, token: str, secret: str = CLIENT["client_secret"]) -> httpx.Response:
    query = {"grant_type": "ig_exchange_token", "client_secret": secret, "access_token": token}
    return sandbox.http.get("/graph.instagram.com/access_token", params=query)


def refresh(sandbox: Sandbox, token: str) -> httpx.Response:
    query = {"grant_type": "ig_refresh_token", "access_token": token}
    return sandbox.http.get("/graph.instagram.com/refresh_access_token", params=query)


def short_token(sandbox: Sandbox, username: str = "mara.bakes", scope: str = SCOPES) -> str:
    code = sandbox.decide(authorize_url(scope=scope), username=username).params["code"]
    token: str = exchange_code(sandbox, code.removesuffix("#_")).json()["access_token"]
    return token


def connect(sandbox: Sandbox, username: str = "mara.bakes", scope: str = SCOPES) -> str:
    token: str = exchange_short(sandbox, short_token(sandbox, username, scope)).json()["access_token"]
    return token


def get(sandbox: Sandbox, token: str, path: str, **query: str) -> httpx.Response:
    return sandbox.http.get(f"{GRAPH}/{path}", params={"access_token": token, **query})


def create(sandbox: Sandbox, token: str, **parameters: Any) -> httpx.Response:
    sent = {"media_type": "REELS", "caption": "Bread needs time.", "access_token": token, **parameters}
    return sandbox.http.post(f"{GRAPH}/me/media", data=sent)


def publish(sandbox: Sandbox, token: str, container: str) -> httpx.Response:
    return sandbox.http.post(f"{GRAPH}/me/media_publish", data={"creation_id": container, "access_token": token})


def status(sandbox: Sandbox, token: str, container: str) -> dict[str, Any]:
    answer: dict[str, Any] = get(sandbox, token, container, fields="status_code,status").json()
    return answer


def ended(sandbox: Sandbox, token: str, container: str) -> dict[str, Any]:
    """The container's status, once it is processed."""

    def processed() -> dict[str, Any] | None:
        answer = status(sandbox, token, container)
        return answer if answer["status_code"] != "IN_PROGRESS" else None

    return until(processed, seconds=20, what="the end of processing", pause=0.05)


def ready(sandbox: Sandbox, token: str, host: str, **parameters: Any) -> str:
    """A container that is ready to be published."""
    container: str = create(sandbox, token, video_url=f"{host}/reel.mp4", **parameters).json()["id"]
    assert ended(sandbox, token, container)["status_code"] == "FINISHED"
    return container


def error(answer: httpx.Response) -> tuple[int, int, int | None]:
    body = answer.json()["error"]
    assert {"message", "type", "code", "is_transient", "fbtrace_id"} <= body.keys()
    return answer.status_code, body["code"], body.get("error_subcode")
