"""Usage: credits, the plan's limits, and what was made this month."""

from fastapi import APIRouter

from api.deps import CallerDep
from api.schemas.usage import UsageView
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.tasks import usage

router = APIRouter(prefix="/usage", tags=["usage"])


@router.get("")
def get_usage(caller: CallerDep) -> UsageView:
    """Get the workspace's balance of credits, the limits of its plan, and its usage in this calendar month (UTC).

    Avatar videos cost 10 credits per second begun. The credits are held at submission, charged once when the video is
    done, and released if it fails or is canceled. The plan's credits are granted every month; unspent ones stay.
    """
    with transaction() as session:
        return UsageView.of(usage.get(session, caller.workspace_id))
