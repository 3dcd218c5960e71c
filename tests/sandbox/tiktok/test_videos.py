"""TikTok's list and query of videos in the sandbox, and the figures of a user, against what is true."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.tiktok.videos import FIELDS
from tests.sandbox.tiktok.creator import SCOPES, connect, publish, status
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.slow

VIDEO = "/open.tiktokapis.com/v2/video"
COUNTS = {"view_count": "views", "like_count": "likes", "comment_count": "comments", "share_count": "shares"}
DAY = 86_400


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    """Of a creator with a past of eight videos in forty days, for half a day."""
    sandbox.history("tiktok", posts=8, days=40)
    return connect_all(sandbox)


def connect_all(sandbox: Sandbox) -> str:
    token: str = connect(sandbox, scope=f"{SCOPES},video.list,user.info.stats")["access_token"]
    return token


def ask(
    sandbox: Sandbox, token: str, call: str, body: dict[str, Any], fields: str = ",".join(FIELDS)
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return sandbox.http.post(f"{VIDEO}/{call}/", params={"fields": fields}, json=body, headers=headers)


def listed(sandbox: Sandbox, token: str, **body: Any) -> dict[str, Any]:
    answer = ask(sandbox, token, "list", body)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def queried(sandbox: Sandbox, token: str, *ids: str) -> dict[str, dict[str, Any]]:
    answer = ask(sandbox, token, "query", {"filters": {"video_ids": list(ids)}})
    assert answer.status_code == 200, answer.text
    return {video["id"]: video for video in answer.json()["data"]["videos"]}


def user(sandbox: Sandbox, token: str, fields: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return sandbox.http.get("/open.tiktokapis.com/v2/user/info/", params={"fields": fields}, headers=headers)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_lifetime_figures_are_true_to_the_unit(sandbox: Sandbox, token: str) -> None:
    sandbox.advance(50 * DAY)  # after which nothing changes within a second
    token = connect_all(sandbox)
    (true,) = sandbox.figures("tiktok")
    shown = queried(sandbox, token, *(post["id"] for post in true["posts"]))
    for post in true["posts"]:
        assert {name: shown[post["id"]][name] for name in COUNTS} == {name: post[ours] for name, ours in COUNTS.items()}
    stats = user(sandbox, token, "follower_count,likes_count,video_count").json()["data"]["user"]
    expected = {"follower_count": true["followers"], "likes_count": true["totals"]["likes"], "video_count": 8}
    assert stats == expected


def test_the_list_goes_back_in_time_page_by_page(sandbox: Sandbox, token: str) -> None:
    made = [post["id"] for post in sandbox.posts()]
    pages, cursor = [], {}
    for _ in range(3):
        data = listed(sandbox, token, max_count=3, **cursor)
        pages.append([video["id"] for video in data["videos"]])
        cursor = {"cursor": data["cursor"]}
    assert data["has_more"] is False
    assert pages == [made[:4:-1], made[4:1:-1], made[1::-1]]
    assert listed(sandbox, token, **cursor)["videos"] == []


def test_a_video_has_the_fields_that_were_asked_and_ids_are_strings(sandbox: Sandbox, token: str) -> None:
    (video,) = listed(sandbox, token, max_count=1)["videos"]
    assert video.keys() == set(FIELDS)
    assert isinstance(video["id"], str)
    post = sandbox.posts()[-1]
    assert (video["video_description"], video["duration"]) == (post["text"], post["seconds"])
    assert sandbox.http.get(video["share_url"]).status_code == 200
    answer = ask(sandbox, token, "list", {}, fields="id,view_count")
    assert answer.json()["data"]["videos"][0].keys() == {"id", "view_count"}


def test_deleted_private_and_foreign_videos_are_absent(sandbox: Sandbox, token: str, reel: Path) -> None:
    kept, gone, *_ = (post["id"] for post in sandbox.posts())
    foreign = sandbox.history("tiktok", posts=1, account="tech.tom")[0]["id"]
    sandbox.delete_post("tiktok", gone)
    publish(sandbox, token, reel, privacy_level="SELF_ONLY")
    sandbox.advance(3600)
    private = sandbox.posts()[-1]["id"]
    assert queried(sandbox, token, kept, gone, private, foreign, "7").keys() == {kept}
    assert not {gone, private, foreign} & {video["id"] for video in listed(sandbox, token, max_count=20)["videos"]}
    assert user(sandbox, token, "video_count").json()["data"]["user"] == {"video_count": 7}


def test_a_new_video_is_listed_late_under_its_late_id(sandbox: Sandbox, token: str, reel: Path) -> None:
    sandbox.set(tiktok_polls_before_id=0, tiktok_listing_seconds=3600)
    publish_id = publish(sandbox, token, reel)
    (number,) = status(sandbox, token, publish_id)["publicaly_available_post_id"]
    assert len(listed(sandbox, token, max_count=20)["videos"]) == 8
    sandbox.advance(3601)
    assert listed(sandbox, token, max_count=20)["videos"][0]["id"] == str(number)


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("list", {"max_count": 21}),
        ("list", {"max_count": 0}),
        ("list", {"cursor": "yesterday"}),
        ("query", {}),
        ("query", {"filters": {"video_ids": []}}),
        ("query", {"filters": {"video_ids": [str(number) for number in range(21)]}}),
        ("query", {"filters": {"video_ids": [7]}}),
    ],
)
def test_a_wrong_body_is_refused(sandbox: Sandbox, token: str, call: str, body: dict[str, Any]) -> None:
    assert code(ask(sandbox, token, call, body)) == (400, "invalid_params")


@pytest.mark.parametrize("fields", ["", "id,save_count"])
def test_fields_are_required_and_known(sandbox: Sandbox, token: str, fields: str) -> None:
    assert code(ask(sandbox, token, "list", {}, fields=fields)) == (400, "invalid_params")


def test_figures_need_their_scopes(sandbox: Sandbox, token: str) -> None:
    little: str = connect(sandbox)["access_token"]
    assert code(ask(sandbox, little, "list", {})) == (401, "scope_not_authorized")
    assert code(ask(sandbox, little, "query", {"filters": {"video_ids": ["7"]}})) == (401, "scope_not_authorized")
    assert code(user(sandbox, little, "follower_count")) == (401, "scope_not_authorized")


def test_more_than_six_hundred_calls_a_minute_are_refused(sandbox: Sandbox, token: str) -> None:
    answers = [ask(sandbox, token, "list", {"max_count": 1}, fields="id") for _ in range(601)]
    assert {answer.status_code for answer in answers[:600]} == {200}
    assert code(answers[600]) == (429, "rate_limit_exceeded")
    assert ask(sandbox, token, "query", {"filters": {"video_ids": ["7"]}}).status_code == 200


def test_faults_can_be_ordered_for_videos(sandbox: Sandbox, token: str) -> None:
    sandbox.fail("tiktok", "insights", "status", status=500, times=2)
    assert [ask(sandbox, token, "list", {}).status_code for _ in range(3)] == [500, 500, 200]
