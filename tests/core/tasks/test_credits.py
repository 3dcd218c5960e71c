"""The credit ledger, one operation after the other."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from content_pipeline.core.errors import PlanLimit
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import CreditEntry, Plan, Workspace
from content_pipeline.core.operations.maintenance import retention
from content_pipeline.core.tasks import credits
from content_pipeline.core.tasks.credits import Balance
from tests.factories import make_workspace

MONTHLY = 1000  # of the plan starter


@pytest.fixture
def payer(database: None) -> UUID:
    with transaction() as session:
        return make_workspace(session, plan="starter")


def hold(workspace_id: UUID, render_id: UUID, amount: int) -> None:
    with transaction() as session:
        credits.hold(session, workspace_id, render_id, amount)


def charge(render_id: UUID, seconds: float) -> int:
    with transaction() as session:
        return credits.charge(session, render_id, seconds)


def release(render_id: UUID) -> None:
    with transaction() as session:
        credits.release(session, render_id)


def balance(workspace_id: UUID) -> Balance:
    with transaction() as session:
        return credits.balance(session, workspace_id)


def held_render(workspace_id: UUID, amount: int) -> UUID:
    hold(workspace_id, render_id := uuid4(), amount)
    return render_id


def entries(workspace_id: UUID) -> list[tuple[str, str, int]]:
    query = select(CreditEntry).where(CreditEntry.workspace_id == workspace_id).order_by(CreditEntry.id)
    with transaction() as session:
        return [(entry.source, entry.target, entry.amount) for entry in session.scalars(query)]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(12, 120), (12.0000001, 120), (11.9999999, 120), (12.001, 130), (0.04, 10), (0.0001, 10), (0.1 + 0.2, 10)],
)
def test_a_render_costs_ten_credits_per_second_begun(seconds: float, expected: int) -> None:
    assert credits.price(seconds) == expected


@given(st.integers(1, 100_000), st.floats(-0.0004, 0.0004))
def test_noise_below_half_a_millisecond_does_not_change_the_price_of_whole_seconds(seconds: int, noise: float) -> None:
    assert credits.price(seconds + noise) == seconds * 10


def test_a_finished_render_is_charged_for_its_duration_and_the_rest_of_its_hold_is_released(payer: UUID) -> None:
    assert charge(held_render(payer, 150), 12.0) == 120
    assert balance(payer) == Balance(granted=MONTHLY, held=0, charged=120)
    assert entries(payer) == [
        ("issued", "available", MONTHLY),
        ("available", "held", 150),
        ("held", "available", 30),
        ("held", "spent", 120),
    ]


def test_a_second_charge_returns_what_the_first_billed(payer: UUID) -> None:
    render_id = held_render(payer, 150)
    assert (charge(render_id, 12.0), charge(render_id, 30.0)) == (120, 120)
    assert balance(payer).charged == 120


def test_the_database_refuses_a_second_charge(payer: UUID) -> None:
    charge(render_id := held_render(payer, 150), 12.0)
    again = {"source": "held", "target": "spent", "amount": 120, "render_id": render_id}
    with pytest.raises(IntegrityError, match="uq_credit_entries_charge"), transaction() as session:
        session.add(CreditEntry(workspace_id=payer, created_at=datetime(2026, 11, 1, tzinfo=UTC), **again))


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "available", "target": "spent", "amount": 1, "render_id": uuid4()},
        {"source": "issued", "target": "available", "amount": 1, "render_id": uuid4()},
        {"source": "available", "target": "held", "amount": 1},
        {"source": "issued", "target": "available", "amount": 0},
        {"source": "issued", "target": "available", "amount": -1},
    ],
)
def test_the_database_refuses_transfers_that_the_ledger_does_not_know(payer: UUID, wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match="ck_credit_entries"), transaction() as session:
        session.add(CreditEntry(workspace_id=payer, created_at=datetime(2026, 11, 1, tzinfo=UTC), **wrong))


def test_a_render_longer_than_its_hold_is_charged_in_full_and_may_overdraw(payer: UUID) -> None:
    assert charge(held_render(payer, MONTHLY), 120.0) == 1200
    assert balance(payer).available == -200
    with pytest.raises(PlanLimit, match="0 are available"):
        hold(payer, uuid4(), 10)


def test_a_hold_beyond_the_available_credits_is_refused_and_changes_nothing(payer: UUID) -> None:
    held_render(payer, 700)
    with pytest.raises(PlanLimit, match="needs 301 credits; 300 are available") as caught:
        hold(payer, uuid4(), 301)
    assert (caught.value.code, caught.value.status) == ("plan_limit", 403)
    assert balance(payer) == Balance(granted=MONTHLY, held=700, charged=0)


def test_a_repeated_hold_holds_only_what_is_missing(payer: UUID) -> None:
    render_id = held_render(payer, 700)
    hold(payer, render_id, 700)
    hold(payer, render_id, 600)
    assert balance(payer).held == 700
    hold(payer, render_id, 900)
    assert balance(payer).held == 900
    with pytest.raises(PlanLimit):
        hold(payer, render_id, MONTHLY + 1)


def test_a_release_gives_back_the_hold_once(payer: UUID) -> None:
    render_id = held_render(payer, 700)
    release(render_id)
    release(render_id)
    assert balance(payer) == Balance(granted=MONTHLY, held=0, charged=0)


def test_a_retry_of_a_released_render_holds_again(payer: UUID) -> None:
    release(render_id := held_render(payer, 700))
    hold(payer, render_id, 700)
    assert balance(payer).held == 700


def test_a_charged_render_is_neither_released_nor_held_again(payer: UUID) -> None:
    charge(render_id := held_render(payer, 150), 12.0)
    release(render_id)
    hold(payer, render_id, 150)
    assert balance(payer) == Balance(granted=MONTHLY, held=0, charged=120)


def test_a_released_render_that_an_operator_completes_is_charged(payer: UUID) -> None:
    release(render_id := held_render(payer, 150))
    assert charge(render_id, 12.0) == 120
    assert balance(payer) == Balance(granted=MONTHLY, held=0, charged=120)


def test_releasing_a_render_that_never_held_credits_does_nothing(database: None) -> None:
    release(uuid4())


def test_a_plan_grants_its_credits_once_a_month_and_unspent_ones_stay(
    payer: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    for time, granted in [
        (datetime(2026, 11, 30, 23, 59, tzinfo=UTC), MONTHLY),
        (datetime(2026, 12, 1, tzinfo=UTC), 2 * MONTHLY),
        (datetime(2026, 12, 31, tzinfo=UTC), 2 * MONTHLY),
        (datetime(2027, 3, 1, tzinfo=UTC), 3 * MONTHLY),
    ]:
        monkeypatch.setattr(credits, "now", lambda time=time: time)
        assert balance(payer).available == granted


def test_a_plan_without_credits_grants_none_and_holds_need_an_operators_grant(payer: UUID) -> None:
    with transaction() as session:
        starter = session.get_one(Plan, "starter")
        limits = {column.name: getattr(starter, column.name) for column in Plan.__table__.columns}
        session.add(Plan(**{**limits, "name": "free", "credits": 0}))
        session.flush()
        session.execute(update(Workspace).where(Workspace.id == payer).values(plan="free"))
    with pytest.raises(PlanLimit):
        hold(payer, uuid4(), 10)
    with transaction() as session:
        credits.grant(session, payer, 10, note="invoice 7")
    held_render(payer, 10)
    assert balance(payer) == Balance(granted=10, held=10, charged=0)


def test_retention_keeps_the_ledger(payer: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credits, "now", lambda: datetime(2020, 1, 1, tzinfo=UTC))
    charge(held_render(payer, 120), 12.0)
    before = entries(payer)
    retention.sweep_rows()
    assert entries(payer) == before


def test_credits_have_fallen_low_when_they_go_under_a_tenth_of_the_plan_s_grant(payer: UUID) -> None:
    fallen = []
    for amount in (850, 50, 1, 99):
        with transaction() as session:
            before = credits.balance(session, payer)
            credits.hold(session, payer, uuid4(), amount)
            fallen.append(credits.has_fallen_low(session, payer, before))
    assert fallen == [False, False, True, False]
