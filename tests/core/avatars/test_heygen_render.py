"""Avatar videos at HeyGen: one render and one charge each, whatever is lost on the way."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from numpy.typing import NDArray

from content_pipeline.core.avatars import avatar_videos, heygen_events, heygen_render
from content_pipeline.core.avatars import heygen as client
from content_pipeline.core.errors import Conflict, Invalid, Unauthorized
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media import untrusted
from content_pipeline.core.media.glossary import GlossaryEntry
from content_pipeline.core.media.probe import open_media
from content_pipeline.core.media.reels import safe_zone
from content_pipeline.core.models import Task
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import cancellation, credits, leases
from content_pipeline.core.tasks.run_context import RunContext
from sandbox.heygen.protocol import API_KEY
from sandbox.heygen.videos import SLOTS
from sandbox.heygen.webhooks import CALLBACK_SECRET
from tests.avatar_videos import SCRIPT, execute, newest, poll, request, video_of, work
from tests.core.avatars.heygen_renders import RENDERED_SECONDS, some_avatar
from tests.sandbox.heygen import customer
from tests.sandbox_server import Sandbox

# The chin is at this share of the height in the stand-in's videos.
CHIN = 0.48

# Each executes whole runs.
pytestmark = pytest.mark.slow


@pytest.fixture
def task(heygen: Sandbox, workspace_id: UUID) -> Task:
    return request(workspace_id, avatar_id=some_avatar(), captions=False)


def videos(heygen: Sandbox) -> list[Mapping[str, Any]]:
    """All videos that HeyGen has."""
    answer = heygen.http.get("/api.heygen.com/v3/videos?limit=100", headers={"X-Api-Key": API_KEY})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def charged(workspace_id: UUID) -> tuple[int, int]:
    """The credits that are charged and held."""
    with transaction() as session:
        balance = credits.balance(session, workspace_id)
        return balance.charged, balance.held


def test_a_video_is_submitted_waited_for_and_collected(heygen: Sandbox, task: Task, workspace_id: UUID) -> None:
    assert work(task).success
    assert newest(task).state == "waiting"
    assert poll() == []
    heygen.advance(RENDERED_SECONDS)
    (resumed,) = poll()
    assert resumed.id == task.id
    assert work(task).success
    video = video_of(task)
    assert newest(task).state == "done"
    assert video.media
    assert video.output_key
    assert storage.exists(video.output_key)
    assert charged(workspace_id) == (credits.price(video.media.seconds), 0)
    assert len(videos(heygen)) == 1


def test_a_script_without_words_is_refused_before_it_is_submitted(heygen: Sandbox, workspace_id: UUID) -> None:
    with pytest.raises(Invalid) as raised:
        request(workspace_id, avatar_id=some_avatar(), script="🎉 …!")
    assert raised.value.code == "nothing_to_say"


def test_the_language_that_is_spoken_is_the_scripts(heygen: Sandbox, workspace_id: UUID) -> None:
    script = "Guten Morgen zusammen, heute backen wir ein Brot aus Roggen und Wasser."
    task = request(workspace_id, avatar_id=some_avatar(), script=script)
    work(task)
    assert video_of(task).language == "de"


@pytest.mark.nightly
def test_terms_of_the_glossary_are_sent_as_they_are_said_and_shown_as_written(
    heygen: Sandbox, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    submit = client.submit

    def listen(**fields: Any) -> str:
        sent.append(fields["script"])
        return submit(**fields)

    monkeypatch.setattr(client, "submit", listen)
    terms = (GlossaryEntry("Zyntraxo", pronunciation="zin track so"), GlossaryEntry("twin", pronunciation="твин"))
    script = "Hello, I am **your** twin!\nTry “Zyntraxo” for $5."
    task = request(workspace_id, terms, avatar_id=some_avatar(), script=script)
    finish_at_heygen(heygen, task)
    assert sent == ["Hello, I am your twin!\nTry zin track so for $5."]
    assert work(task).success
    words = video_of(task).words
    assert words
    assert " ".join(word.text for word in words) == "Hello, I am your twin! Try “Zyntraxo” for $5."


def test_a_run_without_a_task_submits_nothing(heygen: Sandbox, task: Task) -> None:
    leases.begin(run_id := str(uuid4()), "io@test")
    with pytest.raises(Conflict, match="submits nothing") as refused:
        heygen_render.submit(RunContext(run_id, "io"), task.key)
    assert "content-pipeline tasks retry ID" in refused.value.remedy
    assert videos(heygen) == []


def test_a_run_of_an_operator_submits_a_canceled_video_with_its_credits_held_again(
    heygen: Sandbox, task: Task, workspace_id: UUID
) -> None:
    held = charged(workspace_id)
    with transaction() as session:
        cancellation.cancel(session, session.get_one(Task, task.id))
    for _ in range(2):
        assert execute(task.partition_key).success
    assert (newest(task).retry_of, newest(task).state) == (task.id, "waiting")
    assert len(videos(heygen)) == 1
    assert charged(workspace_id) == held


def test_a_submission_whose_answer_is_lost_is_found_and_not_repeated(heygen: Sandbox, task: Task) -> None:
    heygen.fail("heygen", "commit", "accept_then_drop")
    work(task)
    assert newest(task).state == "waiting"
    assert video_of(task).external_id is None
    work(task)
    assert video_of(task).external_id == videos(heygen)[0]["id"]
    assert len(videos(heygen)) == 1


def test_a_submission_that_never_arrived_is_repeated_once_it_cannot_arrive_any_more(
    heygen: Sandbox, task: Task
) -> None:
    heygen.fail("heygen", "commit", "drop")
    work(task)
    work(task)
    assert videos(heygen) == []
    heygen.advance(200)
    work(task)
    assert len(videos(heygen)) == 1


def test_a_refused_submission_is_no_open_question(heygen: Sandbox, task: Task, workspace_id: UUID) -> None:
    heygen.set(heygen_wallet_usd=0.0)
    assert not work(task).success
    failed = newest(task)
    assert (failed.state, (failed.error or {})["code"]) == ("error", "avatar_credits")
    assert video_of(task).submitting_at is None
    assert charged(workspace_id) == (0, 0)


def test_a_video_that_fails_at_heygen_is_submitted_anew_by_a_retry(
    heygen: Sandbox, task: Task, workspace_id: UUID
) -> None:
    heygen.set(heygen_failure_code="MOVIO_PAYMENT_INSUFFICIENT_CREDIT")
    work(task)
    heygen.advance(RENDERED_SECONDS)
    assert len(poll()) == 1
    assert not work(task).success
    failed = newest(task)
    assert (failed.error or {})["code"] == "avatar_credits"
    assert charged(workspace_id) == (0, 0)
    heygen.set(heygen_failure_code=None)
    with transaction() as session:
        avatar_videos.retry(session, session.get_one(Task, failed.id))
    work(task)
    heygen.advance(RENDERED_SECONDS)
    assert len(poll()) == 1
    assert work(task).success
    assert newest(task).state == "done"
    assert len(videos(heygen)) == 2


def test_a_video_that_takes_too_long_is_looked_at_again_by_a_retry(
    heygen: Sandbox, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "avatar_deadline_seconds", 60.0)
    work(task)
    heygen.advance(61)
    assert not work(task).success
    failed = newest(task)
    assert (failed.error or {})["code"] == "avatar_slow"
    heygen.advance(RENDERED_SECONDS)
    with transaction() as session:
        avatar_videos.retry(session, session.get_one(Task, failed.id))
    assert work(task).success
    assert newest(task).state == "done"
    assert len(videos(heygen)) == 1


def test_a_video_in_heygens_queue_is_not_late_before_the_longest_queue(
    heygen: Sandbox, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "avatar_deadline_seconds", 60.0)
    monkeypatch.setattr(heygen_render, "LONGEST_QUEUE", timedelta(seconds=100))
    for _ in range(SLOTS):
        customer.create(heygen)
    work(task)
    heygen.advance(61)
    assert work(task).success
    assert (newest(task).state, newest(task).not_before) == ("waiting", video_of(task).waits_until)
    heygen.advance(61)
    assert not work(task).success
    assert (newest(task).error or {})["code"] == "avatar_slow"


def test_the_deadline_begins_when_heygen_does(heygen: Sandbox, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(SLOTS):
        customer.create(heygen)
    work(task)
    heygen.advance(60)
    poll()
    queued = video_of(task).waits_until
    assert queued
    assert queued > now() + timedelta(seconds=settings().avatar_deadline_seconds - 30)
    monkeypatch.setattr(heygen_render, "LONGEST_QUEUE", timedelta())
    heygen.advance(60)
    poll()
    assert video_of(task).waits_until == queued


def test_a_canceled_video_costs_nothing(heygen: Sandbox, task: Task, workspace_id: UUID) -> None:
    work(task)
    with transaction() as session:
        cancellation.cancel(session, session.get_one(Task, task.id))
    assert charged(workspace_id) == (0, 0)


def test_a_finished_video_is_billed_once_however_often_it_is_made(
    heygen: Sandbox, task: Task, workspace_id: UUID
) -> None:
    work(task)
    heygen.advance(RENDERED_SECONDS)
    poll()
    work(task)
    before = charged(workspace_id)
    assert execute(task.partition_key).success
    assert charged(workspace_id) == before
    assert len(videos(heygen)) == 1


def test_captions_are_burned_in_below_the_face(captioned: Task, tmp_path: Path) -> None:
    video = video_of(captioned)
    assert video.words
    assert " ".join(word.text for word in video.words) == SCRIPT
    keys = (avatar_videos.object_key(video, "heygen.mp4"), str(video.output_key))
    original, shown = (frame_of(key, tmp_path) for key in keys)
    assert original.shape == shown.shape
    changed = np.abs(shown - original).max(axis=(1, 2)) > 60
    rows = np.flatnonzero(changed) / len(changed)
    assert len(rows) > 50
    assert rows.min() > CHIN
    assert rows.max() <= safe_zone.SAFE_BOTTOM / safe_zone.HEIGHT


@pytest.mark.nightly
def test_a_captioned_video_is_made_again_without_asking_heygen(
    heygen: Sandbox, captioned: Task, workspace_id: UUID
) -> None:
    asked, before = heygen_requests(heygen), charged(workspace_id)
    assert before[0] > 0
    assert execute(captioned.partition_key).success
    assert heygen_requests(heygen) == asked
    assert charged(workspace_id) == before


@pytest.mark.nightly
def test_captions_that_could_not_be_burned_in_are_by_a_later_run_of_the_same_video(
    heygen: Sandbox, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = request(workspace_id, avatar_id=some_avatar())
    with monkeypatch.context() as patch:
        patch.setattr(settings(), "ffmpeg", "/nowhere/ffmpeg")
        finish_at_heygen(heygen, task)
        work(task)
    assert newest(task).state == "waiting"
    assert charged(workspace_id)[0] == 0
    asked = heygen_requests(heygen)
    work(task)
    assert newest(task).state == "done"
    assert heygen_requests(heygen) == asked


def test_a_video_without_captions_is_examined_once(
    heygen: Sandbox, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    examined: list[Path] = []
    probe = untrusted.probe
    monkeypatch.setattr(untrusted, "probe", lambda path: (examined.append(path), probe(path))[1])
    finish_at_heygen(heygen, task)
    assert newest(task).state == "done"
    assert len(examined) == 1


@pytest.mark.nightly
@pytest.mark.parametrize("captions", [True, False])
def test_a_video_that_came_damaged_is_not_stored_and_a_retry_copies_it_again(
    heygen: Sandbox, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch, captions: bool
) -> None:
    task = request(workspace_id, avatar_id=some_avatar(), captions=captions)
    with monkeypatch.context() as patch:
        patch.setattr(RunContext, "fetch", lambda _run, _url, target, **_: target.write_bytes(b"damaged"))
        finish_at_heygen(heygen, task)
        work(task)
    failed = newest(task)
    assert (failed.state, (failed.error or {})["code"]) == ("error", "render_unplayable")
    assert charged(workspace_id)[0] == 0
    folder = avatar_videos.object_key(video_of(task), "")
    assert not [key for key in storage.keys_below(folder) if key.endswith(".mp4")]
    with transaction() as session:
        again = avatar_videos.retry(session, session.get_one(Task, failed.id))
    for _ in range(3):
        work(again)
    assert newest(again).state == "done"
    assert len(videos(heygen)) == 1, "HeyGen made it once"


@pytest.fixture
def captioned(heygen: Sandbox, workspace_id: UUID) -> Task:
    """A task of a video with captions, done."""
    task = request(workspace_id, avatar_id=some_avatar())
    finish_at_heygen(heygen, task)
    assert newest(task).lane == "media"
    assert work(task).success
    assert newest(task).state == "done"
    return task


def finish_at_heygen(heygen: Sandbox, task: Task) -> None:
    """Execute the runs until the one that has copied the video from HeyGen."""
    work(task)
    heygen.advance(RENDERED_SECONDS)
    assert len(poll()) == 1
    work(task)


def heygen_requests(heygen: Sandbox) -> int:
    return len([request for request in heygen.requests() if "heygen" in str(request)])


def frame_of(key: str, folder: Path) -> NDArray[np.int16]:
    """A frame of a stored video, one second after its start."""
    storage.fetch(key, folder / "video.mp4")
    with open_media(folder / "video.mp4") as container:
        frame = next(frame for frame in container.decode(video=0) if (frame.time or 0) >= 1)
        return frame.to_ndarray(format="rgb24").astype(np.int16)


def test_an_event_makes_the_next_poll_due_once(heygen: Sandbox, task: Task) -> None:
    work(task)
    delivery = signed_event(str(video_of(task).external_id), "evt_1")
    receive(*delivery)
    assert is_due(task)
    poll()
    receive(*delivery)
    assert not is_due(task)


def is_due(task: Task) -> bool:
    poll_at = video_of(task).poll_at
    return poll_at is not None and poll_at <= now()


def receive(body: bytes, headers: Mapping[str, str]) -> None:
    with transaction() as session:
        heygen_events.receive(session, body, headers)


def test_an_event_that_is_not_signed_is_refused(heygen: Sandbox, task: Task) -> None:
    body, headers = signed_event("video", "evt_2")
    with pytest.raises(Unauthorized):
        receive(body + b" ", headers)


def signed_event(video_id: str, event_id: str) -> tuple[bytes, dict[str, str]]:
    """A delivery as HeyGen signs it."""
    body = json.dumps({"event_type": "avatar_video.success", "event_data": {"video_id": video_id}}).encode()
    return body, {
        "Heygen-Signature": hmac.new(CALLBACK_SECRET.encode(), body, hashlib.sha256).hexdigest(),
        "Heygen-Timestamp": str(int(now().timestamp())),
        "Heygen-Event-Id": event_id,
    }
