"""The content calendar over HTTP."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from content_pipeline.core.infrastructure.clock import now
from tests.api.calendar.scheduling import CALENDAR, create_account, finish_task, schedule, time_from_now
from tests.api.conftest import PUBLIC
from tests.core.calendar.planned import record_outcomes


def titles(client: TestClient, **params: Any) -> list[str]:
    listed = client.get(CALENDAR, params=params)
    assert listed.status_code == 200, listed.text
    return [view["title"] for view in listed.json()]


def test_a_plan_limits_how_many_items_are_open(connect: Callable[..., TestClient], item_body: dict[str, Any]) -> None:
    client = connect(open_items=2)
    twin = client.post(f"{PUBLIC}/twins", json={"name": "Tech Creator", "voice_id": "en-US"}).json()["id"]
    body = item_body | {"twin_id": twin}
    canceled, _ = (schedule(client, body) for _ in range(2))
    refused = client.post(CALENDAR, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "plan_limit")
    assert "2 items" in refused.json()["detail"]
    client.post(f"{canceled}/cancel")
    schedule(client, body)  # in the place of the canceled one
    assert client.post(f"{canceled}/retry").json()["code"] == "plan_limit"


def test_a_post_is_scheduled_and_found_again(client: TestClient, item_body: dict[str, Any], item: str) -> None:
    view = client.get(item).json()
    assert view["status"] == "scheduled"
    assert view.items() >= {name: value for name, value in item_body.items() if name != "scheduled_at"}.items()
    (listed,) = client.get(CALENDAR).json()
    assert view.items() >= listed.items()
    assert (view["video_url"], view["task_id"], view["conflicts"]) == (None, None, [])


def test_times_with_an_offset_are_told_in_utc(client: TestClient, item_body: dict[str, Any]) -> None:
    noon = f"{now().year + 1}-07-01T12:00:00"
    created = client.post(CALENDAR, json=item_body | {"scheduled_at": f"{noon}+02:00"})
    item = created.headers["Location"]
    expected = noon.replace("T12", "T10") + "Z"
    assert created.json()["scheduled_at"] == client.get(item).json()["scheduled_at"] == expected
    edited = client.patch(item, json={"scheduled_at": f"{noon}-05:30"}).json()
    assert edited["scheduled_at"] == client.get(item).json()["scheduled_at"] == noon.replace("T12:00", "T17:30") + "Z"


@pytest.mark.slow
def test_the_best_time_can_be_asked_for_and_is_explained(client: TestClient, item_body: dict[str, Any]) -> None:
    create_account(item_body["twin_id"])
    item = schedule(client, item_body, scheduled_at="best")
    shown = client.get(item).json()
    assert shown["scheduled_because"].items() >= {"rule": "default", "index": None, "posts": 0}.items()
    assert datetime.fromisoformat(shown["scheduled_at"]) > now()
    moved = client.patch(item, json={"scheduled_at": time_from_now(days=3)}).json()
    assert moved["scheduled_because"] is None
    assert client.patch(item, json={"scheduled_at": "best"}).json() == shown


@pytest.mark.slow
def test_posts_that_are_scheduled_at_the_same_moment_get_times_of_their_own(
    client: TestClient, item_body: dict[str, Any]
) -> None:
    create_account(item_body["twin_id"])
    with ThreadPoolExecutor(6) as pool:
        created = list(pool.map(lambda _: schedule(client, item_body, scheduled_at="best"), range(6)))
    assert len({client.get(item).json()["scheduled_at"] for item in created}) == 6


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"scheduled_at": "worst"}, 422, "schema"),
        ({"scheduled_at": "2036-05-01T10:00:00"}, 422, "schema"),
        ({"scheduled_at": "2036-05-01"}, 422, "schema"),
        ({"scheduled_at": 2093248800}, 422, "schema"),
        ({"scheduled_at": "9999-12-31T23:59:59-12:00"}, 422, "schema"),
        ({"scheduled_at": "0001-01-01T00:00:00+14:00"}, 422, "schema"),
        ({"scheduled_at": "9999-12-31T23:59:59Z"}, 400, "time_far"),
        ({"scheduled_at": "2026-01-01T10:00:00Z"}, 400, "time_passed"),
        ({"scheduled_at": None}, 422, "schema"),
        ({"title": None}, 422, "schema"),
        ({"title": " "}, 422, "schema"),
        ({"platform": "myspace"}, 422, "schema"),
        ({"platform": None}, 422, "schema"),
        ({"twin_id": None}, 422, "schema"),
        ({"twin_id": str(uuid4())}, 404, "twin_not_found"),
        ({"options": None}, 422, "schema"),
        ({"options": {"privacy": "public"}}, 400, "options_invalid"),
        ({"script": None}, 400, "source_missing"),
        ({"reel_url": "http://127.0.0.1/reel.mp4"}, 400, "url_forbidden"),
        ({"reel_url": ""}, 422, "schema"),
        ({"caption": "x" * 2201}, 400, "text_unfit"),
        ({"caption": " "}, 422, "schema"),
        ({"account_id": str(uuid4())}, 404, "account_not_found"),
        ({"account_id": "mine"}, 422, "schema"),
        ({"status": "published"}, 422, "schema"),
    ],
)
def test_what_makes_no_sense_is_refused_when_a_post_is_scheduled_and_when_it_is_edited(
    client: TestClient, item_body: dict[str, Any], item: str, change: dict[str, Any], status: int, code: str
) -> None:
    before = client.get(item).json()
    for answer in client.post(CALENDAR, json=item_body | change), client.patch(item, json=change):
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert client.get(item).json() == before
    assert len(client.get(CALENDAR).json()) == 1


def test_an_edit_changes_what_it_names(client: TestClient, item: str) -> None:
    before = client.get(item).json()
    change = {"caption": "Look!", "platform": "youtube", "options": {"made_for_kids": False}}
    assert client.patch(item, json=change).json() == before | change
    assert client.patch(item, json={"caption": None}).json() == before | change | {"caption": None}
    assert client.patch(item, json={}).json() == client.get(item).json()


def test_options_that_no_longer_fit_the_platform_are_told(client: TestClient, item_body: dict[str, Any]) -> None:
    item = schedule(client, item_body, options={"share_to_feed": True, "hashtags": ["ai"]})
    answer = client.patch(item, json={"platform": "tiktok"})
    assert (answer.status_code, answer.json()["code"]) == (400, "options_invalid")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/options/share_to_feed"]
    assert client.patch(item, json={"platform": "tiktok", "options": {"hashtags": ["ai"]}}).status_code == 200


def test_lists_take_a_day_or_a_time(client: TestClient, item_body: dict[str, Any]) -> None:
    year = now().year + 1
    for title, time in (
        ("night", "01T00:00:00Z"),
        ("noon", "01T12:00:00Z"),
        ("late", "01T23:59:59Z"),
        (
            "next",
            "02T00:00:00Z",
        ),
    ):
        schedule(client, item_body, title=title, scheduled_at=f"{year}-03-{time}")
    assert titles(client) == ["next", "late", "noon", "night"]
    assert titles(client, from_date=f"{year}-03-01", to_date=f"{year}-03-01") == ["late", "noon", "night"]
    assert titles(client, from_date=f"{year}-03-02") == ["next"]
    assert titles(client, from_date=f"{year}-03-01T13:00:00+01:00", to_date=f"{year}-03-01T12:00:00Z") == ["noon"]


@pytest.mark.parametrize(
    "filters",
    [
        {"from_date": "2026-03-01T12:00:00"},
        {"from_date": "2026-03-01T00:00:00"},
        {"to_date": "tomorrow"},
        {"to_date": "2026-02-30"},
        {"to_date": "1772323200"},
        {"to_date": "9999-12-31T23:59:59-12:00"},
        {"platform": "myspace"},
        {"status": "lost"},
    ],
)
def test_a_filter_that_means_nothing_is_refused(client: TestClient, filters: dict[str, str]) -> None:
    assert client.get(CALENDAR, params=filters).status_code == 422


def test_the_first_and_the_last_day_that_there_are_are_days(client: TestClient, item: str) -> None:
    assert len(titles(client, from_date="0001-01-01", to_date="9999-12-31")) == 1


def test_lists_filter_by_platform_status_and_twin(client: TestClient, item_body: dict[str, Any], item: str) -> None:
    other = schedule(client, item_body, title="Other", platform="tiktok")
    client.post(f"{other}/cancel")
    assert titles(client, platform="tiktok") == titles(client, status="canceled") == ["Other"]
    assert titles(client, platform="instagram", status="scheduled") == [item_body["title"]]
    assert len(titles(client, twin_id=item_body["twin_id"])) == 2
    assert titles(client, twin_id=str(uuid4())) == titles(client, status="published") == []


def test_a_page_names_the_next_one(client: TestClient, item_body: dict[str, Any]) -> None:
    for number in range(5):
        schedule(client, item_body, title=str(number))
    first = client.get(CALENDAR, params={"limit": 3})
    second = client.get(first.links["next"]["url"])
    assert "next" not in second.links
    assert sorted(view["title"] for view in first.json() + second.json()) == list("01234")


def test_two_posts_at_about_the_same_time_are_told_of_each_other(client: TestClient, item_body: dict[str, Any]) -> None:
    first, second = (client.get(schedule(client, item_body)).json() for _ in range(2))
    assert second["conflicts"] == [first["id"]]
    assert client.get(f"{CALENDAR}/{first['id']}").json()["conflicts"] == [second["id"]]


def test_publish_now_makes_the_reel_and_shows_it(client: TestClient, item: str) -> None:
    answer = client.post(f"{item}/publish-now")
    assert (answer.status_code, answer.headers["Location"]) == (202, item)
    assert answer.json()["status"] == "rendering"
    assert datetime.fromisoformat(answer.json()["scheduled_at"]) <= now()
    task_id = answer.json()["task_id"]
    assert client.get(f"{PUBLIC}/tasks/{task_id}").json()["kind"] == "reel"
    finish_task(task_id, done=True)
    view = client.get(item).json()
    assert (view["status"], view["task_id"]) == ("scheduled", task_id)
    assert "some/reel.mp4" in view["video_url"]


def test_an_answer_that_is_repeated_keeps_no_signed_link(client: TestClient, item: str) -> None:
    finish_task(client.post(f"{item}/publish-now").json()["task_id"], done=True)
    client.patch(item, json={"scheduled_at": (now() + timedelta(days=1)).isoformat()})
    first, again = (client.post(f"{item}/cancel", headers={"Idempotency-Key": "cancel-1"}) for _ in range(2))
    assert "some/reel.mp4" in first.json()["video_url"]
    assert (again.headers["Idempotent-Replayed"], again.json()) == ("true", first.json() | {"video_url": None})


def test_a_reel_that_cannot_be_made_fails_its_item_which_can_be_mended_and_retried(
    client: TestClient, item: str
) -> None:
    finish_task(client.post(f"{item}/publish-now").json()["task_id"], done=False)
    (listed,) = client.get(CALENDAR, params={"status": "failed"}).json()
    assert listed["reason"] == {"code": "broken", "message": "It broke.", "remedy": "Retry it.", "retryable": False}
    assert client.patch(item, json={"script": "Better words."}).status_code == 200
    retried = client.post(f"{item}/retry")
    assert (retried.status_code, retried.json()["status"], retried.json()["reason"]) == (202, "scheduled", None)
    assert client.post(f"{item}/retry").json()["code"] == "item_scheduled"


def test_a_retried_task_of_a_reel_counts_for_its_item(client: TestClient, item: str) -> None:
    task_id = client.post(f"{item}/publish-now").json()["task_id"]
    finish_task(task_id, done=False)
    again = client.post(f"{PUBLIC}/tasks/{task_id}/retry").json()["task_id"]
    view = client.post(f"{item}/retry").json()
    assert (view["status"], view["task_id"]) == ("rendering", again)


def test_a_reels_task_that_is_canceled_fails_its_item(client: TestClient, item: str) -> None:
    task_id = client.post(f"{item}/publish-now").json()["task_id"]
    assert client.post(f"{PUBLIC}/tasks/{task_id}/cancel").status_code == 202
    record_outcomes()
    view = client.get(item).json()
    assert (view["status"], view["reason"]["code"]) == ("failed", "canceled")


def test_a_cancel_while_the_reel_is_made_ends_its_task(client: TestClient, item: str) -> None:
    task_id = client.post(f"{item}/publish-now").json()["task_id"]
    canceled = client.post(f"{item}/cancel")
    assert (canceled.status_code, canceled.json()["status"]) == (202, "canceled")
    assert canceled.json()["reason"]["code"] == "canceled"
    assert client.get(f"{PUBLIC}/tasks/{task_id}").json()["error"]["code"] == "canceled"
    assert client.post(f"{item}/publish-now").json()["code"] == "item_canceled"


def test_an_item_on_its_way_is_not_edited(client: TestClient, item: str) -> None:
    client.post(f"{item}/publish-now")
    answer = client.patch(item, json={"title": "Too late"})
    assert (answer.status_code, answer.json()["code"]) == (409, "item_rendering")


@pytest.mark.parametrize("is_rendering", [False, True])
def test_a_deleted_item_exists_nowhere_any_more(client: TestClient, item: str, is_rendering: bool) -> None:
    if is_rendering:
        client.post(f"{item}/publish-now")
    assert client.delete(item).status_code == 204
    answers = [client.get(item), client.patch(item, json={"title": "Back"}), client.delete(item)]
    answers += [client.post(f"{item}/{action}") for action in ("publish-now", "cancel", "retry")]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "item_not_found")}
    assert client.get(CALENDAR).json() == []


def test_another_workspaces_item_does_not_exist(connect, item: str) -> None:
    other_client = connect()
    answers = [other_client.get(item), other_client.patch(item, json={"title": "Mine"}), other_client.delete(item)]
    answers += [other_client.post(f"{item}/{action}") for action in ("publish-now", "cancel", "retry")]
    assert {answer.status_code for answer in answers} == {404}
    assert other_client.get(CALENDAR).json() == []


@pytest.mark.parametrize("action", ["publish-now", "cancel"])
def test_a_repeat_with_the_same_key_is_answered_alike_and_one_without_is_refused(
    client: TestClient, item: str, action: str
) -> None:
    first, again = (client.post(f"{item}/{action}", headers={"Idempotency-Key": "action-1"}) for _ in range(2))
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert client.post(f"{item}/{action}").status_code == 409


def test_a_repeat_with_the_same_key_schedules_no_second_item(client: TestClient, item_body: dict[str, Any]) -> None:
    first, again = (client.post(CALENDAR, json=item_body, headers={"Idempotency-Key": "post-1"}) for _ in range(2))
    assert first.json() == again.json()
    assert len(client.get(CALENDAR).json()) == 1


@pytest.mark.parametrize("action", ["publish-now", "cancel", "retry"])
def test_of_two_who_do_the_same_at_once_one_is_told(client: TestClient, item: str, action: str) -> None:
    if action == "retry":
        client.post(f"{item}/cancel")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: client.post(f"{item}/{action}").status_code, range(2)))
    assert sorted(answers) == [202, 409]
