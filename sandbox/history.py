"""Generates the history of an account: posts that were made outside of any app."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, TypeVar

from sandbox.media import run_ffmpeg
from sandbox.metrics.accounts import day_bounds
from sandbox.metrics.features import fraction, time_zone_of
from sandbox.oauth import derived_id, derived_number
from sandbox.store import Document, Platform, Store
from sandbox.youtube import library, resources

_HOOKS: Final = (
    "Why does nobody talk about {}?",
    "Stop making {} harder than it is.",
    "3 things that I learned about {}",
    "A quiet morning with {}",
    "How long should {} take?",
    "The one mistake with {}",
    "What {} taught me this year",
    "5 minutes of {}, unedited",
)
_TOPICS: Final = ("sourdough", "morning light", "small studios", "remote work", "old cameras", "slow cooking")
_STYLES: Final = ("bold", "karaoke", "minimal")
_LENGTHS: Final = (8, 12, 15, 20, 28, 40, 58, 75)
_HOURS: Final = (7, 9, 12, 13, 16, 18, 19, 20, 21, 22)
_CLIP_SECONDS: Final = 2
_PHOTO: Final = ".jpg"

_Option = TypeVar("_Option")


def add_posts(
    store: Store, platform: Platform, account: str, username: str, *, posts: int, days: int, photos: int = 0
) -> list[str]:
    """Add posts over the last days, evenly and at plausible hours; returns their ids, oldest first.

    The same account always gets the same posts: only their times follow the clock. The oldest `photos` of them are
    photos, which only Instagram has.
    """
    clip = _clip(store, platform, account)
    photo = _photo(store, clip) if photos else clip
    with store.transaction():
        made = sum(bool(post.get("made_elsewhere")) for post in store.find("post", platform=platform, account=account))
        times = _times(store, platform, account, posts=posts, days=days)
        return [
            _add_post(store, platform, account, username, photo if index < photos else clip, made + index, time)
            for index, time in enumerate(times)
        ]


def _times(store: Store, platform: Platform, account: str, *, posts: int, days: int) -> list[float]:
    """Times in the past at hours of the account's time zone."""
    now, zone = store.now(), time_zone_of(platform, account)
    chosen = []
    for number in range(posts):
        ago = days - (number + 0.5) * days / posts
        day = (now - timedelta(days=ago)).astimezone(zone).date()
        hour = _choice(_HOURS, f"{account} {number}", "hour")
        chosen.append(day_bounds(day, zone)[0] + 3600 * (hour + fraction(f"{account} {number}", "minute")))
    oldest, newest = (now - timedelta(days=days)).timestamp(), now.timestamp()
    return sorted(min(max(time, oldest), newest) for time in chosen)


def _add_post(
    store: Store, platform: Platform, account: str, username: str, media: str, number: int, time: float
) -> str:
    is_photo = media.endswith(_PHOTO)
    # An id stays that of one media, also after a reset: clients remember what a photo does not have.
    seed = f"{username}/{'photo ' if is_photo else ''}{number}"
    title, text = _texts(f"{platform} {seed}")
    more: Document = {
        "seconds": float(_choice(_LENGTHS, f"{platform} {seed}", "length")),
        "style": _choice(_STYLES, f"{platform} {seed}", "style"),
        "time": time,
        "made_elsewhere": True,
    }
    if is_photo:
        more |= {"media_type": "IMAGE", "seconds": None, "style": ""}
    if platform == "youtube":
        id = derived_id(platform, seed, 11)
        snippet = resources.VideoSnippet(title=title, description=text.removeprefix(title).strip())
        metadata = resources.Video(snippet=snippet).model_dump(mode="json")
        more |= {"channel": account, "channel_title": username.replace(".", " ").title()}
        library.add_video(store, id=id, metadata=metadata, file=media, failure=None, **more)
        return id
    id, visible = _on_platform(platform, seed)
    more |= {"cover": None, "captions": None, "ai_generated": False, **visible}
    store.publish_post(platform=platform, id=id, account=account, text=text, media=media, **more)
    return id


def _on_platform(platform: Platform, seed: str) -> tuple[str, Document]:
    """The id of a post, and its fields that only this platform has."""
    if platform == "instagram":
        return derived_number(platform, seed, 17), {"shortcode": derived_id(platform, seed, 11)}
    number = f"7{derived_number(platform, seed, 18)}"
    if platform == "tiktok":
        return number, {"privacy": "PUBLIC_TO_EVERYONE", "width": 360, "height": 640}
    return f"urn:li:ugcPost:{number}", {"privacy": "PUBLIC", "title": None}


def _texts(seed: str) -> tuple[str, str]:
    """The title of a post, and its text with hashtags."""
    topic = _choice(_TOPICS, seed, "topic")
    title = _choice(_HOOKS, seed, "hook").format(topic)
    return title, f"{title} #{topic.replace(' ', '')} #behindthescenes #everyday"


def _choice(options: Sequence[_Option], seed: str, purpose: str) -> _Option:
    return options[int(fraction(seed, purpose) * len(options))]


def _clip(store: Store, platform: Platform, account: str) -> str:
    """The media file of all posts of an account: a box that moves over a color. Rendered at first use."""
    name = f"phone-{platform}-{account}.mp4"
    target = store.media_path(name)
    if not target.exists():
        color = hashlib.sha256(name.encode()).hexdigest()[:6]
        sources = ((f"0x{color}", "360x640"), ("white", "80x80"))
        inputs = [f"color={fill}:s={size}:r=25:d={_CLIP_SECONDS}" for fill, size in sources]
        moving = "overlay=x='(W-w)/2+W/4*sin(PI*t)':y=(H-h)/2,format=yuv420p"
        options = ("-c:v", "libx264", "-preset", "ultrafast", "-movflags", "+faststart")
        part = store.media_path(f"part-{name}")
        first, second = (("-f", "lavfi", "-i", source) for source in inputs)
        run_ffmpeg(*first, *second, "-filter_complex", moving, *options, str(part))
        part.replace(target)
    return name


def _photo(store: Store, clip: str) -> str:
    """A picture of the clip, as the media file of photos."""
    name = clip.replace(".mp4", _PHOTO)
    if not store.media_path(name).exists():
        run_ffmpeg("-i", str(store.media_path(clip)), "-frames:v", "1", str(store.media_path(name)))
    return name
