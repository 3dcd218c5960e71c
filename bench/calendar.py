"""A tick of the calendar's sensor among 10,000 items of which 1,000 are due in one minute.

All of it happens in a transaction that is rolled back: the stack's own sensor sees nothing of it.
"""

import time
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.figures import Figure, Target
from bench.setting import Setting
from content_pipeline.core import due
from content_pipeline.sensors.calendar import REELS_A_TICK
from tests.factories import make_item, make_twin, make_workspace

ITEMS, DUE = 10_000, 1_000

_COPIES = """
insert into calendar_items
select (jsonb_populate_record(item, jsonb_build_object('id', gen_random_uuid(), 'scheduled_at',
        item.scheduled_at + case when number < :due then number * interval '0.06 s' else interval '90 days' end))).*
from calendar_items item, generate_series(1, :items - 1) number where item.id = :item"""


def measure(setting: Setting) -> Iterator[Figure]:
    engine = setting.stack.engine.execution_options(isolation_level="READ COMMITTED")
    with Session(engine) as session:
        _schedule(session)
        ticks = list(_ticks(session))
        session.rollback()
    what = f"{ITEMS:,} calendar items, {DUE:,} due"
    yield Figure(f"{what}: the longest tick", max(ticks), "s", target=Target(5.0), samples=len(ticks))
    yield Figure(f"{what}: all ticks until each has its task", sum(ticks), "s", samples=len(ticks))


def _schedule(session: Session) -> None:
    twin = make_twin(session, make_workspace(session))
    item = make_item(session, twin, due_in=timedelta())
    session.execute(text(_COPIES), {"item": item.id, "items": ITEMS, "due": DUE})


def _ticks(session: Session) -> Iterator[float]:
    """The seconds of each tick until nothing is due any more."""
    started = True
    while started:
        began = time.monotonic()
        due.settle_reels(session)
        started = bool(due.start_reels(session, most=REELS_A_TICK))
        session.flush()
        yield time.monotonic() - began
