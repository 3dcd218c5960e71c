"""Background tasks of responses that launch and cancel Dagster runs, in threads of their own."""

from api.limits.concurrency.thread_pools import LAUNCHES
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import dagster_client


async def launch_runs(*to_launch: Task) -> None:
    """Start the runs of accepted tasks. What Dagster does not take now, `start_unattended_tasks` starts."""
    await LAUNCHES.run(dagster_client.launch_runs, *to_launch)


async def cancel_runs(*canceled: Task) -> None:
    """End the runs of canceled tasks. One that is not reached ends by itself when it begins."""
    await LAUNCHES.run(dagster_client.cancel_runs, *canceled)
