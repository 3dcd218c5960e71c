"""State machine of calendar items: the allowed transitions."""

from typing import get_args
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.calendar.states import MOVES
from content_pipeline.core.calendar.states import move as move_in
from content_pipeline.core.errors import Conflict, Error, InternalError
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import CalendarItem
from content_pipeline.core.models.calendar import Status

STATUSES: tuple[Status, ...] = get_args(Status)
REASON = InternalError("It broke.", remedy="Retry it.")

pytestmark = pytest.mark.usefixtures("database")


def item(status: Status) -> CalendarItem:
    return CalendarItem(workspace_id=uuid4(), status=status)


def move(moved: CalendarItem, to: Status, reason: Error | None = None) -> None:
    with transaction() as session:
        move_in(session, moved, to, reason=reason)


@given(before=st.sampled_from(STATUSES), after=st.sampled_from(STATUSES))
def test_an_item_makes_the_moves_that_there_are_and_no_other(before: Status, after: Status) -> None:
    moved = item(before)
    if after in MOVES[before]:
        move(moved, after)
        assert moved.status == after
    else:
        with pytest.raises(Conflict) as caught:
            move(moved, after)
        assert caught.value.code == f"item_{before}"
        assert moved.status == before


def test_what_is_published_stays_published() -> None:
    assert MOVES["published"] == frozenset()


def test_every_other_status_can_come_to_be_published() -> None:
    ways = {"published"}
    for _ in STATUSES:
        ways |= {status for status in STATUSES if MOVES[status] & ways}
    assert ways == set(STATUSES)


def test_nothing_is_published_that_is_not_being_published() -> None:
    assert [status for status in STATUSES if "published" in MOVES[status]] == ["publishing"]


def test_a_reason_is_kept_until_the_next_move() -> None:
    failed = item("rendering")
    move(failed, "failed", reason=REASON)
    assert failed.reason == REASON.to_dict()
    move(failed, "scheduled")
    assert failed.reason is None
