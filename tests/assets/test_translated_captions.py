"""Caption assets with a translation or without fillers: lanes, what an interrupted translation keeps, edits."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import dagster as dg
import pytest
from sqlalchemy.orm import undefer

from content_pipeline.core.captions import captions, stored_cues, translation
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.models import Caption, Task
from content_pipeline.core.speech.recognition import transcription
from content_pipeline.core.speech.recognition.transcription import Transcript
from tests.asset_runs import execute_job, execute_task, recorded
from tests.caption_requests import request_captions
from tests.language_model import LanguageModel, language_model
from tests.media import samples

__all__ = ["language_model"]

HEARD = Transcript(
    "de",
    3.0,
    (Word(0.3, 0.5, "Ähm,"), Word(0.5, 0.9, "guten"), Word(1.0, 1.6, "Abend."), Word(1.7, 2.6, "Danke.")),
    0.9,
)


class Whisper:
    """Stands in for the speech model: what it hears, and how it was called."""

    def __init__(self) -> None:
        self.hears = HEARD
        self.calls: list[dict[str, Any]] = []

    def transcribe(self, *_: Any, **options: Any) -> Transcript:
        self.calls.append(options)
        return self.hears


@pytest.fixture
def whisper(monkeypatch: pytest.MonkeyPatch) -> Whisper:
    whisper = Whisper()
    monkeypatch.setattr(transcription, "transcribe", whisper.transcribe)
    return whisper


@pytest.fixture
def cues_of_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is one cue."""
    monkeypatch.setattr(translation, "CUES_A_REQUEST", 1)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return samples.audio(tmp_path_factory.mktemp("recordings") / "clip.mp3", seconds=3)


@pytest.fixture
def requested(workspace_id: UUID, recording: Path, whisper: Whisper) -> Callable[..., Task]:
    def request(**options: Any) -> Task:
        return request_captions(workspace_id, recording, **options)

    return request


def reload(task: Task) -> Task:
    with transaction() as session:
        return session.get_one(Task, task.id)


def row(task: Task) -> Caption:
    with transaction() as session:
        return session.get_one(Caption, UUID(task.key), options=[undefer("*")])


def shown(task: Task) -> str:
    return " ".join(cue.text for cue in stored_cues.segments(row(task)))


def translations(*texts: str) -> str:
    return json.dumps({"cues": [{"number": number, "text": text} for number, text in enumerate(texts, 1)]})


def finish(task: Task) -> dg.ExecuteInProcessResult:
    """The runs of a task that is to be translated: one that listens, and one in the io lane."""
    assert execute_task(task).success
    assert (reload(task).state, reload(task).lane, row(task).translated) == ("waiting", "io", ())
    return execute_task(reload(task))


@pytest.mark.slow
def test_fillers_are_left_out_of_cues_and_words(requested, whisper: Whisper) -> None:
    made = recorded(execute_task(task := requested(remove_fillers=True)))
    assert shown(task) == "Guten Abend. Danke."
    assert [word.text for cue in stored_cues.segments(row(task)) for word in cue.words] == ["Guten", "Abend.", "Danke."]
    assert made["captions"]["fillers_removed"] == 1
    assert row(task).words == HEARD.words
    assert not whisper.calls[0]["into_english"]


def test_english_is_translated_by_the_speech_model(requested, whisper: Whisper) -> None:
    whisper.hears = Transcript("de", 3.0, (Word(0.5, 0.9, "Good"), Word(1.0, 1.6, "evening.")), 0.9)
    execute_task(task := requested(translate_to="en"))
    assert (shown(task), reload(task).state) == ("Good evening.", "done")
    assert whisper.calls[0]["into_english"]
    assert (row(task).spoken_language, row(task).text_language) == ("de", "en")


@pytest.mark.slow
def test_other_languages_are_translated_in_the_io_lane_without_listening_again(
    requested, whisper: Whisper, language_model: LanguageModel
) -> None:
    language_model.will_answer(translations("Bonsoir.", "Merci."))
    task = requested(translate_to="fr", remove_fillers=True)
    made = recorded(finish(task))
    assert (shown(task), reload(task).state) == ("Bonsoir. Merci.", "done")
    asked = json.loads(language_model.asked()[0][1]["content"])["cues"]
    assert [cue["text"] for cue in asked] == ["Guten Abend.", "Danke."]
    assert len(whisper.calls) == 1
    assert "model" not in made["transcript"]
    assert made["captions"]["language"] == "fr"
    assert (row(task).spoken_language, row(task).text_language, row(task).translated) == ("de", "fr", None)
    assert captions.document(row(task), "srt").endswith("\nMerci.\n\n")


