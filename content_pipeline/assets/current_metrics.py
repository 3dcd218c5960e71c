"""Asset `current_metrics`: unpartitioned; carries the freshness policy and the gap check of the metrics sync.

A freshness policy on `metric_snapshots` would be kept by a back-fill too, because it looks at the latest
materialization of any partition.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import dagster as dg

from content_pipeline.assets.analytics import GROUP, UPDATED_SINCE_REQUESTED, snapshots_of
from content_pipeline.assets.analytics_checks import of_windows
from content_pipeline.assets.checks import has_checks_only, record_stored, selected
from content_pipeline.assets.claims import claimed
from content_pipeline.assets.owners import ANALYTICS
from content_pipeline.core.analytics import quality, windows
from content_pipeline.core.analytics.windows import Window
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.engine.step import Results

# A window is to be read within an hour of its end.
FRESHNESS: Final = dg.FreshnessPolicy.cron(deadline_cron="0 1,7,13,19 * * *", lower_bound_delta=timedelta(hours=1))


@dg.multi_asset(
    name="find_gaps",
    specs=[
        dg.AssetSpec(
            "current_metrics",
            deps=[snapshots_of(name) for name in PLATFORMS],
            group_name=GROUP,
            skippable=True,
            kinds={"postgres"},
            owners=ANALYTICS,
            freshness_policy=FRESHNESS,
            automation_condition=UPDATED_SINCE_REQUESTED & ~dg.AutomationCondition.in_progress(),
            description="The newest window was read: of at least one platform, if there are accounts. A back-fill of"
            " older windows changes nothing in that, so that the freshness of this asset is that of the schedule.",
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            "no_gaps",
            asset="current_metrics",
            description="Every platform that has connected accounts was read in every window of the last two weeks.",
        )
    ],
    can_subset=True,
)
def current_metrics(context: dg.AssetExecutionContext) -> Results:
    if has_checks_only(context):
        record_stored(context, [of_windows(_missing())])
        return
    yield from claimed(context, "current_metrics", lambda: _look(context))


def _missing() -> Sequence[tuple[str, Window]]:
    with autocommit() as session:
        return quality.missing_windows(session, now())


def _look(context: dg.AssetExecutionContext) -> Results:
    latest, missing = windows.latest_complete(now()), _missing()
    checks = list(selected(context, [of_windows(missing)]))
    with autocommit() as session:
        platforms = quality.connected_platforms(session, latest.end)
    unread = [platform for platform, window in missing if window == latest]
    if platforms and len(unread) == len(platforms):
        yield from checks
        return
    yield dg.MaterializeResult(
        asset_key="current_metrics",
        metadata={
            "window": f"{latest.start:%Y-%m-%d-%H:%M}",
            "platforms": len(platforms),
            "platforms_unread": len(unread),
            "windows_missing": len(missing),
        },
        check_results=checks,
    )
