"""TikTok's creator info: what an account may post now. Its guidelines require a query before every post."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from content_pipeline.core.platforms.base import Access, Post, Problem
from content_pipeline.core.platforms.tiktok import api
from content_pipeline.core.platforms.tiktok.options import TikTokOptions

# The most open first.
_LEVELS: Final = {
    "public": "PUBLIC_TO_EVERYONE",
    "followers": "FOLLOWER_OF_CREATOR",
    "friends": "MUTUAL_FOLLOW_FRIENDS",
    "private": "SELF_ONLY",
}


@dataclass(frozen=True, slots=True)
class Creator:
    """An account and its permissions. `levels` are the privacy levels that it may choose from."""

    username: str
    levels: frozenset[str]
    most_seconds: float
    no_comments: bool
    no_duets: bool
    no_stitches: bool

    def level(self, options: TikTokOptions) -> str:
        """The privacy level in the options, else the most open one that is allowed."""
        if options.privacy:
            return _LEVELS[options.privacy]
        return next((level for level in _LEVELS.values() if level in self.levels), _LEVELS["private"])

    def problems(self, post: Post) -> Iterator[Problem]:
        """Problems that this account has with the post."""
        options, seconds = post.options, post.video.media.seconds
        assert isinstance(options, TikTokOptions)
        if self.level(options) not in self.levels:
            allowed = ", ".join(name for name, level in _LEVELS.items() if level in self.levels)
            yield Problem(
                "tiktok_privacy_not_allowed",
                f"TikTok does not let this account post with that privacy, only: {allowed or 'none'}.",
                "Choose another privacy, or change the account's in the TikTok app.",
            )
        if seconds > self.most_seconds:
            yield Problem(
                "tiktok_duration",
                f"This account may post {self.most_seconds:.0f} s; the video has {seconds:.1f} s.",
                "Cut it to that length.",
            )
        for what, wanted, refused in (
            ("comments", options.allow_comments, self.no_comments),
            ("duets", options.allow_duets, self.no_duets),
            ("stitches", options.allow_stitches, self.no_stitches),
        ):
            if wanted and refused:
                yield Problem(
                    f"tiktok_{what}_disabled",
                    f"The account's own settings do not allow {what}.",
                    f"Leave allow_{what} out, or allow them in the TikTok app.",
                )


def fetch(access: Access) -> Creator:
    """Raises what `api.call` raises."""
    info = api.call(access, api.CREATOR_INFO, {})
    return Creator(
        username=info["creator_username"],
        levels=frozenset(info["privacy_level_options"]),
        most_seconds=info["max_video_post_duration_sec"],
        no_comments=info["comment_disabled"],
        no_duets=info["duet_disabled"],
        no_stitches=info["stitch_disabled"],
    )
