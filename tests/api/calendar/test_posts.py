"""The posts of calendar items over HTTP: prepared ahead, published, tried again."""

from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task, Twin
from tests.api.calendar.scheduling import CALENDAR, create_account, finish_task, schedule, time_from_now
from tests.api.conftest import PUBLIC
from tests.core.calendar.planned import OWN_VIDEO, mark_committed, prepare_posts


@pytest.fixture
def published_now(client: TestClient, item_body: dict[str, Any], account_id: str) -> str:
    """The URL of an item with a video whose publication has started."""
    item = schedule(client, item_body, reel_url=OWN_VIDEO)
    assert client.post(f"{item}/publish-now").json()["status"] == "publishing"
    return item


def test_an_item_says_which_account_it_goes_to(client: TestClient, item_body: dict[str, Any], account_id: str) -> None:
    assert client.get(schedule(client, item_body)).json()["account_id"] == account_id
    assert client.get(schedule(client, item_body, platform="tiktok")).json()["account_id"] is None
    second = create_account(item_body["twin_id"])
    assert client.get(schedule(client, item_body, account_id=second)).json()["account_id"] == second
    refused = client.post(CALENDAR, json=item_body)
    assert (refused.status_code, refused.json()["code"]) == (400, "account_ambiguous")
    assert second in refused.json()["detail"]


def test_publish_now_starts_the_post_of_an_item_with_its_video(client: TestClient, published_now: str) -> None:
    view = client.get(published_now).json()
    task_id = view["publish_task_id"]
    assert (view["status"], view["post_url"]) == ("publishing", None)
    assert client.get(f"{PUBLIC}/tasks/{task_id}").json()["kind"] == "publication"
    finish_task(task_id, done=True)
    view = client.get(published_now).json()
    (listed,) = client.get(CALENDAR, params={"status": "published"}).json()
    assert view["post_url"] == listed["post_url"] == "https://www.instagram.com/reel/some/"


def test_publish_now_without_an_account_is_refused(client: TestClient, item_body: dict[str, Any]) -> None:
    item = schedule(client, item_body, reel_url=OWN_VIDEO)
    before = client.get(item).json()
    answer = client.post(f"{item}/publish-now")
    assert (answer.status_code, answer.json()["code"]) == (400, "account_missing")
    assert client.get(item).json() == before


def test_an_item_whose_post_is_prepared_is_shown_as_scheduled_and_can_be_changed(
    client: TestClient, twin_id: str, item_body: dict[str, Any]
) -> None:
    create_account(twin_id)
    item = schedule(client, item_body, scheduled_at=time_from_now(minutes=2), reel_url=OWN_VIDEO)
    with transaction() as session:
        twin = session.get_one(Twin, UUID(twin_id))
    (prepared,) = prepare_posts(twin)
    view = client.get(item).json()
    assert (view["status"], view["publish_task_id"]) == ("scheduled", None)
    assert client.patch(item, json={"caption": "Better words."}).status_code == 200
    assert client.get(f"{PUBLIC}/tasks/{prepared.id}").json()["error"]["code"] == "canceled"
    assert client.post(f"{PUBLIC}/tasks/{prepared.id}/retry").json()["code"] == "post_withdrawn"
    (again,) = prepare_posts(twin)
    published = client.post(f"{item}/publish-now").json()
    assert (published["status"], published["publish_task_id"]) == ("publishing", again.id)


@pytest.mark.slow
@pytest.mark.parametrize("is_out", [False, True])
def test_what_is_being_published_or_out_is_not_called_back(
    client: TestClient, published_now: str, is_out: bool
) -> None:
    if is_out:
        finish_task(client.get(published_now).json()["publish_task_id"], done=True)
    answers = [client.patch(published_now, json={"title": "Too late"})]
    answers += [client.post(f"{published_now}/{action}") for action in ("publish-now", "cancel", "retry")]
    code = "item_published" if is_out else "item_publishing"
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(409, code)}
    assert client.delete(published_now).status_code == (204 if is_out else 409)


@pytest.mark.slow
@pytest.mark.parametrize(("is_committed", "code"), [(False, "broken"), (True, "unconfirmed")])
def test_a_post_that_failed_is_tried_again_as_a_new_task(
    client: TestClient, published_now: str, is_committed: bool, code: str
) -> None:
    task_id = client.get(published_now).json()["publish_task_id"]
    if is_committed:
        with transaction() as session:
            task = session.get_one(Task, task_id)
        mark_committed(task)
    finish_task(task_id, done=False)
    view = client.get(published_now).json()
    assert (view["status"], view["reason"]["code"], view["publish_task_id"]) == ("failed", code, task_id)
    edited = client.patch(published_now, json={"caption": "Other words."})
    assert edited.status_code == (409 if is_committed else 200)
    retried = client.post(f"{published_now}/retry").json()
    assert (retried["status"], retried["publish_task_id"]) == ("scheduled", task_id if is_committed else None)


@pytest.mark.slow
@pytest.mark.parametrize("before", ["failed", "canceled", "scheduled"])
def test_a_retried_task_of_a_post_takes_its_item_along(client: TestClient, published_now: str, before: str) -> None:
    task_id = client.get(published_now).json()["publish_task_id"]
    finish_task(task_id, done=False)
    if before != "failed":
        client.patch(published_now, json={"scheduled_at": time_from_now(days=1)})
        client.post(f"{published_now}/retry")
    if before == "canceled":
        client.post(f"{published_now}/cancel")
    assert client.get(published_now).json()["status"] == before
    again = client.post(f"{PUBLIC}/tasks/{task_id}/retry").json()["task_id"]
    view = client.get(published_now).json()
    assert (view["status"], view["publish_task_id"], view["reason"]) == ("publishing", again, None)
    finish_task(again, done=True)
    assert client.get(published_now).json()["status"] == "published"
    assert client.post(f"{published_now}/retry").json()["code"] == "item_published"
