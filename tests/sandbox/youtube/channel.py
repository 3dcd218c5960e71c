"""Requests of a YouTube channel's owner and their app."""

import json
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tests.sandbox_server import Sandbox

APP: Final = {"client_id": "sandbox-youtube", "client_secret": "sandbox-youtube-secret"}
BACK: Final = "https://app.example/back"
TOKEN: Final = "/oauth2.googleapis.com/token"
API: Final = "/www.googleapis.com/youtube/v3"
UPLOAD: Final = "/www.googleapis.com/upload/youtube/v3"
SCOPES: Final = tuple(f"https://www.googleapis.com/auth/youtube.{name}" for name in ("upload", "readonly", "force-ssl"))

ANALYTICS: Final = "https://www.googleapis.com/auth/yt-analytics.readonly"

EVERYTHING: Final = "snippet,status,processingDetails,statistics,contentDetails"


def authorize_url(**changes: str) -> str:
    query = {
        "response_type": "code",
        "client_id": APP["client_id"],
        "redirect_uri": BACK,
        "scope": " ".join(SCOPES),
        "state": "s",
        "access_type": "offline",
    }
    return str(httpx.URL("/accounts.google.com/o/oauth2/v2/auth", params=query | changes))


def exchange(sandbox: Sandbox, code: str, **changes: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **APP}
    return sandbox.http.post(TOKEN, data=form | changes)


def reason(response: httpx.Response) -> tuple[int, str]:
    """The status and reason of an error of Google's."""
    error = response.json()["error"]
    assert error["code"] == response.status_code
    return error["code"], error["errors"][0]["reason"]


@dataclass
class Channel:
    sandbox: Sandbox
    token: str

    @classmethod
    def connected(cls, sandbox: Sandbox, username: str = "mara.bakes", **changes: str) -> "Channel":
        code = sandbox.decide(authorize_url(**changes), username=username).params["code"]
        return cls(sandbox, exchange(sandbox, code).json()["access_token"])

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **request.pop("headers", {})}
        return self.sandbox.http.request(method, path, headers=headers, **request)

    def open(self, size: int | None, *, part: str = "snippet,status", **sections: Any) -> httpx.Response:
        """A session's opening; its address is in Location."""
        body = {"snippet": {"title": "A title"}, "status": {"privacyStatus": "public"}} | sections
        headers = {"X-Upload-Content-Type": "video/mp4"}
        if size is not None:
            headers["X-Upload-Content-Length"] = str(size)
        query = {"uploadType": "resumable", "part": part}
        return self.call("POST", f"{UPLOAD}/videos", params=query, headers=headers, json=body)

    def session(self, size: int | None, **sections: Any) -> str:
        answer = self.open(size, **sections)
        assert (answer.status_code, answer.content) == (200, b"")
        return answer.headers["location"]

    def upload(self, data: bytes, **sections: Any) -> dict[str, Any]:
        """The resource of a video that was sent in one piece."""
        answer = send(self.session(len(data), **sections), data, 0, len(data))
        assert answer.status_code == 201
        return answer.json()

    def video(
        self, id: str, part: str = "snippet,status,processingDetails,statistics,contentDetails"
    ) -> dict[str, Any]:
        (video,) = self.call("GET", f"{API}/videos", params={"part": part, "id": id}).json()["items"]
        return video

    def add_captions(self, video_id: str, srt: str, **changes: Any) -> httpx.Response:
        snippet = {"videoId": video_id, "language": "en", "name": "English", "isDraft": False, **changes}
        pieces = [("application/json", json.dumps({"snippet": snippet})), ("application/octet-stream", srt)]
        body = (
            "".join(f"--edge\r\nContent-Type: {kind}\r\n\r\n{content}\r\n" for kind, content in pieces) + "--edge--\r\n"
        )
        return self.call(
            "POST",
            f"{UPLOAD}/captions",
            params={"uploadType": "multipart", "part": "snippet"},
            headers={"Content-Type": 'multipart/related; boundary="edge"'},
            content=f"{body}--edge--\r\n".encode(),
        )


def send(session: str, data: bytes, start: int, end: int) -> httpx.Response:
    """The bytes from `start` to before `end`. A session needs no token: its address is one."""
    return httpx.put(
        session, content=data[start:end], headers={"Content-Range": f"bytes {start}-{end - 1}/{len(data)}"}
    )


def query_status(session: str, size: int | str = "*") -> httpx.Response:
    return httpx.put(session, headers={"Content-Range": f"bytes */{size}", "Content-Length": "0"})
