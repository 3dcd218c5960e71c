"""Publishers against the sandbox: whatever request or response is lost, a post is live once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from starlette.staticfiles import StaticFiles

from content_pipeline.core.errors import TooManyRequests
from content_pipeline.core.infrastructure import clock
from content_pipeline.core.media.probe import probe
from content_pipeline.core.platforms.base import Post, Published, Ready, Refused, Video
from content_pipeline.core.platforms.instagram import publisher as instagram
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.platforms.tiktok import chunks
from content_pipeline.core.platforms.tiktok.options import TikTokOptions
from tests.core.platforms.caller import Caller
from tests.core.platforms.connecting import connected
from tests.media.samples import video
from tests.polling import until
from tests.sandbox_server import Sandbox
from tests.servers import serving

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("database")]

OURS: list[str] = ["instagram", "tiktok"]
PADDING = 11_000_000


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds upright, and large enough for two chunks of the smallest size: an MP4 may end with free space."""
    wanted = ("-pix_fmt", "yuv420p", "-movflags", "+faststart", "-preset", "ultrafast")
    path = video(tmp_path_factory.mktemp("reel") / "reel.mp4", *wanted, size="360x640", seconds=6)
    with path.open("ab") as file:
        file.write(PADDING.to_bytes(4, "big") + b"free" + bytes(PADDING - 8))
    return path


@pytest.fixture(scope="module")
def link(reel: Path) -> Iterator[str]:
    with serving(StaticFiles(directory=reel.parent)) as url:
        yield f"{url}/{reel.name}"


@pytest.fixture(autouse=True)
def quick(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.set(instagram_processing_seconds=0, tiktok_processing_seconds=0)
    monkeypatch.setattr(instagram, "POLL_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 5_000_000)


def caller(sandbox: Sandbox, platform: str, reel: Path, link: str) -> Caller:
    post = Post(
        text="Bread needs time.",
        title=None,
        hashtags=[],
        options=PLATFORMS[platform].options(),
        video=Video(path=reel, link=link, media=probe(reel)),
    )
    # Another creator each time: what TikTok's pace has taken from one is kept beyond the sandbox's reset.
    access = connected(sandbox, platform, username=f"creator.{uuid4().hex[:12]}")
    return Caller(PLATFORMS[platform].publisher, access, post)


def brought_out(way: Caller) -> Published:
    live: Published = until(way.go_on, seconds=30, what="the post", pause=0.02)
    return live


@pytest.mark.parametrize("platform", OURS)
def test_a_post_goes_out_and_is_found_again(sandbox: Sandbox, platform: str, reel: Path, link: str) -> None:
    way = caller(sandbox, platform, reel, link)
    assert way.publisher.check(way.access, way.post) == []
    brought_out(way)
    (posted,) = sandbox.posts()
    assert (posted["platform"], posted["account"], posted["text"]) == (platform, way.access.user_id, way.post.text)
    assert sandbox.http.get(posted["media"]).content == reel.read_bytes()
    found: Published = until(lambda: known(way), seconds=10, what="the post's id", pause=0.02)
    assert found.post_id == posted["id"]
    assert found.url


def known(way: Caller) -> Published | None:
    """The post, once the platform names it."""
    found = way.publisher.confirm(way.access, way.prepared)
    return found if isinstance(found, Published) and found.post_id else None


FAULTS: list[dict[str, Any]] = [
    {"kind": "accept_then_drop"},
    {"kind": "drop"},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503, "after_work": True},
    {"kind": "status", "status": 429, "headers": {"Retry-After": "0"}},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}")
@pytest.mark.parametrize("step", ["prepare", "commit", "confirm"])
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("platform", OURS)
def test_whatever_is_lost_on_the_way_a_post_is_live_once(
    sandbox: Sandbox, platform: str, reel: Path, link: str, step: str, fault: dict[str, Any], times: int
) -> None:
    way = caller(sandbox, platform, reel, link)
    sandbox.fail(platform, step, **fault, times=times)
    live = brought_out(way)
    (posted,) = sandbox.posts()
    assert live.post_id in (posted["id"], None)


@pytest.mark.parametrize("platform", OURS)
def test_what_was_prepared_too_long_ago_is_made_anew(
    sandbox: Sandbox, platform: str, reel: Path, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = caller(sandbox, platform, reel, link)
    until(lambda: isinstance(way.prepare(), Ready), seconds=20, what="the preparation", pause=0.02)
    before = way.prepared
    age = {"instagram": timedelta(hours=24, seconds=1), "tiktok": timedelta(hours=1, seconds=1)}[platform]
    sandbox.advance(age.total_seconds())
    monkeypatch.setattr(clock, "offset", lambda: age)
    brought_out(way)
    assert len(sandbox.posts()) == 1
    assert way.prepared != before


@pytest.mark.parametrize("platform", OURS)
def test_a_file_that_the_platform_cannot_use_is_refused_for_good(
    sandbox: Sandbox, platform: str, tmp_path: Path, link: str, reel: Path
) -> None:
    way = caller(sandbox, platform, reel, link)
    text = tmp_path / "reel.mp4"
    text.write_bytes(b"this is no video" * 1000)
    media = replace(way.post.video.media, bytes=text.stat().st_size)
    with serving(StaticFiles(directory=tmp_path)) as url:
        way.post = replace(way.post, video=Video(text, f"{url}/reel.mp4", media))
        with pytest.raises(Refused) as refusal:
            brought_out(way)
    assert refusal.value.code == f"{platform}_video_unsupported"
    assert sandbox.posts() == []


def test_instagram_really_fetches_the_video(sandbox: Sandbox, reel: Path) -> None:
    way = caller(sandbox, "instagram", reel, "http://127.0.0.1:9/reel.mp4")
    with pytest.raises(Refused) as refusal:
        brought_out(way)
    assert refusal.value.code == "instagram_media_unreachable"


def test_instagrams_quota_is_asked_before_a_post_and_not_run_into(sandbox: Sandbox, reel: Path, link: str) -> None:
    way = caller(sandbox, "instagram", reel, link)
    sandbox.set(instagram_quota=0)
    until(lambda: isinstance(way.prepare(), Ready), seconds=20, what="the preparation", pause=0.02)
    with pytest.raises(TooManyRequests) as refusal:
        way.publisher.commit(way.access, way.post, way.prepared)
    assert refusal.value.code == "instagram_daily_limit"
    assert not [request for request in sandbox.requests() if request["step"] == "commit"]


def test_an_app_that_tiktok_has_not_audited_posts_for_the_creator_alone(
    sandbox: Sandbox, reel: Path, link: str
) -> None:
    sandbox.set(tiktok_audited=False)
    way = caller(sandbox, "tiktok", reel, link)
    live = brought_out(way)
    (posted,) = sandbox.posts()
    assert posted["privacy"] == "SELF_ONLY"
    assert live.post_id is None
    assert live.url
    way.post = replace(way.post, options=TikTokOptions(privacy="public"))
    assert [problem.code for problem in way.publisher.check(way.access, way.post)] == ["tiktok_privacy_not_allowed"]


def test_a_creators_day_at_tiktok_ends_before_anything_is_uploaded(sandbox: Sandbox, reel: Path, link: str) -> None:
    sandbox.set(tiktok_posts_per_day=0)
    way = caller(sandbox, "tiktok", reel, link)
    with pytest.raises(TooManyRequests) as refusal:
        way.prepare()
    assert refusal.value.code == "tiktok_daily_limit"
