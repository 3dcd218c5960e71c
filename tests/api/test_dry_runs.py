"""Dry runs of posts over HTTP."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from pytest_httpserver import HTTPServer
from sqlalchemy import select
from werkzeug import Response

from api import upload_routes
from content_pipeline.core.errors import InternalError
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.net import safe_fetch
from content_pipeline.core.models import Account, Publication
from content_pipeline.core.platforms.base import Problem
from content_pipeline.core.settings import settings
from tests.api.conftest import PUBLIC
from tests.core.publishing import posting
from tests.core.publishing.posting import Stage
from tests.factories import make_upload
from tests.media import hostile, samples


@pytest.fixture
def stage(client_workspace_id: UUID, tmp_path: Path) -> Iterator[Stage]:
    with posting.stage(client_workspace_id, tmp_path) as stage:
        yield stage


@pytest.fixture
def video_url(tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(settings(), "allowed_private_hosts", [f"localhost:{httpserver.port}"])
    video, picture = samples.video(tmp_path / "v.mp4", seconds=1), samples.picture(tmp_path / "cover.png")
    httpserver.expect_request("/reel.mp4").respond_with_data(video.read_bytes())
    httpserver.expect_request("/cover.png").respond_with_data(picture.read_bytes())
    large = hostile.large_picture(tmp_path / "large.png")
    httpserver.expect_request("/large.png").respond_with_data(large.read_bytes())
    httpserver.expect_request("/reel.txt").respond_with_data(b"no video")
    return httpserver.url_for("/reel.mp4")


def dry_run(client: TestClient, *platforms: str, **fields: Any) -> Any:
    body = {"platforms": platforms, "caption": "Look."} | fields
    return client.post(
        f"{PUBLIC}/social/publish?dry_run=true", json={name: value for name, value in body.items() if value is not None}
    )


@pytest.mark.slow
def test_a_dry_run_sends_and_keeps_nothing(client: TestClient, stage: Stage, video_url: str) -> None:
    account = stage.account()
    answer = dry_run(client, "tiktok", reel_url=video_url, options={"tiktok": {"hashtags": ["ai"]}})
    assert answer.status_code == 200, answer.text
    assert answer.json()["results"] == [
        {
            "platform": "tiktok",
            "account_id": str(account.id),
            "handle": account.handle,
            "can_publish": True,
            "problems": [],
            "title": None,
            "text": "Look.",
            "hashtags": ["ai"],
        }
    ]
    assert stage.platform.calls == ["check"]
    with transaction() as session:
        posts = select(Publication).where(Publication.workspace_id == stage.workspace_id)
        assert session.scalars(posts).all() == []


@pytest.mark.slow
def test_a_dry_run_lists_every_problem_of_every_platform(client: TestClient, stage: Stage, video_url: str) -> None:
    stage.account()
    stage.platform.problems = [Problem("too_small", "Small.", ""), Problem("too_dark", "Dark.", "")]
    answer = dry_run(
        client,
        "tiktok",
        "instagram",
        reel_url=video_url,
        captions={"instagram": "a" * 2201 + " #a" * 31},
        options={"instagram": {"cover_url": "http://127.0.0.1/cover.jpg"}},
    )
    found = {one["platform"]: [problem["code"] for problem in one["problems"]] for one in answer.json()["results"]}
    assert found["tiktok"] == ["too_small", "too_dark"]
    assert found["instagram"][:4] == ["account_missing", "url_forbidden", "text_unfit", "text_unfit"]
    assert any("instagram" in code for code in found["instagram"][4:]), "what the platform says of the video itself"
    assert not any(one["can_publish"] for one in answer.json()["results"])


@pytest.mark.slow
def test_a_dry_run_looks_at_the_cover_too(client: TestClient, stage: Stage, video_url: str) -> None:
    def codes(cover: str) -> list[str]:
        options = {"instagram": {"cover_url": video_url.replace("reel.mp4", cover)}}
        (result,) = dry_run(client, "instagram", reel_url=video_url, options=options).json()["results"]
        return [problem["code"] for problem in result["problems"]]

    assert "cover_unusable" in codes("reel.txt")
    assert "instagram_cover_unsupported" in codes("cover.png")
    assert "remote_failed" in codes("cover.jpg")
    assert "picture_too_large" in codes("large.png")


@pytest.mark.slow
def test_a_dry_run_fetches_no_picture_of_ours_that_is_larger_than_any_cover(
    client: TestClient, stage: Stage, video_url: str
) -> None:
    with transaction() as session:
        picture = make_upload(
            session, stage.workspace_id, kind="picture", media=None, content_type="image/png", size=1 << 30
        )
    options = {"instagram": {"cover_url": storage.signed_url(picture.file_key)}}
    (result,) = dry_run(client, "instagram", reel_url=video_url, options=options).json()["results"]
    assert "too_large" in [problem["code"] for problem in result["problems"]]


@pytest.mark.slow
def test_a_dry_run_of_an_account_that_cannot_be_reached_says_so(
    client: TestClient, stage: Stage, video_url: str
) -> None:
    account = stage.account()
    with transaction() as session:
        there = session.get_one(Account, account.id)
        there.status, there.reason = "needs_reconnect", InternalError("The person left.").to_dict()
    (result,) = dry_run(client, "tiktok", reel_url=video_url).json()["results"]
    assert [problem["code"] for problem in result["problems"]] == ["needs_reconnect"]


@pytest.mark.slow
def test_a_dry_run_of_a_reel_shows_what_the_twin_would_write(client: TestClient, twin_id: str, stage: Stage) -> None:
    key = stage.post(stage.account())
    reel_id = str(posting.publication(key).reel_id)
    (result,) = dry_run(client, "tiktok", caption=None, reel_id=reel_id, twin_id=twin_id).json()["results"]
    assert "AI is here" in result["text"]
    assert result["can_publish"]


@pytest.mark.slow
def test_a_dry_run_of_what_is_no_video(client: TestClient, stage: Stage, video_url: str) -> None:
    stage.account()
    assert dry_run(client, "tiktok", reel_url=video_url.replace("mp4", "txt")).status_code == 415
    assert dry_run(client, "tiktok", reel_url=video_url.replace("reel", "gone")).status_code == 502


@pytest.mark.slow
@pytest.mark.parametrize("source", ["reel_url", "reel_id"])
def test_a_dry_run_for_which_the_disk_has_no_room_fetches_nothing(
    client: TestClient,
    stage: Stage,
    video_url: str,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
) -> None:
    reel_id = str(posting.publication(stage.post(stage.account())).reel_id)
    monkeypatch.setattr(upload_routes, "FREE_DISK_BYTES", 1 << 62)
    refused = dry_run(client, "tiktok", **{source: {"reel_url": video_url, "reel_id": reel_id}[source]})
    assert (refused.status_code, refused.json()["code"]) == (503, "disk_full")
    assert refused.headers["Retry-After"] == "60"
    assert not httpserver.log


@pytest.mark.slow
def test_dry_runs_at_the_same_time_have_no_more_room_than_there_is(
    client: TestClient, stage: Stage, video_url: str, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reel_id = str(posting.publication(stage.post(stage.account())).reel_id)
    # For one video of unknown size with its cover of 20 MB, and not for the cover of another.
    free = upload_routes.FREE_DISK_BYTES + safe_fetch.UNANNOUNCED_BYTES + 30_000_000
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    beside: list[int] = []

    def serve_during_another(_: Any) -> Response:
        beside.append(dry_run(client, "tiktok", reel_id=reel_id).status_code)
        return Response(b"no video")

    httpserver.expect_request("/slow.mp4").respond_with_handler(serve_during_another)
    assert dry_run(client, "tiktok", reel_url=video_url.replace("reel", "slow")).status_code == 415
    assert beside == [503]
    assert dry_run(client, "tiktok", reel_id=reel_id).status_code == 200
