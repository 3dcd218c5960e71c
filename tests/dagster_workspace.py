"""A workspace of Dagster's without code, for tests of its webserver."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget


@contextmanager
def workspace(instance: dg.DagsterInstance, *, read_only: bool = False) -> Iterator[WorkspaceProcessContext]:
    with WorkspaceProcessContext(instance, WorkspaceFileTarget([]), read_only=read_only) as context:
        yield context