@pytest.mark.slow
def test_a_translation_that_was_interrupted_goes_on_where_it_was(
    requested, whisper: Whisper, language_model: LanguageModel, cues_of_one_sentence: None
) -> None:
    whisper.hears = Transcript("de", 3.0, (Word(0.0, 1.0, "Abend."), Word(1.6, 2.9, "Danke.")), 0.9)
    language_model.will_answer(translations("Bonsoir."))
    language_model.will_answer(status=429, headers={"Retry-After": "7"})
    task = requested(translate_to="fr")
    result = finish(task)
    assert [cue.text for cue in row(task).translated] == ["Bonsoir."]
    assert (reload(task).state, reload(task).attempt) == ("waiting", 1)
    language_model.will_answer(translations("Merci."))
    assert execute_task(reload(task)).success
    assert (shown(task), reload(task).state, len(whisper.calls)) == ("Bonsoir. Merci.", "done", 1)
    assert [len(asked) for asked in language_model.asked()] == [2, 2, 2]
    assert "Abend" not in str([event.message for event in result.all_events])


@pytest.mark.slow
def test_a_text_that_the_model_does_not_shorten_is_shown_in_the_gap_behind_it(
    requested, whisper: Whisper, language_model: LanguageModel, cues_of_one_sentence: None
) -> None:
    whisper.hears = Transcript("de", 3.0, (Word(0.0, 0.4, "Abend."), Word(2.4, 2.9, "Danke.")), 0.9)
    long = "Bonsoir à vous toutes et à tous."
    for _ in range(3):
        language_model.will_answer(translations(long))
    language_model.will_answer(translations("Merci."))
    finish(task := requested(translate_to="fr"))
    assert [(cue.text, cue.start) for cue in row(task).segments] == [(long, 0.0), ("Merci.", 2.4)]
    assert row(task).segments[0].end == pytest.approx(len(long) / 20)


@pytest.mark.slow
def test_no_run_translates_what_a_person_has_edited(requested, language_model: LanguageModel) -> None:
    language_model.will_answer(translations("Bonsoir.", "Merci."))
    finish(task := requested(translate_to="fr"))
    with transaction() as session:
        captions.edit(captions.get(session, task.workspace_id, UUID(task.key), lock=True), [(0.5, 2.5, "Salut.")])
    assert execute_job("caption", task.partition_key).success
    assert (shown(task), len(language_model.asked())) == ("Salut.", 1)


@pytest.mark.slow
def test_a_re_run_by_key_translates_anew(requested, whisper: Whisper, language_model: LanguageModel) -> None:
    language_model.will_answer(translations("Bonsoir.", "Merci."))
    finish(task := requested(translate_to="fr"))
    language_model.will_answer(translations("Bonne soirée.", "Merci."))
    assert execute_job("caption", task.partition_key).success
    assert (shown(task), len(whisper.calls)) == ("Bonne soirée. Merci.", 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("heard", "target", "text"),
    [
        (HEARD, "de-AT", "Ähm, guten Abend. Danke."),
        (Transcript("zh", 3.0, (Word(0.5, 2.0, "谢谢", False),), 0.9), "zh-TW", "謝謝"),
        (Transcript(None, 3.0, ()), "fr", ""),
    ],
)
def test_nothing_is_translated_into_the_language_that_is_spoken(
    requested, whisper: Whisper, language_model: LanguageModel, heard: Transcript, target: str, text: str
) -> None:
    whisper.hears = heard
    execute_task(task := requested(translate_to=target))
    assert (shown(task), reload(task).state, language_model.asked()) == (text, "done", [])


@pytest.mark.slow
def test_a_burn_in_follows_in_the_lane_of_the_recording(requested, language_model: LanguageModel) -> None:
    language_model.will_answer(translations("Bonsoir.", "Merci."))
    task = requested(translate_to="fr", burn_in=True)
    finish(task)
    assert (reload(task).subject_kind, reload(task).state, reload(task).lane) == ("burn_in", "waiting", "interactive")


@pytest.mark.slow
def test_an_unusable_translation_ends_the_task_and_a_retry_goes_on(requested, language_model: LanguageModel) -> None:
    task = requested(translate_to="fr")
    for _ in range(3):
        language_model.will_answer("No.")
    finish(task)
    assert (reload(task).state, reload(task).error["code"]) == ("error", "translation_unusable")
