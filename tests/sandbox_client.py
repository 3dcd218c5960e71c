"""Client of the sandbox's admin API and consent page."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx


@dataclass
class Sandbox:
    """`http` has the sandbox as its base URL and does not follow redirects."""

    url: str
    http: httpx.Client

    def posts(self) -> list[dict[str, Any]]:
        posts: list[dict[str, Any]] = self.http.get("/_sandbox/posts").json()
        return posts

    def requests(self) -> list[dict[str, Any]]:
        requests: list[dict[str, Any]] = self.http.get("/_sandbox/requests").json()
        return requests

    def fail(self, platform: str, step: str, kind: str, **more: Any) -> None:
        """Schedule a fault for the next requests of a platform's step; `more` are fields of `sandbox.faults.Fault`."""
        self._post("faults", {"platform": platform, "step": step, "kind": kind, **more})

    def advance(self, seconds: float) -> None:
        self._post("clock", {"advance_seconds": seconds})

    def set(self, **settings: Any) -> None:
        self._post("settings", settings)

    def revoke(self, platform: str, account: str) -> None:
        self._post("revoke", {"platform": platform, "account": account})

    def reset(self) -> None:
        self._post("reset", {})

    def _post(self, path: str, body: dict[str, Any]) -> None:
        self.http.post(f"/_sandbox/{path}", json=body).raise_for_status()

    def decide(self, authorize_url: str, *, username: str = "mara.bakes", approve: bool = True) -> httpx.URL:
        """Answer the consent page as a creator; returns the URL of the redirect."""
        page = self.http.get(authorize_url)
        assert page.status_code == 200, page.text
        action = re.search(r'<form method="post" action="([^"]+)"', page.text)
        assert action, page.text
        decision = "approve" if approve else "deny"
        answer = self.http.post(unescape(action[1]), data={"decision": decision, "username": username})
        assert answer.status_code == 302, answer.text
        return httpx.URL(answer.headers["location"])
