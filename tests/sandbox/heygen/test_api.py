"""The fake HeyGen API."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.media import probe
from tests.sandbox.heygen.customer import KEY, LONGEST, VIDEO, balance, call, create, get, read, statuses
from tests.sandbox_client import Sandbox

PAYMENT_FAILED = "MOVIO_PAYMENT_INSUFFICIENT_CREDIT"


@pytest.mark.slow
def test_a_video_takes_six_to_twenty_minutes(sandbox: Sandbox) -> None:
    video_id = create(sandbox)
    sandbox.advance(5 * 60)
    assert get(sandbox, video_id)["status"] == "processing"
    sandbox.advance(LONGEST - 5 * 60)
    video = get(sandbox, video_id)
    assert (video["status"], video["duration"], video["failure_code"]) == ("completed", 10.0, None)
    assert 6 * 60 <= video["completed_at"] - video["created_at"] <= LONGEST


@pytest.mark.slow
def test_ten_videos_are_rendered_at_once_and_the_others_wait(sandbox: Sandbox) -> None:
    ids = [create(sandbox) for _ in range(12)]
    assert list(statuses(sandbox, *ids).values()) == ["processing"] * 10 + ["queued"] * 2
    assert get(sandbox, ids[-1])["status"] == "pending"
    sandbox.advance(LONGEST)
    assert "queued" not in statuses(sandbox, *ids).values()
    sandbox.advance(LONGEST)
    assert set(statuses(sandbox, *ids).values()) == {"completed"}


@pytest.mark.slow
def test_a_finished_video_can_be_downloaded_until_its_address_expires(sandbox: Sandbox) -> None:
    video_id = create(sandbox)
    sandbox.advance(LONGEST)
    url = get(sandbox, video_id)["video_url"]
    file = sandbox.http.get(url)
    assert (file.status_code, file.headers["content-type"]) == (200, "video/mp4")
    for forged in (url.replace("Signature=", "Signature=0"), url.replace("Expires=", "Expires=9"), url.split("?")[0]):
        assert sandbox.http.get(forged).status_code == 403
    sandbox.advance(7 * 86_400)
    assert sandbox.http.get(url).status_code == 403
    assert sandbox.http.get(get(sandbox, video_id)["video_url"]).content == file.content


@pytest.mark.slow
def test_a_download_can_be_lost_while_statuses_are_told(sandbox: Sandbox) -> None:
    video_id = create(sandbox)
    sandbox.advance(LONGEST)
    sandbox.fail("heygen", "download", "drop")
    url = get(sandbox, video_id)["video_url"]
    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.http.get(url)
    assert sandbox.http.get(url).status_code == 200


@pytest.mark.slow
def test_the_file_is_a_video_of_the_size_and_length_that_were_promised(sandbox: Sandbox, tmp_path: Path) -> None:
    video_id = create(sandbox)
    sandbox.advance(LONGEST)
    path = tmp_path / "video.mp4"
    path.write_bytes(sandbox.http.get(get(sandbox, video_id)["video_url"]).content)
    found = probe(path)
    assert found is not None
    assert (found.width, found.height, found.video_codec, found.audio_codec) == (720, 1280, "h264", "aac")
    assert found.seconds == pytest.approx(10, abs=0.1)


def test_the_address_may_come_after_the_end(sandbox: Sandbox) -> None:
    sandbox.set(heygen_url_lag_seconds=5000)
    video_id = create(sandbox)
    sandbox.advance(LONGEST)
    assert (get(sandbox, video_id)["status"], get(sandbox, video_id)["video_url"]) == ("completed", None)
    sandbox.advance(5000)
    assert get(sandbox, video_id)["video_url"]


def test_a_video_is_found_by_a_part_of_its_title_newest_first(sandbox: Sandbox) -> None:
    ids = [create(sandbox, title=f"content-pipeline {number}") for number in range(3)]
    create(sandbox, title="another")
    first = read(sandbox, "/videos", title="pipeline", limit=2)
    assert ([video["id"] for video in first["data"]], first["has_more"]) == (ids[:0:-1], True)
    second = read(sandbox, "/videos", title="pipeline", limit=2, token=first["next_token"])
    assert ([video["id"] for video in second["data"]], second["has_more"]) == (ids[:1], False)


def test_a_deleted_video_is_found_nowhere(sandbox: Sandbox) -> None:
    video_id = create(sandbox)
    assert call(sandbox, "DELETE", f"/videos/{video_id}").json() == {"data": {"id": video_id, "deleted": True}}
    assert call(sandbox, "GET", f"/videos/{video_id}").status_code == 404
    assert statuses(sandbox, video_id) == {video_id: "not_found"}
    assert read(sandbox, "/videos")["data"] == []


@pytest.mark.parametrize(("honors", "videos"), [(False, 2), (True, 1)])
def test_a_repeated_key_makes_a_second_video_unless_it_is_honoured(sandbox: Sandbox, honors: bool, videos: int) -> None:
    sandbox.set(heygen_honors_idempotency=honors)
    ids = {
        call(sandbox, "POST", "/videos", json=VIDEO, headers={**KEY, "Idempotency-Key": "a"}).json()["data"]["video_id"]
        for _ in range(2)
    }
    assert len(ids) == len(read(sandbox, "/videos")["data"]) == videos
    assert balance(sandbox) == pytest.approx(100 - videos * 0.5)


def test_a_lost_answer_leaves_a_video_that_was_paid(sandbox: Sandbox) -> None:
    sandbox.fail("heygen", "commit", "accept_then_drop")
    with pytest.raises(httpx.RemoteProtocolError):
        create(sandbox)
    assert len(read(sandbox, "/videos", title=VIDEO["title"])["data"]) == 1
    assert balance(sandbox) == 99.5


def test_an_empty_wallet_refuses_a_video(sandbox: Sandbox) -> None:
    sandbox.set(heygen_wallet_usd=0.6)
    create(sandbox)
    refused = call(sandbox, "POST", "/videos", json=VIDEO)
    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "insufficient_credit")
    assert balance(sandbox) == pytest.approx(0.1)


@pytest.mark.parametrize(("watermarks", "status"), [(False, "failed"), (True, "completed")])
def test_credit_can_be_missed_after_the_submit(sandbox: Sandbox, watermarks: bool, status: str) -> None:
    sandbox.set(heygen_failure_code=PAYMENT_FAILED, heygen_watermarks_failures=watermarks)
    video_id = create(sandbox)
    sandbox.advance(LONGEST)
    video = get(sandbox, video_id)
    assert (video["status"], video["failure_code"], bool(video["video_url"])) == (status, PAYMENT_FAILED, watermarks)
    assert statuses(sandbox, video_id) == {video_id: status}
    assert balance(sandbox) == 100


@pytest.mark.parametrize(
    ("changes", "status", "code", "param"),
    [
        ({"script": "a" * 5001}, 400, "invalid_parameter", "script"),
        ({"script": ""}, 400, "invalid_parameter", "script"),
        ({"type": "movie"}, 400, "invalid_parameter", "type"),
        ({"resolution": "8k"}, 400, "invalid_parameter", "resolution"),
        ({"avatar_id": "nobody"}, 404, "avatar_not_found", None),
        ({"voice_id": "none"}, 404, "voice_not_found", None),
        ({"avatar_id": "Daisy_photo", "engine": {"type": "avatar_v"}}, 400, "invalid_parameter", "engine"),
    ],
)
def test_a_bad_video_is_refused_in_heygens_form(
    sandbox: Sandbox, changes: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    refused = call(sandbox, "POST", "/videos", json={**VIDEO, **changes})
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["param"]) == (status, code, param)
    assert error.keys() == {"code", "message", "param", "doc_url"}


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "another"}, {"Authorization": "Bearer another"}])
def test_nothing_is_told_without_a_key(sandbox: Sandbox, headers: dict[str, str]) -> None:
    refused = call(sandbox, "GET", "/users/me", headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorized")


def test_a_bearer_token_is_a_key_too(sandbox: Sandbox) -> None:
    assert call(sandbox, "GET", "/users/me", headers={"Authorization": "Bearer sandbox-heygen"}).status_code == 200


@pytest.mark.parametrize(("path", "most"), [("/voices", 100), ("/avatars/looks", 50), ("/videos", 100)])
def test_pages_have_limits(sandbox: Sandbox, path: str, most: int) -> None:
    for limit in ("0", str(most + 1), "all"):
        assert call(sandbox, "GET", path, params={"limit": limit}).status_code == 400
    assert call(sandbox, "GET", path, params={"limit": most, "token": "x"}).status_code == 400


def test_a_hundred_statuses_are_told_at_once(sandbox: Sandbox) -> None:
    video_id = create(sandbox)
    found = statuses(sandbox, video_id, *map(str, range(99)))
    assert (found.pop(video_id), set(found.values())) == ("processing", {"not_found"})
    too_many = ",".join(map(str, range(101)))
    assert call(sandbox, "GET", "/videos/statuses", params={"video_ids": too_many}).status_code == 400
