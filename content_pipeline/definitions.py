"""The index of everything Dagster runs."""

import dagster as dg

from content_pipeline import jobs
from content_pipeline.assets import burn_ins, captions, reels
from content_pipeline.sensors import calendar, drops, retention, tasks

definitions = dg.Definitions(
    assets=dg.load_assets_from_modules([captions, burn_ins, reels]),
    jobs=jobs.JOBS,
    sensors=[
        tasks.start_unattended_tasks,
        calendar.publish_scheduled_content,
        drops.accept_dropped_csv_files,
        retention.retire_old_work,
    ],
    # Runs live in warm Celery workers, whose processes may have no children of their own.
    executor=dg.in_process_executor,
)
