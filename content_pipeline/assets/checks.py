"""Asset checks of partitions: declared per partition, evaluated with what was made, or alone on what is stored."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationTargetMaterializationData
from sqlalchemy.exc import NoResultFound

from content_pipeline import partitions
from content_pipeline.core.errors import Conflict, MediaUnusable, NotFound, NotMedia
from content_pipeline.core.tasks import scratch
from content_pipeline.core.tasks.kinds import Kind
from content_pipeline.core.tasks.partition_keys import row_id

# These errors are faults of the file or row that is checked. Other errors, such as a bucket that does not answer, say
# nothing about it and fail the run.
_FAULTS = (MediaUnusable, NotMedia, NotFound, Conflict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. Dagster plots the numbers of `values` over the executions of the check."""

    passed: bool
    values: Mapping[str, float | int | str]
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR


Checks = Mapping[str, Callable[[], Finding]]


def check_specs(asset: str, kind: Kind, descriptions: Mapping[str, str]) -> list[dg.AssetCheckSpec]:
    """Checks of an asset by name. They are per partition: one bad file makes no check of another one red."""
    keys = partitions.keys_of(kind)
    return [
        dg.AssetCheckSpec(name, asset=asset, description=text, partitions_def=keys)
        for name, text in descriptions.items()
    ]


def evaluate(context: dg.AssetExecutionContext, asset: str, checks: Checks) -> None:
    """Record the results of the asset's selected checks, after the step has yielded its materialization.

    A result that a step yields is an output of it, too, and Dagster reads the materialization again for each: the four
    of a reel took a sixth of what its run costs beside the render (decision 0060).
    """
    if results := list(_results(context, asset, checks)):
        made = _newest_materialization(context, key := dg.AssetKey(asset))
        assert made
        for result in results:
            context.log_event(_evaluation(key, result, made, made.partition_key))


def _results(context: dg.AssetExecutionContext, asset: str, checks: Checks) -> Iterator[dg.AssetCheckResult]:
    for name, check in checks.items():
        if dg.AssetCheckKey(dg.AssetKey(asset), name) in context.selected_asset_check_keys:
            yield _result(asset, name, check)


def _result(asset: str, name: str, check: Callable[[], Finding]) -> dg.AssetCheckResult:
    try:
        found = check()
    except _FAULTS as error:
        return dg.AssetCheckResult(
            asset_key=asset,
            check_name=name,
            passed=False,
            description=error.detail,
            metadata={"code": error.code, "remedy": error.remedy},
        )
    return dg.AssetCheckResult(
        asset_key=asset, check_name=name, passed=found.passed, severity=found.severity, metadata=dict(found.values)
    )


def has_checks_only(context: dg.AssetExecutionContext) -> bool:
    """Whether a run is to execute checks and to make nothing: that of "Execute" on the page of a check."""
    return not context.selected_asset_keys


def selected(
    context: dg.AssetExecutionContext, results: Iterable[dg.AssetCheckResult]
) -> Iterator[dg.AssetCheckResult]:
    """Those of the results whose checks the run has selected; their assets are named."""
    for result in results:
        assert result.asset_key
        assert result.check_name
        key = dg.AssetCheckKey(dg.AssetKey.from_coercible(result.asset_key), result.check_name)
        if key in context.selected_asset_check_keys:
            yield result


def evaluate_stored(
    context: dg.AssetExecutionContext, asset: str, checks_of: Callable[[str, Path], Checks]
) -> Iterator[dg.AssetCheckResult]:
    """The results of the selected checks of what is stored; `checks_of` gets the row's id and a folder for files.

    "Execute" sends no partition: then it is the newest one that was materialized, whose own record the result becomes
    too. Nothing is claimed, since nothing is changed.
    """
    newest = None if context.has_partition_key else _newest_materialization(context, dg.AssetKey(asset))
    if newest is None and not context.has_partition_key:
        context.log.warning(f"Nothing of {asset} is materialized, so there is nothing to check.")
        return
    partition = newest.partition_key if newest else context.partition_key
    assert partition
    with scratch.folder(context.run.run_id) as folder:
        try:
            checks = checks_of(row_id(partition), folder)
        except NoResultFound:  # its key goes within a quarter of an hour
            context.log.warning(f"The row of {partition} is deleted, so there is nothing to check.")
            return
        for result in _results(context, asset, checks):
            if newest is None:
                yield result
                continue
            yield result.with_metadata({**(result.metadata or {}), "partition": partition})
            context.log_event(_evaluation(dg.AssetKey(asset), result, newest, partition))


def record_stored(context: dg.AssetExecutionContext, results: Iterable[dg.AssetCheckResult]) -> None:
    """Record those of the results whose checks the run has selected; of checks that are not per partition.

    As events: a blocking check that fails fails the run that yields its result, which is told as an alert. Executed
    alone it has found what it looks for.
    """
    for result in selected(context, results):
        assert result.asset_key
        asset = dg.AssetKey.from_coercible(result.asset_key)
        checked = _newest_materialization(context, asset)
        context.log_event(_evaluation(asset, result, checked, partition=None))


def _newest_materialization(context: dg.AssetExecutionContext, asset: dg.AssetKey) -> dg.EventLogRecord | None:
    """Of the run's partition; of all where it has none."""
    keys = [context.partition_key] if context.has_partition_key else None
    wanted = dg.AssetRecordsFilter(asset, asset_partitions=keys)
    return next(iter(context.instance.fetch_materializations(wanted, limit=1).records), None)


def _evaluation(
    asset: dg.AssetKey, result: dg.AssetCheckResult, checked: dg.EventLogRecord | None, partition: str | None
) -> dg.AssetCheckEvaluation:
    assert result.check_name
    return dg.AssetCheckEvaluation(
        asset_key=asset,
        check_name=result.check_name,
        passed=result.passed,
        severity=result.severity,
        description=result.description,
        metadata=result.metadata,
        partition=partition,
        # Without this Dagster takes the result for that of an older video, and shows the partition as not checked.
        target_materialization_data=AssetCheckEvaluationTargetMaterializationData(
            storage_id=checked.storage_id, run_id=checked.run_id, timestamp=checked.timestamp
        )
        if checked
        else None,
    )
