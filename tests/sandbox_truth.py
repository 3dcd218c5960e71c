"""The sandbox's true figures, in the product's vocabulary."""

from collections.abc import Mapping
from typing import Final

from content_pipeline.core.platforms.insights import Figures, Metric

# The sandbox's word for each of our metrics, with its divisor to our unit.
TRUE_NAMES: Final[Mapping[Metric, tuple[str, int]]] = {
    "views": ("views", 1),
    "impressions": ("impressions", 1),
    "reach": ("reach", 1),
    "likes": ("likes", 1),
    "comments": ("comments", 1),
    "shares": ("shares", 1),
    "saves": ("saves", 1),
    "clicks": ("clicks", 1),
    "watch_seconds": ("watch_milliseconds", 1000),
}
NOTHING: Final = dict.fromkeys([*(name for name, _ in TRUE_NAMES.values()), "followers_gained", "followers_lost"], 0)
# Each platform gives these metrics of a post.
OF_POSTS: Final[Mapping[str, set[Metric]]] = {
    "youtube": {"views", "likes", "comments"},
    "tiktok": {"views", "likes", "comments", "shares"},
    "linkedin": {
        "views", "impressions", "reach", "likes", "comments", "shares", "saves", "clicks", "watch_seconds",
    },
    "instagram": {
        "views", "reach", "likes", "comments", "shares", "saves", "watch_seconds", "average_view_seconds",
    },
}  # fmt: skip
OF_DAYS: Final[Mapping[str, set[Metric]]] = {
    "youtube": {
        "views", "likes", "comments", "shares", "watch_seconds", "average_view_seconds", "followers_gained",
    },
    "instagram": {"views", "reach", "likes", "comments", "shares", "saves", "followers_gained"},
    "linkedin": {"impressions", "likes", "comments", "shares", "saves", "followers_gained"},
}  # fmt: skip


def true_figures(document: Mapping[str, int]) -> Figures:
    """The sandbox's word on a post, a day or an account, in our metrics."""
    figures: dict[Metric, float] = {metric: document[name] / unit for metric, (name, unit) in TRUE_NAMES.items()}
    figures["followers_gained"] = document["followers_gained"]
    return figures


def expected_day(platform: str, document: Mapping[str, int]) -> Figures:
    """The platform's view of a true day: YouTube has minutes, whole seconds and subscribers that left."""
    figures = dict(true_figures(document))
    if platform == "youtube":
        watched, views = document["watch_milliseconds"], document["views"]
        figures["watch_seconds"] = watched // 60_000 * 60
        if views:
            figures["average_view_seconds"] = round(watched / 1000 / views)
        figures["followers_gained"] -= document["followers_lost"]
    return {metric: value for metric, value in figures.items() if metric in OF_DAYS[platform]}
