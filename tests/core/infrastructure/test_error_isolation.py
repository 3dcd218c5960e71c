"""Isolated rows: one that raises does not stop a loop."""

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import CapturingLogger

from content_pipeline.core.infrastructure import error_isolation
from content_pipeline.core.infrastructure.error_isolation import isolated


def test_the_loop_goes_on_and_the_row_is_logged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    log, done = CapturingLogger(), []
    monkeypatch.setattr(error_isolation, "log", log)
    for _ in range(3):
        for row in ("broken", "good"):
            with isolated("test_loop", row):
                assert row == "good"
                done.append(row)
    assert done == ["good"] * 3
    (logged,) = log.calls
    assert (logged.method_name, logged.args) == ("exception", ("row_broken",))
    assert logged.kwargs == {"loop": "test_loop", "row_id": "broken"}


def test_that_the_database_is_unreachable_ends_the_loop() -> None:
    with pytest.raises(OperationalError), isolated("test_loop", "any"):
        raise OperationalError("select 1", {}, Exception("connection refused"))
