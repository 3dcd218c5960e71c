"""The page of what Dagster runs: assets with their checks, jobs, schedules and sensors, as its definitions say."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

import dagster as dg

from content_pipeline.definitions import definitions
from docs.generators.markdown import cell, table

_REPOSITORY: Final = definitions.get_repository_def()

_HEAD: Final = """\
# Assets

`make reference` writes this page from `content_pipeline/definitions.py`: what Dagster materializes and checks, and what
starts its runs.
"""


def as_markdown() -> str:
    return "\n".join([_HEAD, *_assets(), _jobs(), _schedules(), _sensors(), ""])


def _assets() -> Iterator[str]:
    graph = definitions.resolve_asset_graph()
    nodes = sorted(map(graph.get, graph.get_all_asset_keys()), key=lambda node: (node.group_name, node.key))
    for group, members in groupby(nodes, key=lambda node: node.group_name):
        yield f"## Group `{group}`\n"
        for node in members:
            yield f"### `{node.key.to_user_string()}`\n"
            yield f"{cell(node.description)}\n"
            yield f"Partitions: {_partitions(node.partitions_def)}.\n"
            if node.check_keys:
                specs = [graph.get_check_spec(key) for key in sorted(node.check_keys, key=lambda key: key.name)]
                yield table(("Check", "Passes when"), ((f"`{spec.name}`", cell(spec.description)) for spec in specs))
                yield ""


def _partitions(of: dg.PartitionsDefinition | None) -> str:
    match of:
        case None:
            return "none"
        case dg.DynamicPartitionsDefinition(name=name):
            return f"one key per row of `{name}`"
        case dg.TimeWindowPartitionsDefinition(cron_schedule=cron):
            return f"windows of time, `{cron}` UTC"
    raise TypeError(of)


def _jobs() -> str:
    rows = (
        (f"`{job.name}`", cell(job.description), ", ".join(_selected(job)))
        for job in sorted(_REPOSITORY.get_all_jobs(), key=lambda job: job.name)
        if not job.name.startswith("__")  # Dagster's own, of all assets
    )
    return f"## Jobs\n\n{table(('Job', 'Does', 'Assets'), rows)}\n"


def _selected(job: dg.JobDefinition) -> list[str]:
    return sorted(f"`{key.to_user_string()}`" for key in job.asset_layer.selected_asset_keys)


def _schedules() -> str:
    rows = (
        (f"`{each.name}`", f"`{each.cron_schedule}`", f"`{each.job_name}`", cell(each.description))
        for each in sorted(_REPOSITORY.schedule_defs, key=lambda schedule: schedule.name)
    )
    return f"## Schedules\n\n{table(('Schedule', 'UTC', 'Job', 'Does'), rows)}\n"


def _sensors() -> str:
    rows = (
        (f"`{each.name}`", f"{each.minimum_interval_seconds} s", cell(each.description))
        for each in sorted(_REPOSITORY.sensor_defs, key=lambda sensor: sensor.name)
    )
    return f"## Sensors\n\n{table(('Sensor', 'Asked every', 'Does'), rows)}"
