"""Requests of our publishers, validated against the platforms' own API descriptions."""

import json
from collections.abc import Iterator
from dataclasses import replace
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from facebook_business.adobjects.contentpublishinglimitresponse import ContentPublishingLimitResponse
from facebook_business.adobjects.igmedia import IGMedia
from starlette.staticfiles import StaticFiles

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.media.probe import probe
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access, Captions, Post, Published, Video
from content_pipeline.core.platforms.instagram.options import InstagramOptions
from content_pipeline.core.platforms.options import PostOptions
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.platforms.youtube import channels
from content_pipeline.core.platforms.youtube.options import YouTubeOptions
from tests.core.platforms.caller import Caller
from tests.core.platforms.connecting import connected
from tests.media.samples import video
from tests.polling import until
from tests.sandbox.instagram.meta import fields_of, unfit, user
from tests.sandbox.youtube.discovery import STANDARD, methods, misfits, path_of
from tests.sandbox_server import Sandbox
from tests.servers import serving

SRT = "1\n00:00:00,000 --> 00:00:01,000\nHello\n"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[httpx.Request]]:
    """The requests that reach a platform, in their order."""
    requests: list[httpx.Request] = []

    def note(request: httpx.Request) -> None:
        request.read()
        requests.append(request)

    with httpx.Client(event_hooks={"request": [note]}) as client:
        monkeypatch.setattr(transport, "client", lambda: client)
        yield requests


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Reel and its cover."""
    folder = tmp_path_factory.mktemp("reel")
    video(folder / "reel.mp4", "-pix_fmt", "yuv420p", "-movflags", "+faststart", size="360x640")
    video(folder / "cover.jpg", "-frames:v", "1", sound=False)
    return folder


@pytest.fixture(scope="module")
def host(folder: Path) -> Iterator[str]:
    with serving(StaticFiles(directory=folder)) as url:
        yield url


@pytest.fixture
def reel(folder: Path, host: str) -> Post:
    """A post with everything that goes beside its options."""
    return Post(
        text="Bread needs time.",
        title="Bread",
        hashtags=["bread"],
        options=PostOptions(),
        video=Video(folder / "reel.mp4", f"{host}/reel.mp4", probe(folder / "reel.mp4")),
        cover=(folder / "cover.jpg", f"{host}/cover.jpg"),
        captions=Captions(SRT, "en"),
    )


def publish(sandbox: Sandbox, platform: str, post: Post) -> Access:
    """Post it by an account that has just been connected; returns that account."""
    sandbox.set(instagram_processing_seconds=0, youtube_processing_seconds=0)
    access = connected(sandbox, platform)
    caller = Caller(PLATFORMS[platform].publisher, access, post)
    until(caller.go_on, seconds=30, what="the post", pause=0.02)
    assert isinstance(caller.publisher.confirm(access, caller.prepared), Published)
    return access


def json_of(request: httpx.Request) -> Any:
    """The resource in a request, alone or before the media."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/related"):
        return json.loads(request.content)
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    resource, _ = BytesParser(policy=HTTP).parsebytes(head + request.content).iter_parts()
    return json.loads(resource.get_content())


@pytest.mark.slow
def test_what_we_send_to_youtube_is_in_its_discovery_document(
    sandbox: Sandbox, sent: list[httpx.Request], reel: Post
) -> None:
    options = YouTubeOptions(privacy="unlisted", made_for_kids=False, ai_generated=True, paid_partnership=True)
    access = publish(sandbox, "youtube", replace(reel, options=options))
    assert len(channels.uploaded(access, "Bread", now().replace(year=2000))) == 1
    known = {(method["httpMethod"], path_of(method)): method for method in methods()}
    called = set()
    for request in sent:
        path = request.url.path.removeprefix("/www.googleapis.com")
        if path == request.url.path or "upload_id" in request.url.params:
            continue  # OAuth, and the bytes of a session
        method = known[request.method, path]
        called.add(method["id"])
        assert request.url.params.keys() <= method["parameters"].keys() | STANDARD.keys()
        required = {name for name, parameter in method["parameters"].items() if parameter.get("required")}
        assert required <= request.url.params.keys()
        if "request" in method:
            assert list(misfits(json_of(request), method["request"])) == []
    assert called == {
        "youtube.videos.insert",
        "youtube.thumbnails.set",
        "youtube.captions.insert",
        "youtube.videos.list",
        "youtube.channels.list",
        "youtube.playlistItems.list",
    }


@pytest.mark.slow
@pytest.mark.parametrize("has_cover", [True, False], ids=["a picture as cover", "a moment as cover"])
def test_what_we_send_to_instagram_has_metas_names_and_types(
    sandbox: Sandbox, sent: list[httpx.Request], reel: Post, has_cover: bool
) -> None:
    options = InstagramOptions(share_to_feed=True, ai_generated=True, paid_partnership=True, cover_seconds=1.5)
    publish(sandbox, "instagram", replace(reel, options=options, cover=reel.cover if has_cover else None))
    written = {
        "media": user().create_media(pending=True),
        "media_publish": user().create_media_publish(pending=True),
    }
    read = {"media": IGMedia, "content_publishing_limit": ContentPublishingLimitResponse}
    seen = set()
    for request in sent:
        edge = request.url.path.rpartition("/")[2]
        if request.method == "POST" and edge in written:
            assert unfit(written[edge], dict(parse_qsl(request.content.decode()))) == []
            seen.add(edge)
        elif edge in read:
            assert set(request.url.params["fields"].split(",")) <= fields_of(read[edge])
            seen.add(edge)
    assert seen == {"media", "media_publish", "content_publishing_limit"}
