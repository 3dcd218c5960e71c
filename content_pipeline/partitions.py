"""Sets of dynamic partition keys, one for each kind of task that has runs (core/tasks/kinds.py)."""

from functools import cache

import dagster as dg

from content_pipeline.core.tasks.kinds import Kind


def keys_of(kind: Kind) -> dg.DynamicPartitionsDefinition:
    """The set of keys of a kind's rows (core/tasks/partition_keys.py)."""
    assert kind.job
    return key_set(kind.job)


@cache
def key_set(job: str) -> dg.DynamicPartitionsDefinition:
    """The set of partition keys of a job, which has the job's name."""
    return dg.DynamicPartitionsDefinition(name=job)
