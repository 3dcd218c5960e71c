"""Assets `metric_snapshots/<platform>`, read from the platforms' APIs, and `daily_metrics`, derived from them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any, Final

import dagster as dg

from content_pipeline import partitions
from content_pipeline.core.analytics import sync
from content_pipeline.core.analytics.sync import Outcome
from content_pipeline.core.analytics.windows import Window
from content_pipeline.core.database import transaction
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.tasks import executions, tasks
from content_pipeline.core.tasks.executions import Stopped

GROUP: Final = "analytics"

# Not `eager()`: at 00:05 that derives the new, empty day, and loses the last window of the day before. Not
# `since_last_handled()`: that forgets a window that is read while its day is derived (tests/assets/test_analytics.py).
_UPDATED: Final = dg.AutomationCondition.any_deps_updated()
WHEN_READ: Final = (
    _UPDATED.since(dg.AutomationCondition.newly_requested() & ~_UPDATED)
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
)

Results = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]


def snapshots_of(platform: str) -> dg.AssetKey:
    return dg.AssetKey(["metric_snapshots", platform])


@dg.multi_asset(
    name="read_metrics",
    specs=[
        dg.AssetSpec(
            snapshots_of(spec.name),
            deps=["publication"],
            group_name=GROUP,
            skippable=True,
            kinds={"http", "postgres"},
            description=f"The figures of all {spec.label} accounts and their posts, read at the end of the window. For"
            " a window of the past only what the platform still says about its days: totals are never dated back.",
        )
        for spec in PLATFORMS.values()
    ],
    check_specs=[
        dg.AssetCheckSpec("accounts_read", asset=snapshots_of(name), description="Every account could be read.")
        for name in PLATFORMS
    ],
    partitions_def=partitions.WINDOWS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    can_subset=True,
)
def metric_snapshots(context: dg.AssetExecutionContext) -> Results:
    platforms = [name for name in PLATFORMS if snapshots_of(name) in context.selected_asset_keys]
    windows = [Window(partitions.WINDOWS.time_window_for_partition_key(key).start) for key in context.partition_keys]
    yield from _claimed(context, "+".join(platforms), lambda: _read(context, platforms, windows))


def _claimed(context: dg.AssetExecutionContext, what: str, body: Any) -> Results:
    """The results of `body` as the only run that works on these partitions of `what`."""
    keys = context.partition_keys
    try:
        if not executions.claim(context.run.run_id, tasks.subject(what, f"{keys[0]}…{keys[-1]}")):
            context.log.warning("Another run is working on this; nothing done.")
            return
        yield from body()
    except Stopped as error:
        raise dg.DagsterExecutionInterruptedError from error


def _read(context: dg.AssetExecutionContext, platforms: Sequence[str], windows: Sequence[Window]) -> Results:
    unread = []
    for platform in platforms:
        outcomes = sync.sync_platform(partial(executions.fenced, context.run.run_id), platform, windows)
        failed = [outcome for outcome in outcomes if outcome.error]
        if outcomes and len(failed) == len(outcomes):
            unread.append(PLATFORMS[platform].label)
            continue
        yield _snapshots(platform, outcomes, failed)
    if unread:  # the others are materialized already
        raise dg.Failure(f"No account of {', '.join(unread)} could be read.", allow_retries=False)


def _snapshots(platform: str, outcomes: Sequence[Outcome], failed: Sequence[Outcome]) -> dg.MaterializeResult[Any]:
    reasons = Counter(f"{outcome.error.code}: {outcome.error.detail}" for outcome in failed if outcome.error)
    return dg.MaterializeResult(
        asset_key=snapshots_of(platform),
        metadata={
            "accounts": len(outcomes),
            "accounts_failed": len(failed),
            "posts_read": sum(outcome.posts_read for outcome in outcomes),
        },
        check_results=[
            dg.AssetCheckResult(
                asset_key=snapshots_of(platform),
                check_name="accounts_read",
                passed=not failed,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"accounts_failed": len(failed), "reasons": dict(reasons)},
            )
        ],
    )


stated_figures = dg.AssetSpec(
    "stated_figures",
    group_name=GROUP,
    kinds={"postgres"},
    partitions_def=partitions.DAYS,
    description="Figures that operators have sent, of days of which a platform tells nothing.",
)


@dg.asset(
    deps=[
        stated_figures,
        *(
            dg.AssetDep(
                snapshots_of(name),
                partition_mapping=dg.TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True),
            )
            for name in PLATFORMS
        ),
    ],
    group_name=GROUP,
    kinds={"pandas", "postgres"},
    output_required=False,
    partitions_def=partitions.DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    automation_condition=WHEN_READ,
    description="The figures of each account and each post by UTC day: what the platform says of the day, or the growth"
    " of totals between readings.",
)
def daily_metrics(context: dg.AssetExecutionContext) -> Results:
    yield from _claimed(context, "daily_metrics", lambda: _derive(context))


def _derive(context: dg.AssetExecutionContext) -> Results:
    # pandas takes 33 MB, in every worker: only those load it that derive.
    from content_pipeline.core.analytics import daily, daily_inputs

    keys = context.partition_keys
    first, last = date.fromisoformat(keys[0]), date.fromisoformat(keys[-1])
    with transaction() as session:
        accounts = daily_inputs.changed_accounts(session, first, last)
    written = 0
    for account_id in accounts:
        with executions.fenced(context.run.run_id) as session:
            written += daily.derive(session, account_id, first, last)
    yield dg.MaterializeResult(metadata={"accounts": len(accounts), "days_written": written})
