"""Requests of a LinkedIn member and their app."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx

from tests.sandbox_server import Sandbox

APP: Final = {"client_id": "sandbox-linkedin", "client_secret": "sandbox-linkedin-secret"}
BACK: Final = "https://app.example/back"
TOKEN: Final = "/www.linkedin.com/oauth/v2/accessToken"
VIDEOS: Final = "/api.linkedin.com/rest/videos"
POSTS: Final = "/api.linkedin.com/rest/posts"


def authorize_url(**changes: str) -> str:
    query = {
        "response_type": "code",
        "client_id": APP["client_id"],
        "redirect_uri": BACK,
        "scope": "openid profile w_member_social",
        "state": "s",
    }
    return str(httpx.URL("/www.linkedin.com/oauth/v2/authorization", params=query | changes))


def exchange(sandbox: Sandbox, code: str, **changes: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **APP}
    return sandbox.http.post(TOKEN, data=form | changes)


@dataclass
class Member:
    sandbox: Sandbox
    token: str
    urn: str
    version: str

    @classmethod
    def connected(cls, sandbox: Sandbox, username: str = "mara.bakes", **changes: str) -> "Member":
        code = sandbox.decide(authorize_url(**changes), username=username).params["code"]
        token = exchange(sandbox, code).json()["access_token"]
        me = sandbox.http.get("/api.linkedin.com/v2/userinfo", headers={"Authorization": f"Bearer {token}"})
        today = sandbox.http.post("/_sandbox/clock", json={"advance_seconds": 0}).json()["now"]
        return cls(sandbox, token, f"urn:li:person:{me.json()['sub']}", f"{today[:4]}{today[5:7]}")

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        all_headers = {
            "Authorization": f"Bearer {self.token}",
            "LinkedIn-Version": self.version,
            "X-Restli-Protocol-Version": "2.0.0",
            **headers,
        }
        return self.sandbox.http.request(method, path, json=body, headers=all_headers)

    def initialize(self, size: int, **more: Any) -> dict[str, Any]:
        body = {"owner": self.urn, "fileSizeBytes": size, "uploadCaptions": False, "uploadThumbnail": False, **more}
        answer = self.call("POST", f"{VIDEOS}?action=initializeUpload", {"initializeUploadRequest": body})
        return answer.json()["value"] if answer.is_success else answer.json()

    def send(self, instruction: dict[str, Any], data: bytes) -> httpx.Response:
        piece = data[instruction["firstByte"] : instruction["lastByte"] + 1]
        return httpx.put(instruction["uploadUrl"], content=piece)

    def finalize(self, upload: dict[str, Any], etags: list[str], **changes: Any) -> httpx.Response:
        body = {"video": upload["video"], "uploadToken": upload["uploadToken"], "uploadedPartIds": etags, **changes}
        return self.call("POST", f"{VIDEOS}?action=finalizeUpload", {"finalizeUploadRequest": body})

    def status(self, video: str) -> dict[str, Any]:
        return self.call("GET", f"{VIDEOS}/{quote(video, safe='')}").json()

    def upload(self, data: bytes, **more: Any) -> str:
        """The URN of a video that is uploaded and which is being processed."""
        upload = self.initialize(len(data), **more)
        etags = [self.send(instruction, data).headers["etag"] for instruction in upload["uploadInstructions"]]
        assert self.finalize(upload, etags).status_code == 200
        return upload["video"]

    def uploaded(self, file: Path) -> str:
        """The URN of a video that can be posted."""
        self.sandbox.set(linkedin_processing_seconds=0)
        return self.upload(file.read_bytes())

    def body(self, video: str, **changes: Any) -> dict[str, Any]:
        return {
            "author": self.urn,
            "commentary": "Hello",
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "content": {"media": {"id": video, "title": "A title"}},
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
            **changes,
        }

    def post(self, video: str, **changes: Any) -> httpx.Response:
        return self.call("POST", POSTS, self.body(video, **changes))
