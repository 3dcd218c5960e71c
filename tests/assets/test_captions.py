"""Caption assets: no run overwrites what a person has edited."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import dagster as dg
import pytest
from sqlalchemy.orm import undefer

from content_pipeline.core.captions import burn_ins, captions, stored_cues
from content_pipeline.core.errors import MediaUnusable
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media import cue_segmentation, video
from content_pipeline.core.media.glossary import GlossaryEntry
from content_pipeline.core.media.karaoke_captions import Style
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.models import Caption, Task
from content_pipeline.core.speech.recognition import transcription
from content_pipeline.core.speech.recognition.transcription import Transcript
from content_pipeline.core.tasks import dagster_client, tasks
from tests.asset_runs import execute_job, execute_task, recorded
from tests.caption_requests import request_captions
from tests.factories import make_account, make_item, make_publication, make_twin
from tests.media import samples

HEARD = Transcript("en", 3.0, (Word(0.5, 1.0, "Hello"), Word(1.1, 1.6, "there.")), 0.97)
HEARD_ANEW = Transcript("de", 3.0, (Word(0.5, 1.0, "Hallo"), Word(1.1, 1.6, "Bär.")), 0.88)
EDIT = (0.5, 1.6, "Hello, bear.")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return samples.video(tmp_path_factory.mktemp("recordings") / "clip.mp4")


@pytest.fixture
def whisper(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets what the model hears next, and what happens while it listens."""

    def hears(transcript: Transcript, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        def transcribe(*_: Any, **__: Any) -> Transcript:
            meanwhile()
            return transcript

        monkeypatch.setattr(transcription, "transcribe", transcribe)

    return hears


@pytest.fixture
def task(workspace_id: UUID, recording: Path, whisper: Callable[..., None]) -> Task:
    """The task of captions that are done."""
    task = request_captions(workspace_id, recording)
    whisper(HEARD)
    assert work(task).success
    assert shown(task) == ["Hello there."]
    return task


def work(task: Task) -> dg.ExecuteInProcessResult:
    """The next run of a task."""
    return execute_task(task)


def row(task: Task) -> Caption:
    with transaction() as session:
        return session.get_one(Caption, UUID(task.key), options=[undefer("*")])


def shown(task: Task) -> list[str]:
    return [cue.text for cue in stored_cues.segments(row(task))]


def edit(task: Task) -> None:
    with transaction() as session:
        captions.edit(captions.get(session, task.workspace_id, UUID(task.key), lock=True), [EDIT])


@pytest.mark.slow
def test_a_re_run_makes_captions_anew_that_nobody_has_edited(task: Task, whisper: Callable[..., None]) -> None:
    whisper(HEARD_ANEW)
    made = recorded(execute_job("caption", task.partition_key))
    assert shown(task) == ["Hallo Bär."]
    assert (made["transcript"]["edited"], made["captions"]["edited"]) == (False, False)
    assert made["transcript"]["language_probability"] == row(task).language_probability == 0.88


@pytest.mark.slow
def test_words_cues_and_burn_in_lead_to_twin_item_post_and_row(task: Task) -> None:
    with transaction() as session:
        caption = session.get_one(Caption, UUID(task.key))
        burned, _ = burn_ins.create_with_task(session, caption, Style())
        twin = make_twin(session, task.workspace_id)
        item = make_item(session, twin, title="Bread")
        item.caption_id, item.burn_in_id = caption.id, burned.id
        account = make_account(session, task.workspace_id)
        post = make_publication(session, account.id, burn_in_id=burned.id, reel_url=None)
    made = recorded(execute_job("caption", task.partition_key)) | recorded(execute_job("burn_in", str(burned.id)))
    for shown in (made["transcript"], made["captions"], made["burned_in_video"]):
        assert shown["twin"] == f"[Tech Creator](/records/twins/{twin.id})"
        assert shown["calendar_item"] == f"[Bread](/records/calendar_items/{item.id})"
    for asset in ("transcript", "captions"):
        assert made[asset]["row"].endswith(f"](/records/captions/{caption.id})")
    assert made["burned_in_video"]["row"].endswith(f"](/records/burn_ins/{burned.id})")
    assert made["burned_in_video"]["publication"].endswith(f"](/records/publications/{post.id})")


@pytest.mark.slow
def test_a_re_run_leaves_edited_captions_alone_and_says_so(task: Task, whisper: Callable[..., None]) -> None:
    edit(task)
    before = row(task)
    whisper(HEARD_ANEW)
    result = execute_job("caption", task.partition_key)
    made = recorded(result)
    assert result.success
    assert (made["transcript"]["edited"], made["captions"]["edited"]) == (True, True)
    assert "Hello, bear." in made["captions"]["subtitles"]
    assert "model" not in made["transcript"]
    after = row(task)
    assert (after.segments, after.edited_at) == (before.segments, before.edited_at)
    assert (after.words, after.spoken_language) == (HEARD.words, "en")
    assert all(check.passed for check in result.get_asset_check_evaluations())


@pytest.mark.slow
def test_a_back_fill_of_the_cues_alone_leaves_an_edit_alone(task: Task) -> None:
    edit(task)
    made = recorded(execute_job("caption", task.partition_key, assets=["captions"]))
    assert made["captions"]["edited"]
    assert shown(task) == ["Hello, bear."]


@pytest.mark.slow
def test_an_edit_while_the_recording_is_transcribed_is_kept(task: Task, whisper: Callable[..., None]) -> None:
    whisper(HEARD_ANEW, meanwhile=lambda: edit(task))
    made = recorded(execute_job("caption", task.partition_key))
    assert (made["transcript"]["edited"], made["captions"]["edited"]) == (True, True)
    assert shown(task) == ["Hello, bear."]
    assert (row(task).words, row(task).spoken_language) == (HEARD.words, "en")


def set_row(task: Task, **columns: Any) -> None:
    with transaction() as session:
        caption = session.get_one(Caption, UUID(task.key))
        for name, value in columns.items():
            setattr(caption, name, value)


@pytest.mark.slow
def test_a_known_text_is_shown_in_place_of_what_is_heard_and_edits_of_it_stay(
    task: Task, whisper: Callable[..., None]
) -> None:
    set_row(task, known_text="“Hello”,\nthere…")
    assert execute_job("caption", task.partition_key).success
    assert shown(task) == ["“Hello”, there…"]
    assert [word.end for word in row(task).words] == [word.end for word in HEARD.words]
    edit(task)
    assert execute_job("caption", task.partition_key).success
    assert shown(task) == ["Hello, bear."]


def test_a_known_text_that_is_not_spoken_ends_the_task_with_an_error_and_no_times(
    workspace_id: UUID, recording: Path, whisper: Callable[..., None]
) -> None:
    task = request_captions(workspace_id, recording, language="en", known_text="Goodbye, my friends.")
    whisper(HEARD)
    assert not work(task).success
    with transaction() as session:
        ended = session.get_one(Task, task.id)
    assert (ended.state, ended.error and ended.error["code"]) == ("error", "text_mismatch")
    assert (row(task).words, row(task).segments) == (None, None)


@pytest.mark.slow
def test_terms_replace_what_is_heard_instead_of_them(task: Task, whisper: Callable[..., None]) -> None:
    set_row(task, glossary=(GlossaryEntry("Yellow Bear", ("hallo bär", "hello there")),))
    assert execute_job("caption", task.partition_key).success
    assert shown(task) == ["Yellow Bear."]
    assert (row(task).words[0].start, row(task).words[-1].end) == (0.5, 1.6)


@pytest.mark.slow
def test_an_edit_while_the_cues_are_made_is_kept(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    def segment_during_an_edit(*arguments: Any, **options: Any) -> Any:
        edit(task)
        return segment(*arguments, **options)

    segment = cue_segmentation.segment
    monkeypatch.setattr(cue_segmentation, "segment", segment_during_an_edit)
    made = recorded(execute_job("caption", task.partition_key))
    assert (made["transcript"]["edited"], made["captions"]["edited"]) == (False, True)
    assert shown(task) == ["Hello, bear."]


@pytest.mark.slow
def test_a_retry_of_the_clients_task_keeps_an_edit_too(task: Task, whisper: Callable[..., None]) -> None:
    with transaction() as session:  # a task that failed, whose captions an operator has made by a re-run
        failed = session.get_one(Task, task.id)
        failed.state, failed.error = "error", MediaUnusable("Unreadable.").to_dict()
    edit(task)
    with transaction() as session:
        again = tasks.retry(session, session.get_one(Task, task.id))
    whisper(HEARD_ANEW)
    assert recorded(work(again))["captions"]["edited"]
    assert shown(task) == ["Hello, bear."]
    with transaction() as session:
        assert session.get_one(Task, again.id).state == "done"


@pytest.mark.slow
def test_captions_that_are_made_again_after_their_burn_in_failed_go_on_with_it_for_the_client(
    workspace_id: UUID, recording: Path, whisper: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise MediaUnusable("Unreadable.")

    task = request_captions(workspace_id, recording, burn_in=True)
    whisper(HEARD)
    assert go_on(task).success
    with monkeypatch.context() as patch:
        patch.setattr(video, "burn_in", fail)
        assert not go_on(task).success
    failed = newest(task)
    assert (failed.id, failed.state, failed.subject_kind) == (task.id, "error", "burn_in")
    whisper(HEARD_ANEW)
    assert execute_job("caption", task.partition_key).success
    assert go_on(task).success
    again = newest(task)
    assert (again.retry_of, again.state, again.partition_key) == (task.id, "done", failed.partition_key)
    assert shown(task) == ["Hallo Bär."]


def newest(task: Task) -> Task:
    with transaction() as session:
        return tasks.newest(session, task.kind, task.key)


def go_on(task: Task) -> dg.ExecuteInProcessResult:
    """The next run of the newest task of a row, on whichever row it is now."""
    present = newest(task)
    return execute_job(
        present.subject_kind, present.partition_key, lane=str(present.lane), **dagster_client.task_tags(present)
    )


@pytest.mark.slow
def test_a_burn_in_that_is_made_again_draws_the_edited_cues(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def burn_in(folder: Path, *arguments: Any, **options: Any) -> None:
        drawn.append((folder / video.CAPTIONS).read_text())
        real(folder, *arguments, **options)

    real = video.burn_in
    monkeypatch.setattr(video, "burn_in", burn_in)
    with transaction() as session:
        burned, _ = burn_ins.create_with_task(session, session.get_one(Caption, UUID(task.key)), Style())
    first = recorded(execute_job("burn_in", str(burned.id)))["burned_in_video"]
    edit(task)
    second = recorded(execute_job("burn_in", str(burned.id)))["burned_in_video"]
    assert (first["edited"], second["edited"]) == (False, True)
    assert re.fullmatch(r"!\[thumbnail\]\(/pictures/[0-9a-f]{16}/\S+\.jpg\)", second["thumbnail"])
    assert ["bear" in document for document in drawn] == [False, True]


@pytest.mark.slow
def test_a_file_of_ours_is_captioned_and_drawn_into_and_is_not_needed_again(
    workspace_id: UUID, recording: Path, tmp_path: Path, whisper: Callable[..., None]
) -> None:
    ours, other = (f"{workspace_id}/uploads/{name}" for name in ("recording", "video"))
    storage.put(ours, recording, content_type="video/mp4")
    storage.put(other, samples.video(tmp_path / "tall.mp4", size="180x320", seconds=2), content_type="video/mp4")
    with transaction() as session:
        _, task = captions.create_with_task(
            session, workspace_id=workspace_id, source_url=storage.uri(ours), language="auto", burn_in=False
        )
    whisper(HEARD)
    assert work(task).success
    with transaction() as session:
        caption = session.get_one(Caption, UUID(task.key))
        burned = [
            burn_ins.create_with_task(session, caption, Style(), source_url=source)[0]
            for source in (storage.uri(other), None)
        ]
    storage.delete(ours)
    found = [
        recorded(execute_job("burn_in", str(row.id), lane="interactive"))["burned_in_video"]["size"] for row in burned
    ]
    assert found == ["180×320", "320×180"]
    storage.delete(other)
    assert execute_job("burn_in", str(burned[0].id)).success, "it has a copy of its own"
    with transaction() as session:
        _, task = burn_ins.create_with_task(session, caption, Style(), source_url=storage.uri(other))
    assert not execute_task(task).success
    with transaction() as session:
        assert (session.get_one(Task, task.id).error or {})["code"] == "source_deleted"
