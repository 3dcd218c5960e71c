"""The deletion of a workspace by the operator: it ends when nothing of the workspace is left, there and here."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from content_pipeline.cli import workspace_deletion
from content_pipeline.core.errors import Conflict, NotFound, UpstreamError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Memory, Workspace
from content_pipeline.core.twins import zeromemory
from tests.factories import make_twin


@pytest.mark.slow
@pytest.mark.usefixtures("kept_instance")
def test_a_workspace_is_gone_only_when_its_memories_are_gone_at_zeromemory(
    workspace_id: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote_id = f"mem_{uuid4()}"
    with transaction() as session:
        name = session.get_one(Workspace, workspace_id).name
        session.add(
            Memory(
                twin_id=make_twin(session, workspace_id).id,
                memory_type="episodic",
                content="She likes tea.",
                importance=0.5,
                tags=[],
                details={},
                remote_id=remote_id,
                created_at=now(),
            )
        )

    def delete() -> None:
        workspace_deletion.delete(tmp_path, workspace_deletion.find(name))

    def is_away(_: str) -> None:
        raise UpstreamError("It is away.", code="zeromemory_unreachable", remedy="Try again.", retryable=True)

    monkeypatch.setattr(zeromemory, "forget", is_away)
    with pytest.raises(Conflict) as left:
        delete()
    assert (left.value.code, "repeat the command" in left.value.remedy) == ("memories_left", True)
    forgotten: list[str] = []
    monkeypatch.setattr(zeromemory, "forget", forgotten.append)
    delete()
    assert forgotten == [remote_id]
    with pytest.raises(NotFound):
        workspace_deletion.find(name)
