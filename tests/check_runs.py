"""Checks that are executed alone, as "Execute" on their pages does."""

from uuid import uuid4

import dagster as dg

from content_pipeline.core.tasks import leases
from content_pipeline.definitions import definitions


def execute_checks(
    instance: dg.DagsterInstance,
    *names: str,
    asset: str = "reel_video",
    job: str = "reels",
    partition: str | None = None,
) -> dg.ExecuteInProcessResult:
    """What "Execute" on the page of a check launches; with a partition, as by GraphQL."""
    keys = {dg.AssetCheckKey(dg.AssetKey(asset.split("/")), name) for name in names}
    leases.begin(run_id := str(uuid4()), "media@test")
    result = (
        definitions.resolve_job_def(job)
        .get_subset(asset_selection=set(), asset_check_selection=keys)
        .execute_in_process(
            run_id=run_id,
            instance=instance,
            tags={"dagster/partition": partition} if partition else None,
            raise_on_error=False,
        )
    )
    leases.end(run_id)
    return result


def materialize(instance: dg.DagsterInstance, asset: str, partition: str, job: str = "reels") -> None:
    instance.add_dynamic_partitions(job, [partition])
    instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=partition))


def found(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str | None], bool]:
    return {(check.check_name, check.partition): check.passed for check in result.get_asset_check_evaluations()}
