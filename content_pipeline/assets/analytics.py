"""Assets `metric_snapshots/<platform>`, read from the platforms' APIs, and `daily_metrics`, derived from them."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets import analytics_checks
from content_pipeline.assets.checks import has_checks_only, record_stored, selected
from content_pipeline.assets.claims import claimed
from content_pipeline.assets.column_schemas import schema_of
from content_pipeline.assets.metrics_pictures import first_shown_day, pictured
from content_pipeline.assets.owners import ANALYTICS
from content_pipeline.assets.post_observations import observe_posts
from content_pipeline.core.analytics import overview, quality, sync, windows
from content_pipeline.core.analytics.sync import Outcome
from content_pipeline.core.analytics.windows import Window
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.models import DailyMetric, DailyPostMetric, MetricSnapshot, ReportedDay
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.tasks import leases
from content_pipeline.engine.step import Results

GROUP: Final = "analytics"
# A run that reads accounts for the first time. Its value is the platform.
NEW_ACCOUNTS_TAG: Final = "new_accounts"
# Metadata of `daily_metrics`.
FIRST_WRITTEN, LAST_WRITTEN = "first_day_written", "last_day_written"

# `eager()` would derive the new, empty day at 00:05, and lose the last window of the day before. `since_last_handled()`
# would forget a window that is read while its day is derived (tests/assets/test_analytics.py).
_UPDATED: Final = dg.AutomationCondition.any_deps_updated()
UPDATED_SINCE_REQUESTED: Final = _UPDATED.since(dg.AutomationCondition.newly_requested() & ~_UPDATED)
# Days are not derived while the newest reading of a platform fails a blocking check (`totals_never_fall`).
_IN_DOUBT: Final = dg.AutomationCondition.any_deps_match(
    dg.AutomationCondition.any_checks_match(dg.AutomationCondition.check_failed(), blocking_only=True)
)
WHEN_UPDATED: Final = (
    UPDATED_SINCE_REQUESTED
    & ~_IN_DOUBT
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
)


def snapshots_of(platform: str) -> dg.AssetKey:
    return dg.AssetKey(["metric_snapshots", platform])


@dg.multi_asset(
    name="read_metrics",
    specs=[
        dg.AssetSpec(
            snapshots_of(spec.name),
            deps=partitions.unmapped("publication"),
            group_name=GROUP,
            skippable=True,
            kinds={"http", "postgres"},
            owners=ANALYTICS,
            metadata=schema_of(MetricSnapshot, ReportedDay),
            description=f"The figures of all {spec.label} accounts and their posts, read at the end of the window, and"
            " after that of each account that is connected until the next one ends. For a window of the past only what"
            " the platform still says about its days: totals are never dated back.",
        )
        for spec in PLATFORMS.values()
    ],
    check_specs=[
        dg.AssetCheckSpec(check, asset=snapshots_of(name), blocking=check == "totals_never_fall", description=text)
        for name in PLATFORMS
        for check, text in (
            ("accounts_read", analytics_checks.ACCOUNTS_READ),
            ("totals_never_fall", analytics_checks.TOTALS_NEVER_FALL),
            ("row_counts", analytics_checks.ROWS_OF_READINGS),
        )
    ],
    partitions_def=partitions.WINDOWS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    can_subset=True,
)
def metric_snapshots(context: dg.AssetExecutionContext) -> Results:
    if has_checks_only(context):
        record_stored(context, _stored_checks())
        return
    platforms = [name for name in PLATFORMS if snapshots_of(name) in context.selected_asset_keys]
    asked = [Window(partitions.WINDOWS.time_window_for_partition_key(key).start) for key in context.partition_keys]
    yield from claimed(context, "+".join(platforms), lambda: _read(context, platforms, asked))


def _stored_checks() -> Iterator[dg.AssetCheckResult]:
    with autocommit() as session:
        for platform in PLATFORMS:
            yield from analytics_checks.of_stored_snapshots(session, snapshots_of(platform), platform)


def _read(context: dg.AssetExecutionContext, platforms: Sequence[str], asked: Sequence[Window]) -> Results:
    unread, only_new = [], NEW_ACCOUNTS_TAG in context.run.tags
    for platform in platforms:
        began, fenced = now(), partial(leases.fenced, context.run.run_id)
        outcomes = sync.sync_platform(fenced, platform, asked, only_unread=only_new)
        if outcomes and all(outcome.error for outcome in outcomes):
            unread.append(PLATFORMS[platform].label)
            continue
        observed = observe_posts(context, platform, began)
        yield _snapshots(context, platform, outcomes, began, observed, is_present=windows.is_present(asked, began))
    # The other platforms are materialized already. That no new account can be read says nothing of a platform.
    if unread and not only_new:
        raise dg.Failure(f"No account of {', '.join(unread)} could be read.", allow_retries=False)


def _snapshots(
    context: dg.AssetExecutionContext,
    platform: str,
    outcomes: Sequence[Outcome],
    began: datetime,
    observed: int,
    *,
    is_present: bool,
) -> dg.MaterializeResult[Any]:
    read = [outcome for outcome in outcomes if not outcome.error]
    posts = sum(outcome.posts_read for outcome in read)
    with autocommit() as session:
        # The check is always made on the newest window, so that a back-fill of earlier ones does not clear it.
        falls = quality.falls(session, platform, windows.latest_complete(began).end)
        stored = quality.count_readings(session, [outcome.account.id for outcome in read], began)
        followers = overview.sum_followers(session, platform)
        # Of all accounts, also where new ones only were read.
        errors = (
            quality.last_errors(session, platform) if is_present else [each.error for each in outcomes if each.error]
        )
    checks = analytics_checks.of_snapshots(
        snapshots_of(platform),
        errors,
        falls,
        read=posts + is_present * len(read),
        stored=stored,
    )
    return dg.MaterializeResult(
        asset_key=snapshots_of(platform),
        metadata={
            "accounts": len(outcomes),
            "accounts_failed": len(outcomes) - len(read),
            "posts_read": sum(outcome.posts_read for outcome in outcomes),
            "posts_observed": observed,
            **({} if followers is None else {"followers": followers}),
        },
        check_results=list(selected(context, checks)),
    )


stated_figures = dg.AssetSpec(
    "stated_figures",
    group_name=GROUP,
    kinds={"postgres"},
    owners=ANALYTICS,
    metadata=schema_of(ReportedDay),
    partitions_def=partitions.DAYS,
    description="Figures that operators have sent, of days of which a platform tells nothing.",
)


@dg.multi_asset(
    name="derive_days",
    specs=[
        dg.AssetSpec(
            "daily_metrics",
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
            skippable=True,
            kinds={"pandas", "postgres"},
            owners=ANALYTICS,
            metadata=schema_of(DailyMetric, DailyPostMetric),
            automation_condition=WHEN_UPDATED,
            description="The figures of each account and each post by UTC day: what the platform says of the day, or"
            " the growth of totals between readings.",
        )
    ],
    check_specs=[
        dg.AssetCheckSpec("row_counts", asset="daily_metrics", description=analytics_checks.ROWS_OF_DAYS),
        dg.AssetCheckSpec("views_unusual", asset="daily_metrics", description=analytics_checks.VIEWS_UNUSUAL),
    ],
    partitions_def=partitions.DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    can_subset=True,
)
def daily_metrics(context: dg.AssetExecutionContext) -> Results:
    if has_checks_only(context):
        with autocommit() as session:
            record_stored(context, analytics_checks.of_stored_days(session))
        return
    yield from claimed(context, "daily_metrics", lambda: _derive(context))


def _derive(context: dg.AssetExecutionContext) -> Results:
    # pandas takes 33 MB in every worker that loads it, so only workers that derive days load it.
    from content_pipeline.core.analytics import daily

    keys = context.partition_keys
    first, last = date.fromisoformat(keys[0]), date.fromisoformat(keys[-1])
    outcomes = daily.derive_changed(partial(leases.fenced, context.run.run_id), first, last)
    derived = [days for days in outcomes.values() if days]
    written = sum(days.rows for days in derived)
    over = min(last, now().date() - timedelta(days=1))
    with autocommit() as session:
        for day, totals in overview.totals_by_day(session, first, last).items():
            context.add_asset_metadata(totals, partition_key=day.isoformat())
        views = overview.list_views(
            session, min(analytics_checks.first_compared_day(over), first_shown_day(last)), last
        )
        missing = quality.count_missing_days(session, list(outcomes), first, last)
    yield dg.MaterializeResult(
        asset_key="daily_metrics",
        metadata={
            "accounts_derived": len(derived),
            "accounts_failed": len(outcomes) - len(derived),
            "days_written": written,
            # These days include earlier ones whose figures are settled by readings of these days: the dataset has to
            # write them too.
            FIRST_WRITTEN: min([first, *(days.first for days in derived)]).isoformat(),
            LAST_WRITTEN: max([last, *(days.last for days in derived)]).isoformat(),
            **pictured(views, last),
        },
        check_results=list(selected(context, analytics_checks.of_days(views, over, missing=missing, written=written))),
    )
