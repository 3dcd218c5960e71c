"""What was made or uploaded here is used by its id, or by our link after it has expired, in every route."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from content_pipeline.core.calendar import copies
from content_pipeline.core.errors import UpstreamError
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library import sources
from content_pipeline.core.library.sources import Stored
from content_pipeline.core.models import AvatarVideo, BurnIn, CalendarItem, Caption, Publication, Reel, Task
from content_pipeline.core.tasks import tasks
from tests.api.calendar.scheduling import create_account, time_from_now
from tests.api.conftest import PUBLIC
from tests.factories import make_upload, make_workspace
from tests.finished_files import ids_of, make_all, make_reel


@pytest.fixture
def files(client_workspace_id: UUID) -> list[Stored]:
    """One finished file of each kind."""
    with transaction() as session:
        return make_all(session, client_workspace_id)


def names(files: list[Stored]) -> list[dict[str, str]]:
    """Each file by its id, and by our link after it has expired."""
    links = [{"reel_url": (sources.signed_url(file) or "").replace("X-Amz-Date=2", "X-Amz-Date=1")} for file in files]
    return [*({name: str(value) for name, value in ids_of(file).given().items()} for file in files), *links]


def locations(files: list[Stored]) -> list[str]:
    return [storage.uri(sources.object_key(file)) for file in files] * 2


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_posts_are_planned_of_them(client: TestClient, twin_id: str, files: list[Stored]) -> None:
    item = {"twin_id": twin_id, "title": "News", "platform": "tiktok", "scheduled_at": time_from_now(days=1)}
    for name, by_id in zip(names(files), names(files)[:4] * 2, strict=True):
        answer = client.post(f"{PUBLIC}/content/calendar", json=item | name)
        assert answer.status_code == 201, answer.text
        shown = answer.json()
        assert {field: shown[field] for field in ids_of(files[0]).__slots__ if shown[field]} == by_id
        assert shown["video_url"].startswith("http")
        assert shown["copy_task_id"] is shown["copy_error"] is shown["task_id"] is None


@pytest.mark.slow
def test_they_are_published(client: TestClient, twin_id: str, files: list[Stored]) -> None:
    create_account(twin_id)
    body = {"platforms": ["instagram"], "caption": "Look."}
    for name, file in zip(names(files), files * 2, strict=True):
        answer = client.post(f"{PUBLIC}/social/publish", json=body | name)
        assert answer.status_code == 202, answer.text
        with transaction() as session:
            post = session.get_one(Publication, UUID(answer.json()["results"][0]["task_id"]))
        assert {post.reel_id, post.avatar_video_id, post.burn_in_id, post.upload_id} == {None, file.id}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["generate", "align"])
def test_they_are_captioned(client: TestClient, files: list[Stored], way: str) -> None:
    text = {"text": "Sourdough needs patience."} if way == "align" else {}
    for name, location in zip(names(files), locations(files), strict=True):
        answer = client.post(f"{PUBLIC}/captions/{way}", data=name | text)
        assert answer.status_code == 202, answer.text
        with transaction() as session:
            assert session.get_one(Caption, UUID(answer.json()["caption_id"])).source_url == location


def test_an_upload_that_cannot_be_captioned_is_refused_at_once(client: TestClient, client_workspace_id: UUID) -> None:
    with transaction() as session:
        picture = make_upload(session, client_workspace_id, kind="picture", media=None)
        long = make_upload(session, client_workspace_id)
        assert long.media
        long.media = replace(long.media, seconds=61.0)
    generate = f"{PUBLIC}/captions/generate"
    assert code(client.post(generate, data={"upload_id": str(picture.id)})) == (400, "upload_unfit")
    accepted = client.post(generate, data={"upload_id": str(long.id)}).json()
    with transaction() as session:
        assert session.get_one(Task, accepted["task_id"]).lane == "media"


@pytest.mark.slow
def test_captions_are_burned_into_them(client: TestClient, finished_id: str, files: list[Stored]) -> None:
    for name, location in zip(names(files), locations(files), strict=True):
        answer = client.post(f"{PUBLIC}/captions/{finished_id}/burn-in", json=name)
        assert answer.status_code == 202, answer.text
        with transaction() as session:
            task = session.get_one(Task, answer.json()["task_id"])
            assert session.get_one(BurnIn, UUID(task.key)).source_url == location
    assert client.post(f"{PUBLIC}/captions/{finished_id}/burn-in", json={}).status_code == 202


def test_burn_ins_of_each_others_captions_do_not_wait_for_each_other(
    client: TestClient, finished_id: str, files: list[Stored]
) -> None:
    (video,) = (file for file in files if isinstance(file, BurnIn))
    source = {"caption_id": str(video.caption_id)}
    with ThreadPoolExecutor(1) as other:
        with transaction() as session:  # as the other request locks its source
            session.get_one(Caption, UUID(finished_id), with_for_update={"read": True})
            answer = other.submit(client.post, f"{PUBLIC}/captions/{finished_id}/burn-in", json=source)
            wait([answer], timeout=30)
            assert answer.done()
        assert answer.result().status_code == 202


@pytest.mark.slow
def test_avatars_speak_in_front_of_them(client: TestClient, twin_id: str, files: list[Stored]) -> None:
    body = {"twin_id": twin_id, "script": "Hello!"}
    backgrounds = [
        {"background_url": name["reel_url"]} if "reel_url" in name else {"background_id": next(iter(name.values()))}
        for name in names(files)
    ]
    for background, location in zip(backgrounds, locations(files), strict=True):
        answer = client.post(f"{PUBLIC}/multimodal/avatar/generate", json=body | background)
        assert answer.status_code == 202, answer.text
        with transaction() as session:
            assert session.get_one(AvatarVideo, UUID(answer.json()["job_id"])).background_url == location
    both = {**backgrounds[0], **backgrounds[-1]}
    refused = client.post(f"{PUBLIC}/multimodal/avatar/generate", json=body | both)
    assert code(refused) == (400, "source_ambiguous")


def test_rows_of_a_csv_name_them(client: TestClient, twin_id: str, files: list[Stored]) -> None:
    cells = [next(iter(name.values())) for name in names(files)]
    rows = [f"Hello.,{cell},{cell}" for cell in cells]
    answer = submit(client, twin_id, ["script,background,music", *rows])
    assert answer.status_code == 202, answer.text
    jobs = client.get(f"{PUBLIC}/bulk/reels/{answer.json()['batch_id']}").json()["jobs"]
    with transaction() as session:
        made = [session.get_one(Reel, UUID(job["job_id"])) for job in jobs]
    assert [reel.background_url for reel in made] == [reel.music_url for reel in made] == locations(files)


def test_each_row_says_what_is_wrong_with_its_file(client: TestClient, twin_id: str, client_workspace_id: UUID) -> None:
    with transaction() as session:
        foreign = make_reel(session, make_workspace(session))
        picture = make_upload(session, client_workspace_id, kind="picture", media=None)
    expired = "https://8.8.8.8/a.png?Expires=1600000000&Signature=ab"
    cells = [foreign.id, sources.signed_url(foreign), expired]
    rows = [f"Hello.,{cell}," for cell in cells]
    answer = submit(client, twin_id, ["script,background_url,music", *rows, f"Hello.,,{picture.id}"])
    assert [(fault["row"], fault["column"], fault["code"]) for fault in answer.json()["errors"]] == [
        (1, "background_url", "source_not_found"),
        (2, "background_url", "url_forbidden"),
        (3, "background_url", "link_expired"),
        (4, "music", "upload_unfit"),
    ]


def submit(client: TestClient, twin_id: str, lines: list[str]) -> Any:
    return client.post(
        f"{PUBLIC}/bulk/reels",
        files={"csv_file": ("scripts.csv", "\n".join(lines).encode(), "text/csv")},
        data={"twin_id": twin_id, "platform": "tiktok"},
    )


def test_an_item_shows_that_its_link_could_not_be_copied(client: TestClient, twin_id: str) -> None:
    body = {
        "twin_id": twin_id, "title": "News", "platform": "tiktok", "scheduled_at": time_from_now(days=1),
        "reel_url": "https://8.8.8.8/reel.mp4",
    }  # fmt: skip
    address = client.post(f"{PUBLIC}/content/calendar", json=body).headers["Location"]
    fail_copy(address.rpartition("/")[2])
    shown = client.get(address).json()
    assert (shown["status"], shown["copy_error"]["code"]) == ("scheduled", "remote_forbidden")
    task = client.get(f"{PUBLIC}/tasks/{shown['copy_task_id']}").json()
    assert (task["kind"], task["status"]) == ("video_copy", "error")


def fail_copy(item_id: str) -> None:
    with transaction() as session:
        task = copies.begin(session, session.get_one(CalendarItem, UUID(item_id)))
        tasks.fail(session, task.id, UpstreamError("It was refused.", code="remote_forbidden", remedy="Look at it."))
