"""One job per kind of task: it materializes all assets that are partitioned by the kind's keys, without run config.

Beside them the jobs that are no tasks: delivering webhook events, and reading the platforms' figures.
"""

from collections.abc import Sequence
from typing import Final

import dagster as dg

from content_pipeline import assets, partitions
from content_pipeline.assets.analytics import metric_snapshots
from content_pipeline.assets.webhooks import webhook_deliveries
from content_pipeline.core.tasks import dagster_client
from content_pipeline.core.tasks.kinds import KINDS, Kind

ASSETS: Final = dg.load_assets_from_package_module(assets, include_specs=True)


def assets_of(kind: Kind, among: Sequence[object] = ASSETS) -> dg.AssetSelection:
    """The selection of those of these assets that are partitioned by the kind's keys."""
    own = partitions.keys_of(kind)
    return dg.AssetSelection.assets(
        *(asset for asset in among if isinstance(asset, dg.AssetsDefinition) and asset.partitions_def == own)
    )


JOBS: Final = {
    kind.name: dg.define_asset_job(kind.job, selection=assets_of(kind), description=kind.description)
    for kind in KINDS.values()
    if kind.job
}

WEBHOOKS: Final = dg.define_asset_job(
    "webhooks",
    selection=dg.AssetSelection.assets(webhook_deliveries),
    tags=dagster_client.lane_tags("io", is_single=True),
    description="Deliver the webhook events that are due.",
)

METRICS: Final = dg.define_asset_job(
    "metric_snapshots",
    selection=dg.AssetSelection.assets(metric_snapshots),
    tags=dagster_client.lane_tags("io", is_single=False),
    description="Read the figures of all accounts from the platforms.",
)
