"""Mutual exclusion of runs: an asset's partitions are materialized by one run at a time."""

from collections.abc import Callable

import dagster as dg

from content_pipeline.core.tasks import leases, tasks
from content_pipeline.core.tasks.leases import Stopped
from content_pipeline.engine.step import Results, interruption_of


def claimed(context: dg.AssetExecutionContext, what: str, body: Callable[[], Results]) -> Results:
    """The results of `body`; none where another live run works on the same range of partitions of `what`.

    For assets that are partitioned by time, or not at all: rows with tasks go through `engine/step.py`.
    """
    keys = context.partition_keys if context.assets_def.partitions_def else ["all"]
    try:
        if not leases.claim(context.run.run_id, tasks.subject(what, f"{keys[0]}…{keys[-1]}")):
            context.log.warning("Another run is working on this; nothing done.")
            return
        yield from body()
    except (Stopped, dg.DagsterExecutionInterruptedError) as error:
        raise interruption_of(context.run.run_id) from error
