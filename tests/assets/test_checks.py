"""Asset checks: per partition, with what was measured, and executed alone on what is stored."""

import logging
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import dagster as dg
import pytest

from content_pipeline.core.captions import burn_ins
from content_pipeline.core.errors import Unavailable
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media.karaoke_captions import Style
from content_pipeline.core.media.probe import probe
from content_pipeline.core.media.timed_words import Segment, Word
from content_pipeline.core.models import Caption, Reel
from content_pipeline.definitions import definitions
from tests import avatar_videos
from tests.asset_runs import execute_job, metadata_of
from tests.caption_requests import request_captions
from tests.check_runs import execute_checks, found, materialize
from tests.core.publishing import posting
from tests.factories import make_twin
from tests.media import samples

pytestmark = pytest.mark.usefixtures("database")

REEL_CHECKS = ("length", "loudness", "playable", "size")
GRAPH = definitions.resolve_asset_graph()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def tall(tmp_path: Path) -> Path:
    options = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac")
    return samples.video(tmp_path / "tall.mp4", *options, size="1080x1920", rate="30", seconds=1)


def make_reel(workspace_id: UUID, file: Path | None) -> Reel:
    with transaction() as session:
        reel = posting.make_reel(session, make_twin(session, workspace_id))
        reel.media = probe(file) if file else None
        if file:
            storage.put(str(reel.output_key), file, content_type="video/mp4")
        return reel


@pytest.fixture
def reel(workspace_id: UUID, tall: Path, tmp_path: Path) -> Reel:
    with posting.stage(workspace_id, tmp_path):
        return make_reel(workspace_id, tall)


def test_every_check_of_what_has_keys_of_rows_is_per_partition() -> None:
    shared = [
        key.to_user_string()
        for key in GRAPH.asset_check_keys
        if isinstance(GRAPH.get(key.asset_key).partitions_def, dg.DynamicPartitionsDefinition)
        and GRAPH.get(key).partitions_def != GRAPH.get(key.asset_key).partitions_def
    ]
    assert shared == []


@pytest.mark.slow
def test_checks_are_executed_alone_on_the_newest_video_and_recorded_as_its_own(
    instance: dg.DagsterInstance, reel: Reel
) -> None:
    key = f"2026-11-29-studio-{reel.id}"
    materialize(instance, "reel_video", f"2026-11-28-studio-{uuid4()}")
    materialize(instance, "reel_video", key)
    result = execute_checks(instance, "playable", "size", "length")
    assert result.success
    assert found(result) == {
        (name, partition): True for name in ("playable", "size", "length") for partition in (None, key)
    }
    states = instance.event_log_storage.get_asset_check_partition_info(
        [dg.AssetCheckKey(dg.AssetKey("reel_video"), "size")]
    )
    assert {state.partition_key: state.is_current for state in states}[key], "else its page shows it as not checked"
    size = next(check for check in result.get_asset_check_evaluations() if check.check_name == "size")
    assert metadata_of(size) == {
        "width": 1080, "required_width": 1080, "height": 1920, "required_height": 1920,
        "frames_per_second": 30.0, "least_frames_per_second": 23, "most_frames_per_second": 60, "partition": key,
    }  # fmt: skip


@pytest.mark.slow
def test_the_checks_of_a_reel_that_is_made_are_those_of_its_video_and_no_outputs_of_the_run(
    instance: dg.DagsterInstance, workspace_id: UUID
) -> None:
    with transaction() as session:
        reel = posting.make_reel(session, make_twin(session, workspace_id))
    key = f"2026-11-29-studio-{reel.id}"
    result = execute_job("reel", key, instance=instance)
    assert found(result) == {(name, key): True for name in REEL_CHECKS}
    states = instance.event_log_storage.get_asset_check_partition_info(
        [dg.AssetCheckKey(dg.AssetKey("reel_video"), name) for name in REEL_CHECKS]
    )
    assert [state.is_current for state in states] == [True] * len(REEL_CHECKS), "else its page shows no results"
    outputs = {event.step_output_data.output_name for event in result.all_node_events if event.is_successful_output}
    assert outputs == {"narration", "reel_video"}


@pytest.mark.slow
def test_a_check_is_executed_alone_on_a_partition(instance: dg.DagsterInstance, reel: Reel) -> None:
    key = f"2026-11-29-studio-{reel.id}"
    materialize(instance, "reel_video", key)
    result = execute_checks(instance, "loudness", partition=key)
    assert result.success
    (check,) = result.get_asset_check_evaluations()
    values = metadata_of(check)
    assert (check.partition, check.passed) == (key, False), "a tone is no speech at -14 LUFS"
    assert (values["lowest_loudness"], values["highest_loudness"]) == (-14.5, -13.5)
    assert values["loudness"] < -14.5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "code"), [("bytes", "not_media"), ("gone", "object_gone"), ("never rendered", "not_found")]
)
def test_a_video_that_cannot_be_read_fails_its_own_checks_and_the_run_ends_well(
    instance: dg.DagsterInstance, reel: Reel, damage: str, code: str, tmp_path: Path
) -> None:
    key = f"2026-11-29-studio-{reel.id}"
    materialize(instance, "reel_video", key)
    (broken := tmp_path / "broken.mp4").write_bytes(b"no video")
    match damage:
        case "bytes":
            storage.put(str(reel.output_key), broken, content_type="video/mp4")
        case "gone":
            storage.delete(str(reel.output_key))
        case _:
            with transaction() as session:
                session.get_one(Reel, reel.id).output_key = None
    result = execute_checks(instance, *REEL_CHECKS, partition=key)
    assert result.success
    assert found(result) == {(name, key): False for name in REEL_CHECKS}
    for check in result.get_asset_check_evaluations():
        assert check.description
        assert metadata_of(check)["code"] == code


