"""Calendar items: validation, conflicts, pages and filters."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from content_pipeline.core.calendar import actions, items
from content_pipeline.core.errors import Invalid, NotFound
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import CalendarItem, Twin
from tests.core.calendar.planned import OWN_VIDEO, create_item, item, start_reels
from tests.factories import make_item, make_twin, make_workspace

pytestmark = pytest.mark.usefixtures("database")


def error_code(twin: Twin, **fields: Any) -> str:
    """The code of the error when an item with these fields is created."""
    with pytest.raises(Invalid) as caught:
        create_item(twin, **fields)
    return caught.value.code


# ── validation ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"script": None}, "source_missing"),
        ({"script": "x" * 2501}, "script_too_long"),
        ({"script": "x" * 2501, "reel_url": OWN_VIDEO}, "script_too_long"),
        ({"script": "…!"}, "nothing_to_say"),
        ({"script": None, "reel_url": "http://127.0.0.1/reel.mp4"}, "url_forbidden"),
        ({"options": {"cover_url": "http://10.0.0.1/cover.png"}}, "url_forbidden"),
        ({"options": {"made_for_kids": True}}, "options_invalid"),
        ({"due_in": timedelta(minutes=-2)}, "time_passed"),
        ({"scheduled_at": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, "time_far"),
    ],
)
def test_what_could_never_go_out_is_refused(twin: Twin, fields: dict[str, Any], code: str) -> None:
    assert error_code(twin, **fields) == code


def test_now_is_no_time_that_has_passed_for_a_client_whose_clock_is_a_little_behind(twin: Twin) -> None:
    assert item(create_item(twin, due_in=timedelta(seconds=-30))).status == "scheduled"


def test_both_a_script_and_a_video_may_be_given(twin: Twin) -> None:
    assert actions.has_video(item(create_item(twin, reel_url=OWN_VIDEO)))


def test_options_that_do_not_fit_are_told_by_their_place(twin: Twin) -> None:
    with pytest.raises(Invalid) as caught:
        create_item(twin, platform="tiktok", options={"privacy": "unlisted", "a/b": 1, "hashtags": ["ok", "not ok"]})
    assert [error["pointer"] for error in caught.value.errors] == [
        "/options/hashtags/1",
        "/options/privacy",
        "/options/a~1b",
    ]


def test_both_moments_that_a_clock_shows_twice_can_be_planned(twin: Twin) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    year = now().year + 1
    last_sunday = max(
        day for number in range(25, 32) if (day := datetime(year, 10, number, 2, 30, tzinfo=berlin)).isoweekday() == 7
    )
    first, second = (item(create_item(twin, scheduled_at=last_sunday.replace(fold=fold))) for fold in (0, 1))
    assert second.scheduled_at - first.scheduled_at == timedelta(hours=1)
    assert first.scheduled_at.astimezone(berlin).time() == second.scheduled_at.astimezone(berlin).time()


def test_an_item_months_away_waits_for_its_time(twin: Twin) -> None:
    far = create_item(twin, due_in=timedelta(days=200))
    start_reels(twin)
    assert item(far).status == "scheduled"


def test_others_on_the_same_platform_within_a_minute_are_told_of(twin: Twin) -> None:
    noon = now() + timedelta(days=2)
    with transaction() as session:
        created = {
            seconds: make_item(session, twin, scheduled_at=noon + timedelta(seconds=seconds))
            for seconds in (0, 59, -59, 60)
        }
        make_item(session, twin, scheduled_at=noon, platform="tiktok")
        make_item(session, make_twin(session, make_workspace(session)), scheduled_at=noon)
        assert items.conflicts(session, created[0]) == [created[-59].id, created[59].id]
        items.cancel(session, created[59])
        assert items.conflicts(session, created[0]) == [created[-59].id]
        assert items.conflicts(session, created[59]) == []


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@hypothesis_settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.lists(st.integers(1, 3), min_size=1, max_size=12), limit=st.integers(1, 5))
def test_pages_show_each_item_once_the_latest_first_also_when_many_have_the_same_time(
    database: None, days: list[int], limit: int
) -> None:
    noon = now()
    with transaction() as session:
        twin = make_twin(session, make_workspace(session))
        created = [make_item(session, twin, scheduled_at=noon + timedelta(days=number)) for number in days]
    seen: list[CalendarItem] = []
    cursor = None
    while True:
        with transaction() as session:
            page, cursor = items.list_page(session, twin.workspace_id, limit=limit, cursor=cursor)
        seen += page
        if cursor is None:
            break
    assert sorted(found.id for found in seen) == sorted(made.id for made in created)
    assert [found.scheduled_at for found in seen] == sorted((made.scheduled_at for made in created), reverse=True)


def test_filters_narrow_a_list(twin: Twin) -> None:
    noon = now() + timedelta(days=1)
    with transaction() as session:
        other = make_twin(session, twin.workspace_id)
        first = make_item(session, twin, scheduled_at=noon)
        second = make_item(session, other, scheduled_at=noon + timedelta(hours=1), platform="tiktok")
        items.cancel(session, second)

    def list_ids(**filters: Any) -> list[UUID]:
        with transaction() as session:
            return [found.id for found in items.list_page(session, twin.workspace_id, limit=50, **filters)[0]]

    assert list_ids() == [second.id, first.id]
    assert list_ids(platform="tiktok") == list_ids(status="canceled") == list_ids(twin_id=other.id) == [second.id]
    assert list_ids(from_date=noon) == [second.id, first.id]
    assert list_ids(from_date=noon + timedelta(seconds=1)) == [second.id]
    assert list_ids(to_date=noon) == [first.id]
    assert list_ids(platform="tiktok", status="scheduled") == []


def test_another_workspaces_item_is_not_found(twin: Twin) -> None:
    item_id = create_item(twin)
    with transaction() as session, pytest.raises(NotFound):
        items.get(session, make_workspace(session), item_id)
