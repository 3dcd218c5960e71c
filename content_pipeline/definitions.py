"""Dagster definitions: all assets, jobs, schedules and sensors."""

import dagster as dg

from content_pipeline import jobs, schedules
from content_pipeline.core.infrastructure import logs
from content_pipeline.sensors import (
    alerts,
    analytics,
    avatars,
    calendar,
    csv_inbox,
    memories,
    publications,
    tasks,
    tokens,
    webhooks,
)

logs.configure()

definitions = dg.Definitions(
    assets=jobs.ASSETS,
    jobs=[
        *jobs.JOBS.values(),
        jobs.WEBHOOKS,
        jobs.METRICS,
        jobs.RETIRE_RECORDS,
        jobs.SWEEP_STORAGE,
        jobs.retry_task,
    ],
    schedules=[schedules.READ_METRICS, schedules.RETIRE_RECORDS, schedules.SWEEP_STORAGE],
    sensors=[
        tasks.start_unattended_tasks,
        calendar.render_scheduled_videos,
        calendar.publish_scheduled_content,
        calendar.copy_scheduled_videos,
        calendar.prepare_scheduled_posts,
        publications.poll_platforms,
        avatars.poll_avatar_renders,
        avatars.observe_heygen_account,
        csv_inbox.ingest_csv_inbox,
        tokens.refresh_expiring_tokens,
        memories.forget_deleted_memories,
        webhooks.deliver_webhooks,
        analytics.read_new_accounts,
        analytics.record_stated_figures,
        alerts.report_failures,
        schedules.DERIVE_METRICS,
    ],
    # Runs execute in warm Celery workers, whose daemonic processes cannot have child processes.
    executor=dg.in_process_executor,
)
