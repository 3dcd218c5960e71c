"""Fake of LinkedIn's Videos and Posts API, for one video."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from content_pipeline.core.platforms.linkedin.settings import LinkedInSettings
from tests.core.platforms.wire import ACCESS

CONTENT = bytes(range(200))
VIDEO = "urn:li:video:C5F10AQ"
SHARE = "urn:li:share:7141138937766391808"
# The request never counted, or it did and the answer was lost.
LOST, LOST_ANSWER = httpx.ReadError("connection reset"), httpx.RemoteProtocolError("disconnected")


class LinkedIn:
    """`faults` happen, by the name of what is asked, one after another."""

    def __init__(self, cuts: Sequence[int] = (80, 160)) -> None:
        ends = [*cuts, len(CONTENT)]
        self.parts = list(zip([0, *cuts], ends, strict=True))
        self.data = bytearray(len(CONTENT))
        self.etags: dict[int, str] = {}
        self.extras: dict[str, bytes] = {}
        self.statuses = ["AVAILABLE"]
        self.finalized = False
        self.expires_at = 0
        self.posts: list[bytes] = []
        self.heard: list[str] = []
        self.asked: dict[str, Any] = {}
        self.faults: dict[str, list[Any]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        name, answer = self._named(request)
        self.heard.append(name)
        fault = self.faults[name].pop(0) if self.faults.get(name) else None
        if isinstance(fault, httpx.Response):
            return httpx.Response(fault.status_code, content=fault.content, headers=fault.headers)
        if fault and fault is not LOST_ANSWER:
            raise fault
        response = answer(request)
        if fault is LOST_ANSWER:
            raise LOST_ANSWER
        return response

    def _named(self, request: httpx.Request) -> tuple[str, Callable[[httpx.Request], httpx.Response]]:
        path = request.url.raw_path.decode()
        if request.url.host == "www.linkedin.com":
            assert "authorization" not in request.headers
            return path.split("/")[2], self._upload
        assert request.headers["authorization"] == f"Bearer {ACCESS.token}"
        assert request.headers["linkedin-version"] == LinkedInSettings.current().linkedin_version
        assert request.headers["x-restli-protocol-version"] == "2.0.0"
        if request.method == "GET":
            assert path == "/rest/videos/urn%3Ali%3Avideo%3AC5F10AQ"
            return "status", self._status
        return {
            "/rest/videos?action=initializeUpload": ("initialize", self._initialize),
            "/rest/videos?action=finalizeUpload": ("finalize", self._finalize),
            "/rest/posts": ("post", self._post),
        }[path]

    def _initialize(self, request: httpx.Request) -> httpx.Response:
        asked = self.asked = json.loads(request.content)["initializeUploadRequest"]
        value = {
            "video": VIDEO,
            "uploadUrlsExpireAt": self.expires_at,
            "uploadToken": "",
            "uploadInstructions": [
                {"uploadUrl": f"https://www.linkedin.com/up/part/{index}", "firstByte": start, "lastByte": end - 1}
                for index, (start, end) in enumerate(self.parts)
            ],
        }
        for wish, extra in (("uploadCaptions", "captions"), ("uploadThumbnail", "thumbnail")):
            if asked[wish]:
                value[f"{extra}UploadUrl"] = f"https://www.linkedin.com/up/{extra}"
        return httpx.Response(200, json={"value": value})

    def _upload(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "PUT"
        kind, *index = request.url.path.split("/")[2:]
        if kind != "part":
            self.extras[kind] = request.content
            return httpx.Response(201)
        number = int(index[0])
        start, end = self.parts[number]
        assert int(request.headers["content-length"]) == len(request.content) == end - start
        self.data[start:end] = request.content
        self.etags[number] = f"/signedId/{number}-{len(self.heard)}"
        return httpx.Response(200, headers={"ETag": self.etags[number]})

    def _finalize(self, request: httpx.Request) -> httpx.Response:
        etags = [self.etags[number] for number in range(len(self.parts))]
        expected = {"video": VIDEO, "uploadToken": "", "uploadedPartIds": etags}
        assert json.loads(request.content) == {"finalizeUploadRequest": expected}
        if self.finalized:
            return httpx.Response(400, json={"code": "INVALID", "message": "It is finalized already."})
        self.finalized = True
        return httpx.Response(200)

    def _status(self, _: httpx.Request) -> httpx.Response:
        if not self.finalized:
            return httpx.Response(200, json={"status": "WAITING_UPLOAD"})
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return httpx.Response(200, json={"status": status, "processingFailureReason": "odd codec"})

    def _post(self, request: httpx.Request) -> httpx.Response:
        if request.content in self.posts:
            return httpx.Response(422, json={"code": "DUPLICATE_POST", "message": f"Content is a duplicate of {SHARE}"})
        self.posts.append(request.content)
        return httpx.Response(201, headers={"x-restli-id": SHARE})
