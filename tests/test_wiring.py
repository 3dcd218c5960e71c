"""Wiring: what Dagster loads, imports that the API must not have, and GraphQL documents that fit the schema."""

import json
import subprocess
import sys

import pytest
from dagster._daemon.sensor import MIN_INTERVAL_LOOP_TIME as ROUND_SECONDS
from graphql import parse, validate

from content_pipeline import partitions
from content_pipeline.assets.retention import FREQUENT_JOBS
from content_pipeline.core.tasks import dagster_client, dagster_health, kinds
from content_pipeline.definitions import definitions

# Libraries of 8 to 60 MB that processes which only answer and plan never need.
HEAVY = {"faster_whisper", "onnxruntime", "matplotlib", "pandas", "pyarrow", "scipy", "fontTools", "mcp"}


def in_a_fresh_interpreter(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.slow
def test_the_api_and_the_core_load_without_dagster() -> None:
    """The API first, as in production: a cycle of imports may show only there."""
    code = f"""
import importlib, sys
for package in ("api.main", "content_pipeline.core.reels.reels", "content_pipeline.core.operations.task_handlers"):
    importlib.import_module(package)
    print({HEAVY | {"dagster", "celery"}} & set(sys.modules))
"""
    assert in_a_fresh_interpreter(code).splitlines() == ["set()"] * 3


@pytest.mark.slow
def test_the_voices_and_the_definitions_load_in_a_fresh_interpreter_without_heavy_libraries() -> None:
    code = f"""
import sys
from content_pipeline.definitions import definitions
from content_pipeline.core.speech import voice_selection
assert voice_selection.installed_voices()
print({HEAVY} & set(sys.modules))
print(len(definitions.resolve_all_job_defs()))
"""
    heavy, job_count = in_a_fresh_interpreter(code).splitlines()
    assert heavy == "set()"
    assert int(job_count) >= len(kinds.jobs())


@pytest.mark.slow
def test_what_dagster_runs_logs_an_error_without_its_values() -> None:
    code = """
import structlog
import content_pipeline.definitions
def look(token):
    raise ValueError("It broke.")
try:
    look("hunter" + "2")
except ValueError:
    structlog.get_logger().exception("poll_broken")
"""
    (line,) = in_a_fresh_interpreter(code).splitlines()
    assert json.loads(line)["event"] == "poll_broken"
    assert "It broke." in line
    assert "hunter2" not in line


def test_no_sensor_misses_a_round_because_its_interval_is_that_of_dagsters_rounds() -> None:
    intervals = {sensor.name: sensor.minimum_interval_seconds or 0 for sensor in definitions.sensors or []}
    unfit = [name for name, seconds in intervals.items() if ROUND_SECONDS <= seconds < 2 * ROUND_SECONDS]
    assert unfit == []


def test_dagster_runs_just_this() -> None:
    graph = definitions.resolve_asset_graph()
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == {
        "transcript",
        "captions",
        "burned_in_video",
        "narration",
        "reel_video",
        "avatar_submission",
        "avatar_video",
        "content_calendar",
        "scheduled_video",
        "heygen_account",
        "publication_upload",
        "publication",
        "webhook_deliveries",
        "metric_snapshots/instagram",
        "metric_snapshots/linkedin",
        "metric_snapshots/tiktok",
        "metric_snapshots/youtube",
        "stated_figures",
        "daily_metrics",
        "metrics_dataset",
        "current_metrics",
        "analytics_export",
        "workspace_export",
        "retired_records",
        "swept_storage",
    }
    assert {sensor.name for sensor in definitions.sensors or []} == {
        "start_unattended_tasks",
        "ingest_csv_inbox",
        "render_scheduled_videos",
        "publish_scheduled_content",
        "prepare_scheduled_posts",
        "copy_scheduled_videos",
        "poll_platforms",
        "poll_avatar_renders",
        "observe_heygen_account",
        "refresh_expiring_tokens",
        "forget_deleted_memories",
        "deliver_webhooks",
        "read_new_accounts",
        "record_stated_figures",
        "report_failures",
        "derive_metrics",
    }
    assert {job.name for job in definitions.jobs or []} == {
        *kinds.jobs().values(),
        "webhooks",
        "metric_snapshots",
        "retire_records",
        "sweep_storage",
        "retry_task",
    }
    assert {schedule.name for schedule in definitions.schedules or []} == {
        "read_metrics",
        "retire_old_records",
        "sweep_old_storage",
    }
    assert {f"{key.asset_key.to_user_string()}:{key.name}" for key in graph.asset_check_keys} == {
        "captions:in_order",
        "captions:readable",
        "captions:inside_the_recording",
        "burned_in_video:playable",
        "burned_in_video:size",
        "burned_in_video:length",
        "reel_video:playable",
        "reel_video:size",
        "reel_video:length",
        "reel_video:loudness",
        "avatar_video:playable",
        "avatar_video:portrait",
        "avatar_video:length",
        "avatar_video:loudness",
        "avatar_video:mouth",
        "publication:visible",
        *(
            f"metric_snapshots/{platform}:{check}"
            for platform in ("instagram", "linkedin", "tiktok", "youtube")
            for check in ("accounts_read", "totals_never_fall", "row_counts")
        ),
        "daily_metrics:row_counts",
        "daily_metrics:views_unusual",
        "metrics_dataset:row_counts",
        "current_metrics:no_gaps",
        "analytics_export:complete",
    }


def test_the_runs_that_are_kept_for_a_week_only_are_of_jobs_that_there_are() -> None:
    assert set(FREQUENT_JOBS) <= {job.name for job in definitions.resolve_all_job_defs()}


@pytest.mark.parametrize("kind", [kind for kind in kinds.KINDS.values() if kind.job])
def test_every_kind_of_task_has_its_job_and_its_keys(kind: kinds.Kind) -> None:
    assert definitions.resolve_job_def(kind.job).partitions_def is partitions.keys_of(kind)


@pytest.mark.parametrize(
    "document",
    [
        dagster_client.launch_document(2),
        dagster_client.LIVE_RUNS,
        dagster_client.TERMINATE,
        dagster_health.HEALTH,
        dagster_health.AUTOMATION,
    ],
)
def test_what_we_ask_dagster_fits_its_schema(document: str) -> None:
    from dagster_graphql.schema import create_schema

    assert validate(create_schema().graphql_schema, parse(document)) == []