@pytest.mark.slow
def test_a_bucket_that_does_not_answer_fails_the_run_and_no_check(
    instance: dg.DagsterInstance, reel: Reel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Unavailable("The object store does not answer.")

    key = f"2026-11-29-studio-{reel.id}"
    materialize(instance, "reel_video", key)
    monkeypatch.setattr(storage, "fetch", refuse)
    result = execute_checks(instance, "playable", partition=key)
    assert (result.success, found(result)) == (False, {})


def test_checks_of_an_asset_without_anything_find_nothing(instance: dg.DagsterInstance) -> None:
    result = execute_checks(instance, "playable")
    assert (result.success, found(result)) == (True, {})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asset", "job"),
    [
        ("reel_video", "reels"),
        ("captions", "captions"),
        ("burned_in_video", "burn_ins"),
        ("avatar_video", "avatar_videos"),
        ("publication", "publications"),
        ("analytics_export", "analytics_exports"),
    ],
)
def test_checks_of_a_row_that_was_deleted_say_so(
    instance: dg.DagsterInstance, database: None, asset: str, job: str
) -> None:
    key = f"2026-11-29-studio-{uuid4()}"
    materialize(instance, asset, key, job=job)
    names = [check.name for check in GRAPH.asset_check_keys if check.asset_key == dg.AssetKey(asset)]
    result = execute_checks(instance, *names, asset=asset, job=job)
    assert (result.success, found(result)) == (True, {})
    assert warnings(instance, result) == [f"The row of {key} is deleted, so there is nothing to check."]


def warnings(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> list[str]:
    return [line.user_message for line in instance.all_logs(result.run_id) if line.level == logging.WARNING]


def test_every_check_can_be_executed_on_its_page() -> None:
    repository = definitions.get_repository_def()
    tied = [
        key.to_user_string()
        for key in GRAPH.asset_check_keys
        if not repository.assets_defs_by_key[key.asset_key].can_subset
    ]
    assert tied == [], "Dagster says of these: cannot execute without materializing"


def cue(start: float, end: float, text: str) -> Segment:
    return Segment(start, end, text, (Word(start, end, text),))


@pytest.mark.slow
def test_the_checks_of_captions_examine_the_stored_cues(
    instance: dg.DagsterInstance, workspace_id: UUID, tall: Path
) -> None:
    task = request_captions(workspace_id, tall)
    with transaction() as session:
        caption = session.get_one(Caption, UUID(task.key))
        caption.segments = (cue(0.1, 0.5, "Hi."), cue(0.4, 0.9, "So many characters in half a second."))
    names = ("in_order", "readable", "inside_the_recording")
    materialize(instance, "captions", task.partition_key, job="captions")
    result = execute_checks(instance, *names, asset="captions", job="captions")
    assert {name: passed for (name, key), passed in found(result).items() if key == task.partition_key} == {
        "in_order": False, "readable": False, "inside_the_recording": True
    }  # fmt: skip
    measured = {check.check_name: metadata_of(check) for check in result.get_asset_check_evaluations()}
    assert (measured["in_order"]["overlaps"], measured["readable"]["fastest_characters_a_second"]) == (1, 72.0)
    assert measured["inside_the_recording"]["last_cue_ends"] == 0.9


@pytest.mark.slow
def test_the_checks_of_a_burn_in_compare_the_stored_video_with_its_source(
    instance: dg.DagsterInstance, workspace_id: UUID, tmp_path: Path
) -> None:
    options = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac")
    source, longer = (samples.video(tmp_path / f"{seconds}.mp4", *options, seconds=seconds) for seconds in (1, 2))
    request = request_captions(workspace_id, source)
    with transaction() as session:
        caption = session.get_one(Caption, UUID(request.key))
        caption.segments = (cue(0.1, 0.5, "Hi."),)
        burned, task = burn_ins.create_with_task(session, caption, Style())
        burned.output_key = f"{workspace_id}/{burned.id}.mp4"
    storage.put(str(burned.output_key), longer, content_type="video/mp4")
    materialize(instance, "burned_in_video", task.partition_key, job="burn_ins")
    result = execute_checks(instance, "playable", "size", "length", asset="burned_in_video", job="burn_ins")
    assert {name: passed for (name, key), passed in found(result).items() if key == task.partition_key} == {
        "playable": True, "size": True, "length": False
    }  # fmt: skip


@pytest.mark.slow
def test_the_checks_of_an_avatar_measure_its_stored_video_and_its_mouth(
    instance: dg.DagsterInstance, workspace_id: UUID
) -> None:
    task = avatar_videos.request(workspace_id, script="Hello there.", captions=False)
    assert avatar_videos.work(task).success
    materialize(instance, "avatar_video", task.partition_key, job="avatar_videos")
    names = ("playable", "portrait", "length", "loudness", "mouth")
    result = execute_checks(instance, *names, asset="avatar_video", job="avatar_videos")
    assert {name for (name, key), passed in found(result).items() if passed and key == task.partition_key} == {*names}
    mouth = next(check for check in result.get_asset_check_evaluations() if check.check_name == "mouth")
    assert metadata_of(mouth)["onsets"] > 0
