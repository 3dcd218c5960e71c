"""Publishing over HTTP."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from content_pipeline.core.errors import InternalError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, Caption, Publication, Reel, Task
from content_pipeline.core.publishing import publications
from content_pipeline.core.tasks import tasks
from tests.api.conftest import PUBLIC
from tests.factories import make_account, make_workspace

PUBLISH = f"{PUBLIC}/social/publish"
VIDEO = "https://8.8.8.8/reel.mp4"


@pytest.fixture
def account(client_workspace_id: UUID) -> Callable[..., Account]:
    def account(platform: str = "tiktok", **fields: Any) -> Account:
        with transaction() as session:
            return make_account(session, fields.pop("workspace_id", client_workspace_id), platform, **fields)

    return account


def publish(client: TestClient, *platforms: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    body = {"platforms": platforms or ["tiktok"], "reel_url": VIDEO, "caption": "Look."} | fields
    return client.post(
        PUBLISH, json={name: value for name, value in body.items() if value is not None}, headers=headers
    )


def error_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def publications_of(workspace_id: UUID) -> list[Publication]:
    with transaction() as session:
        return list(session.scalars(select(Publication).where(Publication.workspace_id == workspace_id)))


def publication_of(task_id: str) -> Publication:
    with transaction() as session:
        return session.get_one(Publication, UUID(task_id))


def finish_run(task_id: str, *, error: bool = False, committed: bool = False) -> None:
    """Finish or fail the task of a post, as its run does."""
    with transaction() as session:
        publication = session.get_one(Publication, UUID(session.get_one(Task, task_id).key))
        tasks.mark_processing(session, publications.KIND, str(publication.id))
        if committed or not error:
            publication.committed_at = now()
            tasks.set_irrevocable(session, task_id, True)
        if error:
            tasks.fail(session, task_id, InternalError("It broke."))
            return
        publication.post_id, publication.post_url = f"7-{task_id}", "https://platform.example.com/7"
        publication.published_at = now()
        tasks.finish(session, task_id)


def test_each_platform_gets_a_post_and_a_task_of_its_own(
    client: TestClient, client_workspace_id: UUID, account: Callable[..., Account]
) -> None:
    accounts = {platform: account(platform) for platform in ("tiktok", "instagram", "youtube")}
    answer = publish(client, *accounts, captions={"youtube": "For YouTube."}, title="The news")
    assert answer.status_code == 202, answer.text
    results = answer.json()["results"]
    assert [(one["platform"], one["account_id"], one["status"]) for one in results] == [
        (platform, str(there.id), "queued") for platform, there in accounts.items()
    ]
    assert answer.headers["Location"] == f"{PUBLISH}/{results[0]['task_id']}"
    rows = [publication_of(one["task_id"]) for one in results]
    assert [one.caption for one in rows] == ["Look.", "Look.", "For YouTube."]
    assert {one.title for one in rows} == {"The news"}
    assert len({one.request_id for one in rows}) == 1
    for one in results:
        found = client.get(f"{PUBLISH}/{one['task_id']}").json()
        assert (found["status"], found["outcome"], found["account_id"]) == ("queued", "publishing", one["account_id"])


# ── rejected requests ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("source", "code"),
    [({"reel_url": VIDEO, "reel_id": str(uuid4())}, "source_ambiguous"), ({"reel_url": None}, "source_missing")],
)
def test_a_post_has_one_video(client: TestClient, source: dict[str, Any], code: str) -> None:
    assert error_of(publish(client, **source)) == (400, code)


def test_twins_reels_accounts_and_captions_that_are_not_there(
    client: TestClient, account: Callable[..., Account]
) -> None:
    account()
    assert error_of(publish(client, twin_id=str(uuid4()))) == (404, "twin_not_found")
    assert error_of(publish(client, reel_url=None, reel_id=str(uuid4()))) == (404, "reel_not_found")
    assert error_of(publish(client, account_id=str(uuid4()))) == (404, "account_not_found")


def test_what_is_another_workspaces_does_not_exist(
    client: TestClient, client_workspace_id: UUID, account: Callable[..., Account]
) -> None:
    account("youtube")
    with transaction() as session:
        other_workspace_id = make_workspace(session)
        caption = Caption(id=uuid4(), workspace_id=other_workspace_id, language="en", created_at=now(), segments=())
        session.add(caption)
    other_account = account(workspace_id=other_workspace_id, platform="youtube")
    options = {"youtube": {"captions_id": str(caption.id)}}
    assert error_of(publish(client, "youtube", options=options)) == (404, "caption_not_found")
    assert error_of(publish(client, "youtube", accounts={"youtube": str(other_account.id)})) == (
        404,
        "account_not_found",
    )
    with transaction() as session:
        session.get_one(Caption, caption.id).workspace_id = client_workspace_id
    assert publish(client, "youtube", options=options).status_code == 202


def test_which_account_a_post_goes_to(client: TestClient, twin_id: str, account: Callable[..., Account]) -> None:
    assert error_of(publish(client)) == (400, "account_missing")
    first = account()
    assert publish(client).json()["results"][0]["account_id"] == str(first.id)
    second = account()
    assert error_of(publish(client)) == (400, "account_ambiguous")
    assert publish(client, account_id=str(second.id)).json()["results"][0]["account_id"] == str(second.id)
    assert client.patch(f"{PUBLIC}/twins/{twin_id}", json={"accounts": {"tiktok": str(first.id)}}).status_code == 200
    assert publish(client, twin_id=twin_id).json()["results"][0]["account_id"] == str(first.id)
    assert error_of(publish(client, "instagram", account_id=str(first.id))) == (400, "account_mismatch")
    disconnected = account(status="disconnected")
    assert error_of(publish(client, account_id=str(disconnected.id))) == (400, "account_missing")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"caption": "a" * 2201}, 400, "text_unfit"),
        ({"caption": None}, 400, "caption_missing"),
        ({"reel_url": "http://127.0.0.1/reel.mp4"}, 400, "url_forbidden"),
        ({"reel_url": ""}, 422, None),
        ({"caption": "   "}, 422, None),
        ({"platforms": ["myspace"]}, 422, None),
        ({"platforms": ["tiktok", "tiktok"]}, 422, None),
        ({"options": {"tiktok": {"privacy": "secret"}}}, 422, None),
    ],
)
def test_posts_that_could_not_go_out(
    client: TestClient,
    client_workspace_id: UUID,
    account: Callable[..., Account],
    fields: dict[str, Any],
    status: int,
    code: str | None,
) -> None:
    account()
    answer = publish(client, **fields)
    assert answer.status_code == status, answer.text
    assert code is None or answer.json()["code"] == code
    assert publications_of(client_workspace_id) == []


def test_either_all_platforms_get_their_post_or_none(
    client: TestClient, client_workspace_id: UUID, account: Callable[..., Account]
) -> None:
    account("tiktok")
    account("linkedin")
    assert error_of(publish(client, "tiktok", "linkedin", "instagram")) == (400, "account_missing")
    assert error_of(publish(client, "tiktok", "linkedin", captions={"linkedin": "a" * 3001})) == (400, "text_unfit")
    assert publications_of(client_workspace_id) == []
    assert publish(client, "tiktok", "linkedin").status_code == 202
    assert len(publications_of(client_workspace_id)) == 2


def test_a_reel_that_is_not_made_yet_is_waited_for_by_the_client(
    client: TestClient, twin_id: str, account: Callable[..., Account]
) -> None:
    account()
    form = {"twin_id": twin_id, "platform": "tiktok"}
    csv = {"csv_file": ("a.csv", b"script\nHello world!\n", "text/csv")}
    batch = client.post(f"{PUBLIC}/bulk/reels", files=csv, data=form).json()
    reel_id = client.get(f"{PUBLIC}/bulk/reels/{batch['batch_id']}").json()["jobs"][0]["job_id"]
    assert error_of(publish(client, reel_url=None, reel_id=reel_id)) == (409, "reel_not_ready")
    with transaction() as session:
        session.get_one(Reel, UUID(reel_id)).output_key = "some/reel.mp4"
    answer = publish(client, reel_url=None, reel_id=reel_id, caption=None, twin_id=twin_id)
    assert answer.status_code == 202
    assert publication_of(answer.json()["results"][0]["task_id"]).options == {"ai_generated": True}


# ── idempotency ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_request_that_is_repeated_with_its_key_posts_once(
    client: TestClient, client_workspace_id: UUID, account: Callable[..., Account]
) -> None:
    account()
    headers = {"Idempotency-Key": str(uuid4())}
    first, again = publish(client, headers=headers), publish(client, headers=headers)
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(publications_of(client_workspace_id)) == 1
    assert publish(client, headers=headers, caption="Another.").status_code == 422


# ── status ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def post_id(client: TestClient, account: Callable[..., Account]) -> str:
    account()
    return publish(client).json()["results"][0]["task_id"]


def read_status(client: TestClient, task_id: str) -> dict[str, Any]:
    found, task = client.get(f"{PUBLISH}/{task_id}").json(), client.get(f"{PUBLIC}/tasks/{task_id}").json()
    assert found.items() >= task.items(), "both places say the same"
    return found


def test_a_published_post_has_its_link(client: TestClient, post_id: str) -> None:
    finish_run(post_id)
    found = read_status(client, post_id)
    assert (found["status"], found["outcome"]) == ("done", "published")
    assert found["result"] == {
        "platform": "tiktok",
        "account_id": found["account_id"],
        "post_id": f"7-{post_id}",
        "post_url": "https://platform.example.com/7",
    }


@pytest.mark.parametrize(
    ("committed", "code", "outcome"), [(False, "broken", "failed"), (True, "unconfirmed", "unconfirmed")]
)
def test_a_post_that_failed_says_whether_it_may_be_out(
    client: TestClient, post_id: str, committed: bool, code: str, outcome: str
) -> None:
    finish_run(post_id, error=True, committed=committed)
    found = read_status(client, post_id)
    assert (found["status"], found["outcome"], found["error"]["code"]) == ("error", outcome, code)
    assert found["error"]["message"].startswith("It broke.")
    again = client.post(f"{PUBLIC}/tasks/{post_id}/retry").json()["task_id"]
    assert again != post_id
    assert read_status(client, post_id)["outcome"] == "publishing"
    assert client.post(f"{PUBLIC}/tasks/{again}/cancel").status_code == (409 if committed else 202)
    if committed:
        finish_run(again)
        assert read_status(client, post_id)["outcome"] == read_status(client, again)["outcome"] == "published"
        assert read_status(client, post_id)["error"]["code"] == "unconfirmed"


def test_a_post_that_is_being_sent_cannot_be_called_back(client: TestClient, post_id: str) -> None:
    with transaction() as session:
        tasks.mark_processing(session, publications.KIND, post_id)
        tasks.set_irrevocable(session, post_id, True)
    assert error_of(client.post(f"{PUBLIC}/tasks/{post_id}/cancel")) == (409, "task_irrevocable")


def test_a_post_is_canceled_before_it_is_sent(client: TestClient, post_id: str) -> None:
    assert client.post(f"{PUBLIC}/tasks/{post_id}/cancel").status_code == 202
    found = read_status(client, post_id)
    assert (found["outcome"], found["error"]["code"]) == ("failed", "canceled")


def test_an_older_try_is_not_retried_beside_a_newer(client: TestClient, post_id: str) -> None:
    finish_run(post_id, error=True)
    assert client.post(f"{PUBLIC}/tasks/{post_id}/retry").status_code == 202
    assert error_of(client.post(f"{PUBLIC}/tasks/{post_id}/retry")) == (409, "task_retried")


def test_tasks_of_other_kinds_and_workspaces_are_no_posts(
    client: TestClient, connect: Callable[..., TestClient], caption_id: str, post_id: str
) -> None:
    assert error_of(client.get(f"{PUBLISH}/sync_{caption_id}")) == (404, "publication_not_found")
    assert error_of(client.get(f"{PUBLISH}/{uuid4()}")) == (404, "task_not_found")
    assert connect().get(f"{PUBLISH}/{post_id}").status_code == 404
