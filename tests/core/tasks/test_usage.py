"""What a workspace has used this month."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.tasks import credits, tasks, usage
from content_pipeline.core.tasks.credits import Balance
from tests.factories import make_workspace

NOVEMBER = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 31, 12, tzinfo=UTC)


def use(workspace_id: UUID) -> None:
    """Render 12 seconds, and ask for captions."""
    with transaction() as session:
        credits.hold(session, workspace_id, render_id := uuid4(), 150)
        credits.charge(session, render_id, 12.0)
        tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(uuid4()), lane="media")


def test_usage_is_the_month_s_and_the_workspace_s_own(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    for month in (NOVEMBER, DECEMBER):
        for module in (credits, tasks):
            monkeypatch.setattr(module, "now", lambda month=month: month)
        use(workspace_id)
    with transaction() as session:
        other = make_workspace(session)
    use(other)
    with transaction() as session:
        found = usage.get(session, workspace_id)
    assert found.plan.name == "studio"
    assert found.balance == Balance(granted=2_000_000, held=0, charged=240)
    assert (found.start, found.end) == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert found.charged == 120
    assert found.tasks == {"caption": 1}
