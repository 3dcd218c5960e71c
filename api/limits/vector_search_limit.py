"""Rate limit of vector search: how many memories of a workspace are compared with queries, by recall and composing."""

from typing import Final
from uuid import UUID

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from api.limits.concurrency.concurrency_limit import client_of
from api.limits.volume_limits import VolumeLimit
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.twins import memory

# 5,000, the most of a twin, compute for 8 ms. Reading tasks beside 20 such requests a second took 2.8 to 4.6 times as
# long, and 1.4 to 1.7 times with this limit (99 %; bench/noisy_neighbor.py, recall).
COMPARISONS: Final = VolumeLimit("memories", "comparisons", most=50_000, seconds=15)


async def count_comparisons(request: Request, workspace_id: UUID, namespace: str) -> None:
    """Count the memories that a query is compared with. Raises TooManyRequests, and NotFound as `recall` does."""
    if memories := await run_in_threadpool(_compared, workspace_id, namespace):
        await COMPARISONS.take(client_of(request), memories)


def _compared(workspace_id: UUID, namespace: str) -> int:
    with transaction() as session:
        return memory.compared(session, workspace_id=workspace_id, namespace=namespace)
