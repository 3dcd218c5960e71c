"""The tags that a run gets when it is submitted, as the coordinator asks for them."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final

import dagster as dg

from content_pipeline.engine import operator_runs

BACK_FILLED: Final = datetime(2026, 11, 29, 12, tzinfo=UTC)


def missing_tags(job: str, selected: dict[str, list[str]] | None = None, **tags: str) -> dict[str, str]:
    """The tags that a run of a job gets when it is submitted. `selected`: its assets, each with its jobs."""
    jobs = {dg.AssetKey(asset): names for asset, names in (selected or {}).items()}
    graph = SimpleNamespace(get=lambda key: SimpleNamespace(job_names=jobs[key]))
    run = dg.DagsterRun(job_name=job, asset_selection=frozenset(jobs) if jobs else None, tags=tags)
    workspace: Any = SimpleNamespace(asset_graph=graph)
    instance: Any = SimpleNamespace(get_backfill=lambda _: SimpleNamespace(backfill_timestamp=BACK_FILLED.timestamp()))
    return operator_runs.missing_tags(instance, run, workspace)
