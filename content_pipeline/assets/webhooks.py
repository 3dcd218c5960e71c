"""Asset `webhook_deliveries`: each run sends what is due to the webhooks of all workspaces."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import dagster as dg

from content_pipeline.assets.owners import PLATFORM
from content_pipeline.core.tasks import leases, tasks
from content_pipeline.core.tasks.leases import Stopped
from content_pipeline.core.webhooks import dispatcher
from content_pipeline.engine.step import interruption_of

SUBJECT = tasks.subject("webhooks", "due")


@dg.asset(
    group_name="webhooks",
    kinds={"postgres"},
    owners=PLATFORM,
    output_required=False,
    description="Events delivered to webhooks. A run sends all that are due; which ones, the API lists per webhook.",
)
def webhook_deliveries(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
    run_id = context.run.run_id
    try:
        if not leases.claim(run_id, SUBJECT):
            context.log.warning("Another run is delivering; nothing done.")
            return
        outcomes = dispatcher.deliver_due(partial(leases.fenced, run_id))
    except (Stopped, dg.DagsterExecutionInterruptedError) as error:
        raise interruption_of(run_id) from error
    yield dg.MaterializeResult(metadata={"accepted": outcomes["accepted"], "refused": outcomes["refused"]})
