"""Features of a post that determine its growth: time, length, first sentence, style, hashtags and audience."""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from sandbox.store import Document, Platform

Hook = Literal["question", "warning", "number", "plain"]

# The best hours of a day in the audience's time zone, with their weight.
_PEAKS: Final[Mapping[Platform, Mapping[float, float]]] = {
    "instagram": {12.5: 0.3, 19.0: 0.7},
    "tiktok": {16.0: 0.3, 21.0: 0.9},
    "linkedin": {8.5: 0.9, 12.5: 0.4},
    "youtube": {15.0: 0.4, 20.0: 0.6},
}
_PEAK_HOURS: Final = 2.5
# The weights are those of Monday to Sunday.
_LEISURE: Final = (0.95, 1.0, 1.05, 1.1, 1.0, 0.9, 1.05)
_WORK: Final = (1.0, 1.2, 1.15, 1.1, 0.85, 0.45, 0.5)
_HOOKS: Final[Mapping[Hook, float]] = {"question": 1.25, "warning": 1.35, "number": 1.15, "plain": 1.0}
_WARNINGS: Final = frozenset({"stop", "never", "don't", "dont", "avoid", "mistake", "mistakes", "wrong", "nobody"})
# How much of its usual audience a post has by its privacy; the names are those of the platforms.
_AUDIENCES: Final[Mapping[str, float]] = {
    "private": 0.0,
    "SELF_ONLY": 0.0,
    "unlisted": 0.02,
    "MUTUAL_FOLLOW_FRIENDS": 0.05,
    "FOLLOWER_OF_CREATOR": 0.4,
    "CONNECTIONS": 0.4,
}
# About half of a video of this length is watched; the length that spreads best.
_FADE_SECONDS: Final = 45.0
_BEST_SECONDS: Final = 20.0
_DEFAULT_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Features:
    """A post as the model sees it. `time` and `deleted_at` are seconds since the epoch; `seconds` is the length of its
    video, 0 for a photo."""

    platform: Platform
    account: str
    id: str
    time: float
    seconds: float
    hook: Hook
    style: str
    hashtags: int
    audience: float
    deleted_at: float | None = None

    @classmethod
    def of(cls, post: Document) -> "Features":
        """The features of a post's document."""
        # The growth depends on what people see first: YouTube shows the title below a video, and the description only
        # on request.
        first = post["title"] if post["platform"] == "youtube" else post["text"]
        return cls(
            platform=post["platform"],
            account=post["account"],
            id=post["id"],
            time=post["time"],
            seconds=0.0 if post.get("media_type") == "IMAGE" else post.get("seconds") or _DEFAULT_SECONDS,
            hook=hook_of(first),
            style=post.get("style") or "",
            hashtags=len(re.findall(r"#\w", post["text"])),
            audience=_AUDIENCES.get(post.get("privacy") or "", 1.0),
            deleted_at=post.get("deleted_at"),
        )

    @property
    def potential(self) -> float:
        """How many times the usual audience of the account the post can reach."""
        return self.audience * self.timeliness * _HOOKS[self.hook] * self._style * self._length * self._hashtags

    @property
    def timeliness(self) -> float:
        """How good the hour and weekday of publishing are, about 0.3 to 2."""
        local = datetime.fromtimestamp(self.time, time_zone_of(self.platform, self.account))
        hour = local.hour + local.minute / 60
        peaks = sum(weight * _bell(hour, peak) for peak, weight in _PEAKS[self.platform].items())
        weekdays = _WORK if self.platform == "linkedin" else _LEISURE
        return (0.6 + peaks) * weekdays[local.weekday()]

    @property
    def watched_share(self) -> float:
        """The share of the video that a view lasts on average: less, the longer the video is."""
        held = 0.9 * math.pow(1 + self.seconds / _FADE_SECONDS, -0.8)
        return min(0.97, held * (0.9 + 0.1 * _HOOKS[self.hook]) * (0.9 + 0.2 * fraction(self.id, "watched")))

    @property
    def _style(self) -> float:
        """Each style of captions has an effect of its own, 0.8 to 1.3."""
        return 0.8 + 0.5 * fraction(self.style, "style") if self.style else 1.0

    @property
    def _length(self) -> float:
        if not self.seconds:
            return 0.7
        return 0.5 + 0.5 * math.exp(-(math.log(self.seconds / _BEST_SECONDS) ** 2) / 2)

    @property
    def _hashtags(self) -> float:
        """Three to five hashtags help; a text full of them does harm."""
        return 1.1 if 3 <= self.hashtags <= 5 else 0.8 if self.hashtags > 10 else 1.0


def hook_of(text: str) -> Hook:
    """The kind of a text's first sentence."""
    first = re.split(r"(?<=[.!?])\s|\n", text.strip(), maxsplit=1)[0]
    if first.endswith("?"):
        return "question"
    if _WARNINGS & set(re.findall(r"[\w']+", first.lower())):
        return "warning"
    return "number" if re.search(r"\d", first) else "plain"


_ZONES: Final = tuple(map(ZoneInfo, ("America/New_York", "Europe/Berlin", "America/Los_Angeles", "Europe/London")))


def time_zone_of(platform: Platform, account: str) -> ZoneInfo:
    """The time zone of an account's audience."""
    return _ZONES[int(fraction(f"{platform}:{account}", "zone") * len(_ZONES))]


def fraction(id: str, purpose: str) -> float:
    """A number from 0 to below 1 that is derived from an id, and independent for each purpose."""
    digest = hashlib.blake2b(f"{purpose} {id}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48


def _bell(hour: float, peak: float) -> float:
    distance = min(abs(hour - peak), 24 - abs(hour - peak))
    return math.exp(-((distance / _PEAK_HOURS) ** 2))
