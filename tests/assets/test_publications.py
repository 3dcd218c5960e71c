"""Publication assets: recorded metadata, and manual runs that post nothing."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import dagster as dg
import pytest

from content_pipeline.core.captions import burn_ins
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library.sources import Source
from content_pipeline.core.media.karaoke_captions import Style
from content_pipeline.core.models import Publication, Reel, Task, Twin
from content_pipeline.core.platforms.base import OutcomeUnknown, Refused
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import dagster_client, deferral, tasks
from tests.asset_runs import execute_job, metadata_of, recorded
from tests.check_runs import execute_checks, found, materialize
from tests.core.publishing import posting
from tests.core.publishing.faults import UNREACHABLE, Fault
from tests.core.publishing.posting import Stage, newest
from tests.factories import make_item, make_twin, make_upload
from tests.media import samples
from tests.rows_of_kinds import make_caption


@pytest.fixture
def stage(workspace_id: UUID, tmp_path: Path) -> Iterator[Stage]:
    with posting.stage(workspace_id, tmp_path) as stage:
        yield stage


def execute(key: str, **tags: str) -> tuple[dg.ExecuteInProcessResult, list[dg.AssetCheckEvaluation]]:
    result = execute_job("publication", key, lane="interactive", **tags)
    return result, result.get_asset_check_evaluations()


@pytest.mark.slow
def test_a_post_records_where_it_went_and_what_it_says(stage: Stage) -> None:
    account = stage.account()
    key = stage.post(account)
    result, (visible,) = execute(key, **dagster_client.task_tags(newest(key)))
    assert result.success
    (upload,) = stage.platform.committed
    made = recorded(result)
    assert (
        made["publication"].items()
        >= {
            "platform": posting.PLATFORM,
            "account": rf"[@mara\.bakes](/records/accounts/{account.id})",
            "text": "Look at this.",
            "post": f"https://platform.example.com/{upload}",
            "post_id": upload,
        }.items()
    )
    published_at = posting.publication(key).published_at
    assert published_at
    assert made["publication"]["published_at"] == published_at.timestamp()
    assert (visible.check_name, visible.passed, visible.partition) == ("visible", True, key)


@pytest.mark.slow
@pytest.mark.parametrize("shows", [True, False])
def test_a_platform_that_has_shown_a_post_is_not_asked_for_it_again(stage: Stage, shows: bool) -> None:
    key = stage.post(stage.account())
    stage.platform.shows = shows
    _, (visible,) = execute(key, **dagster_client.task_tags(newest(key)))
    assert visible.passed
    assert ("confirm" in stage.platform.calls) is not shows


@pytest.mark.slow
def test_a_post_leads_to_all_that_it_was_made_of_and_shows_its_picture(stage: Stage) -> None:
    key = stage.post(stage.account())
    with transaction() as session:
        publication = session.get_one(Publication, UUID(key))
        reel = session.get_one(Reel, publication.reel_id)
        twin = session.get_one(Twin, reel.twin_id)
        item = make_item(session, twin, title="Bread [rises](/x)", publication_id=publication.id)
        of_reel = reels.create_task(session, reel).partition_key
    with dg.DagsterInstance.ephemeral() as instance:
        picture = dg.MetadataValue.md("![thumbnail](/pictures/x.jpg)")
        instance.add_dynamic_partitions("reels", [of_reel])
        instance.report_runless_asset_event(
            dg.AssetMaterialization("reel_video", partition=of_reel, metadata={"thumbnail": picture})
        )
        tags = dagster_client.task_tags(newest(key))
        shown = execute_job("publication", key, lane="interactive", instance=instance, **tags)
    made = recorded(shown)["publication"]
    published_at = posting.publication(key).published_at
    assert published_at
    name = of_reel.replace("-", r"\-")
    assert made["thumbnail"] == picture.value
    assert made["reel_video"] == f"[{name}](/assets/reel_video?partition={of_reel})"
    assert made["narration"] == f"[{name}](/assets/narration?partition={of_reel})"
    assert made["twin"] == f"[Tech Creator](/records/twins/{twin.id})"
    assert made["calendar_item"] == rf"[Bread \[rises\]\(/x\)](/records/calendar_items/{item.id})"
    assert made["metrics"].endswith(f"](/assets/daily_metrics?partition={published_at:%Y-%m-%d})")
    assert made["readings"].endswith(f"](/assets/metric_snapshots/{posting.PLATFORM})")


@pytest.mark.slow
def test_a_post_of_a_reel_whose_key_was_retired_leads_to_the_row_of_the_reel(stage: Stage) -> None:
    key = stage.post(stage.account())
    with transaction() as session:
        reel = session.get_one(Reel, posting.publication(key).reel_id)
        reels.create_task(session, reel)
    result, _ = execute(key, **dagster_client.task_tags(newest(key)))
    made = recorded(result)["publication"]
    assert made["reel_video"] == made["narration"]
    assert made["narration"].endswith(f"](/records/reels/{reel.id})")


@pytest.mark.slow
def test_a_post_of_a_burn_in_that_was_asked_for_with_its_captions_leads_to_it_and_shows_its_picture(
    stage: Stage, workspace_id: UUID, tmp_path: Path
) -> None:
    with transaction() as session:
        caption = make_caption(session, make_twin(session, workspace_id))
        burned = burn_ins.create(session, caption, Style(), with_caption=True)
        task = tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(caption.id), lane="media")
        tasks.mark_processing(session, task.kind, task.key)
        deferral.switch_subject(session, task.id, kind=burn_ins.KIND, key=str(burned.id), lane="media")
        burned.output_key = f"{workspace_id}/captions/{caption.id}/burn_ins/{burned.id}.mp4"
    with transaction() as session:
        of_burn_in = session.get_one(Task, task.id).partition_key
    storage.put(burned.output_key, samples.video(tmp_path / "burned.mp4", seconds=1), content_type="video/mp4")
    key = stage.post(stage.account(), source=Source(burned))
    picture = dg.MetadataValue.md("![thumbnail](/pictures/x.jpg)")
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("burn_ins", [of_burn_in])
        instance.report_runless_asset_event(
            dg.AssetMaterialization("burned_in_video", partition=of_burn_in, metadata={"thumbnail": picture})
        )
        tags = dagster_client.task_tags(newest(key))
        shown = execute_job("publication", key, lane="interactive", instance=instance, **tags)
    made = recorded(shown)["publication"]
    assert made["burned_in_video"].endswith(f"](/assets/burned_in_video?partition={of_burn_in})")
    assert made["thumbnail"] == picture.value


@pytest.mark.slow
def test_a_post_of_a_clients_video_shows_its_first_frame_also_after_the_platform_has_processed_it(
    stage: Stage, workspace_id: UUID, tmp_path: Path
) -> None:
    video = samples.video(tmp_path / "holiday.mp4", seconds=1)
    with transaction() as session:
        upload = make_upload(session, workspace_id)
    storage.put(upload.file_key, video, content_type="video/mp4")
    stage.platform.processing_seconds = {"prepare": 600}
    key = stage.post(stage.account(), source=Source(upload))
    stage.run(key)
    assert newest(key).state == "waiting"
    stage.platform.processing_seconds = {}
    result, _ = execute(key, **dagster_client.task_tags(newest(key)))
    assert re.fullmatch(
        r"!\[thumbnail\]\(/pictures/[0-9a-f]{16}/\S+\.jpg\)", recorded(result)["publication"]["thumbnail"]
    )


@pytest.mark.slow
def test_a_run_whose_post_waits_for_its_platform_ends_well(stage: Stage) -> None:
    stage.platform.processing_seconds = {"prepare": 600}
    key = stage.post(stage.account())
    result, checks = execute(key, **dagster_client.task_tags(newest(key)))
    assert newest(key).state == "waiting"
    assert (result.success, checks) == (True, [])


@pytest.mark.slow
def test_a_post_that_its_platform_does_not_show_yet_is_marked(stage: Stage) -> None:
    stage.platform.faults = {"confirm": [Fault(Refused("It was taken down."))]}
    key = stage.post(stage.account())
    result, (visible,) = execute(key, **dagster_client.task_tags(newest(key)))
    assert (result.success, visible.passed, visible.severity) == (True, False, dg.AssetCheckSeverity.WARN)


@pytest.mark.slow
def test_a_run_by_hand_looks_at_what_is_published_and_posts_nothing_else(stage: Stage) -> None:
    account = stage.account()
    out, canceled = stage.post(account), stage.post(account)
    stage.run_to_end(out)
    posting.cancel(canceled)
    result, _ = execute(out)
    assert result.success
    assert set(recorded(result)) == {"publication_upload", "publication"}
    result, _ = execute(canceled)
    assert not result.success
    assert not recorded(result)
    assert "content-pipeline tasks retry ID" in str([event.event_specific_data for event in result.all_events])
    assert len(stage.platform.posted) == 1


@pytest.mark.slow
def test_why_a_post_failed_is_said_in_the_run_and_its_secrets_are_not(stage: Stage) -> None:
    stage.platform.faults = {"commit": [Fault(Refused("Nobody may hear this.", remedy="Take another."))]}
    key = stage.post(stage.account())
    result, _ = execute(key, **dagster_client.task_tags(newest(key)))
    assert not result.success
    assert newest(key).state == "error"
    told = str([event.to_json() if hasattr(event, "to_json") else str(event) for event in result.all_events])
    assert "Nobody may hear this. Take another." in told
    assert "secret" not in told


@pytest.fixture
def post(stage: Stage, instance: dg.DagsterInstance) -> str:
    """The id of a post that is out, and the newest one materialized."""
    key = stage.post(stage.account())
    assert stage.run_to_end(key).state == "done"
    materialize(instance, "publication", partition_of(key), job="publications")
    stage.platform.calls.clear()
    return key


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def partition_of(post: str) -> str:
    return newest(post).partition_key


def execute_visible(instance: dg.DagsterInstance, partition: str | None = None) -> dg.ExecuteInProcessResult:
    return execute_checks(instance, "visible", asset="publication", job="publications", partition=partition)


def visible(result: dg.ExecuteInProcessResult, post: str) -> tuple[bool, dg.AssetCheckSeverity, dict[str, object]]:
    """Whether the check of a post has passed, how grave it is, and what was measured."""
    (own,) = [check for check in result.get_asset_check_evaluations() if check.partition == partition_of(post)]
    values = metadata_of(own)
    assert values.pop("required_posts_visible") == 1
    return own.passed, own.severity, values


@pytest.mark.slow
def test_the_check_of_a_post_asks_its_platform_again_and_posts_nothing(
    instance: dg.DagsterInstance, stage: Stage, post: str
) -> None:
    result = execute_visible(instance)
    assert result.success
    assert visible(result, post)[::2] == (True, {"posts_visible": 1})
    assert (stage.platform.calls, len(stage.platform.posted)) == (["confirm"], 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Refused("It was taken down for its music."), "It was taken down for its music."),
        (OutcomeUnknown("The video is not on the channel any more."), "The video is not on the channel any more."),
    ],
)
def test_a_post_that_its_platform_does_not_show_any_more_fails_its_check_with_the_reason(
    instance: dg.DagsterInstance, stage: Stage, post: str, error: Exception, reason: str
) -> None:
    stage.platform.faults = {"confirm": [Fault(error)]}
    result = execute_visible(instance)
    assert result.success
    assert visible(result, post) == (False, dg.AssetCheckSeverity.WARN, {"posts_visible": 0, "reason": reason})


@pytest.mark.slow
def test_a_platform_that_does_not_answer_says_nothing_of_a_post(
    instance: dg.DagsterInstance, stage: Stage, post: str
) -> None:
    stage.platform.faults = {"confirm": [Fault(UNREACHABLE)]}
    result = execute_visible(instance)
    assert (result.success, found(result)) == (False, {})


@pytest.mark.slow
@pytest.mark.parametrize(("column", "reason"), [("published_at", "not published"), ("removed_at", "taken down")])
def test_a_platform_is_not_asked_about_a_post_that_cannot_be_there(
    instance: dg.DagsterInstance, stage: Stage, post: str, column: str, reason: str
) -> None:
    with transaction() as session:
        setattr(session.get_one(Publication, UUID(post)), column, None if column == "published_at" else now())
    result = execute_visible(instance, partition_of(post))
    passed, _, values = visible(result, post)
    assert (passed, reason in str(values["reason"]), stage.platform.calls) == (False, True, [])
