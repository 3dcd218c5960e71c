"""Client of the sandbox's admin API and consent page."""

import re
from dataclasses import dataclass
from datetime import datetime
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

    def withdraw_faults(self) -> None:
        self.http.delete("/_sandbox/faults").raise_for_status()

    def advance(self, seconds: float) -> None:
        self._post("clock", {"advance_seconds": seconds})

    def set(self, **settings: Any) -> None:
        self._post("settings", settings)

    def history(self, platform: str, *, posts: int = 8, days: int = 40, **more: Any) -> list[dict[str, Any]]:
        """Posts that an account made on the phone, oldest first; `more` are fields of `figures_admin.History`."""
        order = {"platform": platform, "account": "mara.bakes", "posts": posts, "days": days, **more}
        made: list[dict[str, Any]] = self._post("history", order).json()
        return made

    def figures(self, platform: str, *at: str, account: str = "mara.bakes") -> list[dict[str, Any]]:
        """The true totals of an account at some times (ISO 8601), or now."""
        query = {"platform": platform, "account": account, "at": at}
        answer = self.http.get("/_sandbox/figures", params=query).raise_for_status()
        figures: list[dict[str, Any]] = answer.json()
        return figures

    def days(
        self, platform: str, first: str, last: str, *, time_zone: str = "UTC", account: str = "mara.bakes"
    ) -> list[dict[str, Any]]:
        """The true growth of an account on each day."""
        query = {"platform": platform, "account": account, "first": first, "last": last, "time_zone": time_zone}
        days: list[dict[str, Any]] = self.http.get("/_sandbox/figures/days", params=query).raise_for_status().json()
        return days

    def delete_post(self, platform: str, id: str) -> None:
        self.http.delete(f"/_sandbox/posts/{platform}/{id}").raise_for_status()

    def now(self) -> datetime:
        answer = self.http.post("/_sandbox/clock", json={"advance_seconds": 0})
        return datetime.fromisoformat(answer.json()["now"])

    def revoke(self, platform: str, account: str) -> None:
        self._post("revoke", {"platform": platform, "account": account})

    def reset(self) -> None:
        self._post("reset", {})

    def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return self.http.post(f"/_sandbox/{path}", json=body).raise_for_status()

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
