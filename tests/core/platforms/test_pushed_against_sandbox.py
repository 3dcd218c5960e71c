"""Publishers that upload their videos (LinkedIn, YouTube) against the sandbox, which was written independently from the
same documentation: whatever is lost on the way, a post is live once."""

import json
from pathlib import Path
from typing import Any

import pytest

from content_pipeline.core.errors import Error, TooManyRequests
from content_pipeline.core.media.probe import probe
from content_pipeline.core.platforms.base import Captions, Expired, Post, Prepared, Published, Video
from content_pipeline.core.platforms.linkedin.settings import LinkedInSettings
from content_pipeline.core.platforms.registry import PLATFORMS
from tests.core.platforms.caller import Caller
from tests.core.platforms.connecting import connected
from tests.media.samples import video
from tests.polling import until
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.slow

SRT = "1\n00:00:00,000 --> 00:00:01,000\nGrüße\n"
PADDING = 9_000_000
FAULTS = [
    {"kind": "accept_then_drop"},
    {"kind": "drop"},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503, "after_work": True},
    {"kind": "status", "status": 429, "headers": {"Retry-After": "0"}},
]


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three upright seconds in so many bytes that they go in several pieces: an MP4 may end with free space."""
    path = video(tmp_path_factory.mktemp("reel") / "reel.mp4", "-preset", "ultrafast", size="360x640")
    with path.open("ab") as file:
        file.write(PADDING.to_bytes(4, "big") + b"free" + bytes(PADDING - 8))
    return path


@pytest.fixture(params=["linkedin", "youtube"])
def platform(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def way(sandbox: Sandbox, platform: str, reel: Path, tmp_path: Path) -> Caller:
    """A post with everything to it, by an account that has just been connected."""
    sandbox.set(linkedin_processing_seconds=0, youtube_processing_seconds=0)
    cover = tmp_path / "cover.jpg"
    cover.write_bytes(b"\xff\xd8\xff\xe0 a picture")
    post = Post(
        text="Bread needs time.",
        title="Bread" if platform == "youtube" else None,
        hashtags=["bread", "time"],
        options=PLATFORMS[platform].options(),
        video=Video(reel, "https://bucket.example/reel.mp4", probe(reel)),
        cover=(cover, "https://bucket.example/cover.jpg"),
        captions=Captions(SRT, "de"),
    )
    return Caller(PLATFORMS[platform].publisher, connected(sandbox, platform), post)


def the_only(sandbox: Sandbox, way: Caller) -> dict[str, Any]:
    """Brings the post out; returns what is live then, which is one post, with the id that we are told."""
    live: Published = until(way.go_on, seconds=30, what="the post", pause=0.02)
    (posted,) = sandbox.posts()
    assert posted["id"] == live.post_id
    return posted


def test_a_post_is_live_as_it_was_meant(sandbox: Sandbox, way: Caller, platform: str, reel: Path) -> None:
    assert way.publisher.check(way.access, way.post) == []
    posted = the_only(sandbox, way)
    assert (posted["platform"], posted["account"], posted["text"]) == (platform, way.access.user_id, way.post.text)
    assert posted["captions"].strip() == SRT.strip()
    assert posted["cover"]
    assert posted["privacy"].lower() == "public"
    assert sandbox.http.get(posted["media"]).content == reel.read_bytes()
    assert isinstance(way.publisher.confirm(way.access, way.prepared), Published)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(map(str, fault.values())))
@pytest.mark.parametrize("step", ["prepare", "commit", "confirm"])
@pytest.mark.parametrize("times", [1, 3])
def test_whatever_is_lost_on_the_way_a_post_is_live_once(
    sandbox: Sandbox, way: Caller, platform: str, step: str, fault: dict[str, Any], times: int
) -> None:
    sandbox.fail(platform, step, **fault, times=times)
    the_only(sandbox, way)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(map(str, fault.values())))
def test_each_request_that_makes_something_may_be_lost_in_turn(
    sandbox: Sandbox, way: Caller, platform: str, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = way.keep_prepared

    def keep_and_lose_the_next(prepared: Prepared) -> None:
        keep(prepared)
        sandbox.fail(platform, "prepare", **fault)

    monkeypatch.setattr(way, "keep_prepared", keep_and_lose_the_next)
    sandbox.fail(platform, "commit", **fault)
    the_only(sandbox, way)


def test_a_try_that_dies_after_anything_that_it_kept_is_gone_on_with(
    sandbox: Sandbox, way: Caller, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(prepared: Prepared) -> None:
        way.prepared = json.loads(json.dumps(prepared))
        if "ready_at" not in prepared:
            raise Killed

    monkeypatch.setattr(way, "keep_prepared", die)
    deaths = 0
    live = None
    while live is None:
        try:
            live = way.go_on()
        except Killed:
            deaths += 1
    (posted,) = sandbox.posts()
    assert posted["id"] == live.post_id
    assert deaths == {"linkedin": 5, "youtube": 1}[platform]


@pytest.mark.parametrize(
    ("platform", "switch", "code"),
    [
        ("linkedin", "linkedin_posts_per_day", "too_many_requests"),
        ("youtube", "youtube_uploads_per_day", "youtube_upload_limit"),
        ("youtube", "youtube_inserts_per_day", "youtube_quota"),
    ],
)
def test_a_used_up_day_says_when_to_come_back(
    sandbox: Sandbox, way: Caller, platform: str, switch: str, code: str
) -> None:
    sandbox.set(**{switch: 0})
    with pytest.raises(TooManyRequests) as caught:
        way.try_once()
    assert caught.value.code == code
    assert 0 < (caught.value.retry_after or 0) <= 25 * 3600
    assert sandbox.posts() == []


def test_a_token_that_was_taken_back_is_expired_for_us(sandbox: Sandbox, way: Caller, platform: str) -> None:
    sandbox.revoke(platform, way.access.user_id)
    with pytest.raises(Expired):
        way.try_once()


@pytest.mark.parametrize("platform", ["linkedin"])
def test_a_version_that_linkedin_retired_is_named(way: Caller, platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LinkedInSettings.current(), "linkedin_version", "202001")
    with pytest.raises(Error) as caught:
        way.go_on()
    assert caught.value.code == "linkedin_version_retired"
