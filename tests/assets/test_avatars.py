"""Avatar assets: a local render with its checks, and manual runs that bill nothing."""

import re
from pathlib import Path
from uuid import UUID, uuid4

import dagster as dg
import numpy as np
import pytest
from PIL import Image
from pytest_httpserver import HTTPServer

from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media import wav
from content_pipeline.core.media.avatars import composition
from content_pipeline.core.media.probe import probe_with_first_frame
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import credits
from tests.asset_runs import recorded
from tests.avatar_videos import execute, newest, poll, request, video_of, work
from tests.core.avatars.heygen_renders import RENDERED_SECONDS, some_avatar
from tests.factories import make_account, make_publication
from tests.media import samples
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.slow


def charged(workspace_id: UUID) -> int:
    with transaction() as session:
        return credits.balance(session, workspace_id).charged


def test_a_video_is_spoken_drawn_checked_and_billed(workspace_id: UUID) -> None:
    task = request(workspace_id, script="Hello there.", captions=True)
    result = work(task)
    assert result.success
    assert newest(task).state == "done"
    assert {check.check_name: check.passed for check in result.get_asset_check_evaluations()} == {
        "playable": True,
        "portrait": True,
        "length": True,
        "loudness": True,
        "mouth": True,
    }
    video = video_of(task)
    assert video.media
    assert charged(workspace_id) == credits.price(video.media.seconds) == video.credits_billed
    (made,) = result.asset_materializations_for_node("submit_and_render")[1:]
    assert made.asset_key == dg.AssetKey("avatar_video")
    assert {"character", "credits_billed"} <= set(made.metadata)
    assert re.fullmatch(r"!\[thumbnail\]\(/pictures/[0-9a-f]{16}/\S+\.jpg\)", str(made.metadata["thumbnail"].value))
    assert (made.metadata["provider"].value, made.metadata["engine"].value) == ("local", "drawn")
    assert float(str(made.metadata["waiting_seconds"].value)) >= 0
    assert execute(task.partition_key).success
    assert charged(workspace_id) == video.credits_billed


def test_a_video_of_heygen_tells_its_engine_how_long_it_was_waited_for_and_that_no_mouth_was_drawn(
    heygen: Sandbox, workspace_id: UUID
) -> None:
    task = request(workspace_id, script="Hello there.", avatar_id=some_avatar(), captions=False)
    work(task)
    heygen.advance(RENDERED_SECONDS)
    poll()
    result = work(task)
    checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
    assert all(check.passed for check in checks.values())
    assert set(checks["mouth"].metadata) == {"applies"}
    made = result.asset_materializations_for_node("submit_and_render")[-1].metadata
    assert (made["provider"].value, made["engine"].value) == ("heygen", settings().heygen_engine)
    assert made["character"].value == some_avatar()
    waited = float(str(made["waiting_seconds"].value))
    assert waited == pytest.approx(RENDERED_SECONDS, abs=120)
    assert execute(task.partition_key).success
    assert video_of(task).finished_at


def test_a_render_at_a_rate_that_not_every_platform_accepts_is_neither_stored_nor_billed(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def render(folder: Path, *_: object, **__: object) -> None:
        samples.video(folder / composition.OUTPUT, size="720x1280", rate="15", seconds=1)

    monkeypatch.setattr(composition, "render", render)
    task = request(workspace_id, script="Hello.", captions=False)
    assert not work(task).success
    assert (newest(task).error or {})["code"] == "render_rate_wrong"
    assert (video_of(task).output_key, charged(workspace_id)) == (None, 0)


def test_a_picture_stands_behind_the_avatar(
    workspace_id: UUID, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings(), "allowed_private_hosts", [f"localhost:{httpserver.port}"])
    Image.new("RGB", (400, 300), (200, 30, 30)).save(tmp_path / "red.png")
    httpserver.expect_request("/red.png").respond_with_data((tmp_path / "red.png").read_bytes())
    task = request(workspace_id, script="Hello.", captions=False, background_url=httpserver.url_for("/red.png"))
    assert work(task).success
    storage.fetch(str(video_of(task).output_key), tmp_path / "avatar.mp4")
    _, frame = probe_with_first_frame(tmp_path / "avatar.mp4")
    assert frame
    red, green, blue = frame.to_ndarray(format="rgb24")[10, 10]
    assert (red > 180, green < 60, blue < 60) == (True, True, True)


def test_sound_alone_is_no_background_and_costs_nothing(
    workspace_id: UUID, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings(), "allowed_private_hosts", [f"localhost:{httpserver.port}"])
    wav.write(np.zeros(8000, np.float32), 8000, tmp_path / "a.wav")
    httpserver.expect_request("/a.wav").respond_with_data((tmp_path / "a.wav").read_bytes())
    task = request(workspace_id, script="Hello.", background_url=httpserver.url_for("/a.wav"))
    assert not work(task).success
    assert (newest(task).error or {})["code"] == "no_video"
    assert charged(workspace_id) == 0


def test_a_video_that_turns_out_too_long_to_be_paid_is_not_rendered(workspace_id: UUID) -> None:
    # Digits take longer to say than their number of characters suggests.
    task = request(workspace_id, script="9999999 8888888 7777777 6666666 5555555")
    with transaction() as session:
        credits.hold(session, workspace_id, uuid4(), credits.balance(session, workspace_id).available)
    assert not work(task).success
    failed = newest(task)
    assert (failed.error or {})["code"] == "plan_limit"
    assert video_of(task).output_key is None
    assert charged(workspace_id) == 0


def test_a_video_and_its_submission_lead_to_their_twin_and_post_and_tell_the_script(workspace_id: UUID) -> None:
    task = request(workspace_id, script="Hello.", captions=False)
    video = video_of(task)
    with transaction() as session:
        account = make_account(session, workspace_id)
        post = make_publication(session, account.id, avatar_video_id=video.id, reel_url=None)
    made = recorded(work(task))
    for shown in (made["avatar_submission"], made["avatar_video"]):
        assert shown["twin"] == f"[Tech Creator](/records/twins/{video.twin_id})"
        assert shown["publication"].endswith(f"](/records/publications/{post.id})")
        assert shown["row"].endswith(f"](/records/avatar_videos/{video.id})")
        assert shown["script"] == "Hello."
