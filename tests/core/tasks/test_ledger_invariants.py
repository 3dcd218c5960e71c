"""The credit ledger under any sequence of operations, and under two at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.errors import PlanLimit
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import CreditEntry
from content_pipeline.core.tasks import credits
from content_pipeline.core.tasks.credits import Balance
from tests.core.lock_waits import blocked_by_lock, is_lock_awaited
from tests.factories import make_workspace
from tests.polling import until

MONTHLY = 1000  # of the plan starter
RENDERS = ("first", "second", "third", "fourth")

Posting = Callable[[Session], Any]


def committed(posting: Posting) -> Any:
    """What a posting returns in a transaction of its own; its refusal when it is refused."""
    try:
        with transaction() as session:
            return posting(session)
    except PlanLimit as refusal:
        return refusal


def at_once(*postings: Posting) -> list[Any]:
    with ThreadPoolExecutor(len(postings)) as pool:
        return list(pool.map(committed, postings))


class Ledger(RuleBasedStateMachine):
    """Renders that are held, charged and released, beside a plain model of what each should have."""

    @initialize()
    def create_workspace(self) -> None:
        with transaction() as session:
            self.workspace_id = make_workspace(session, plan="starter")
        self.renders = {render: uuid4() for render in RENDERS}
        self.granted = MONTHLY
        self.held = dict.fromkeys(RENDERS, 0)
        self.charged: dict[str, int] = {}
        self.submitted: set[str] = set()

    @property
    def available(self) -> int:
        return self.granted - sum(self.held.values()) - sum(self.charged.values())

    def hold(self, render: str, amount: int) -> Posting:
        return lambda session: credits.hold(session, self.workspace_id, self.renders[render], amount)

    def charge(self, render: str, seconds: float) -> Posting:
        return lambda session: credits.charge(session, self.renders[render], seconds)

    def release(self, render: str) -> Posting:
        return lambda session: credits.release(session, self.renders[render])

    def note_hold(self, render: str, amount: int, outcome: PlanLimit | None) -> None:
        missing = 0 if render in self.charged else max(0, amount - self.held[render])
        assert (outcome is not None) == (missing > 0 and missing > self.available)
        if missing and outcome is None:
            self.held[render] += missing
            self.submitted.add(render)

    @rule(amount=st.integers(1, 500))
    def grant(self, amount: int) -> None:
        committed(lambda session: credits.grant(session, self.workspace_id, amount))
        self.granted += amount

    @rule(render=st.sampled_from(RENDERS), amount=st.integers(1, 700))
    def submit(self, render: str, amount: int) -> None:
        self.note_hold(render, amount, committed(self.hold(render, amount)))

    @rule(first=st.sampled_from(RENDERS), second=st.sampled_from(RENDERS), amount=st.integers(1, 700))
    def submit_two_at_once(self, first: str, second: str, amount: int) -> None:
        outcomes = zip((first, second), at_once(self.hold(first, amount), self.hold(second, amount)), strict=True)
        # The two happen in one order or the other; a refused one came second.
        for render, outcome in sorted(outcomes, key=lambda pair: pair[1] is not None):
            self.note_hold(render, amount, outcome)

    @rule(render=st.sampled_from(RENDERS), seconds=st.floats(0.1, 90), again=st.floats(0.1, 90))
    def finish_two_runs_at_once(self, render: str, seconds: float, again: float) -> None:
        if render in self.submitted:
            first, second = at_once(self.charge(render, seconds), self.charge(render, again))
            assert first == second
            assert first in {self.charged.get(render), credits.price(seconds), credits.price(again)}
            assert first == self.charged.setdefault(render, first)
            self.held[render] = 0

    @rule(render=st.sampled_from(RENDERS))
    def fail(self, render: str) -> None:
        committed(self.release(render))
        self.held[render] = 0

    @rule(render=st.sampled_from(RENDERS), seconds=st.floats(0.1, 90))
    def finish_and_cancel_at_once(self, render: str, seconds: float) -> None:
        if render in self.submitted:
            billed, _ = at_once(self.charge(render, seconds), self.release(render))
            assert billed == self.charged.setdefault(render, credits.price(seconds))
            self.held[render] = 0

    @invariant()
    def balances_are_what_the_operations_add_up_to(self) -> None:
        with transaction() as session:
            balance = credits.balance(session, self.workspace_id)
            accounts = account_balances(session, self.workspace_id)
        held, charged = sum(self.held.values()), sum(self.charged.values())
        assert balance == Balance(self.granted, held, charged)
        assert balance.available == self.available
        assert accounts == {"issued": -self.granted, "available": self.available, "held": held, "spent": charged}
        assert sum(accounts.values()) == 0


def account_balances(session: Session, workspace_id: UUID) -> dict[str, int]:
    """What came into each account less what went out of it, entry by entry."""
    balances = dict.fromkeys(("issued", "available", "held", "spent"), 0)
    for entry in session.scalars(select(CreditEntry).where(CreditEntry.workspace_id == workspace_id)):
        balances[entry.source] -= entry.amount
        balances[entry.target] += entry.amount
    return balances


@pytest.mark.slow
@pytest.mark.usefixtures("database")
def test_any_sequence_of_operations_keeps_the_ledger_balanced() -> None:
    run_state_machine_as_test(Ledger, settings=settings(max_examples=30, stateful_step_count=20, deadline=None))


@pytest.fixture
def payer(database: None) -> UUID:
    with transaction() as session:
        return make_workspace(session, plan="starter")


def test_a_hold_waits_for_another_s_and_sees_what_it_left(payer: UUID) -> None:
    def submit(session: Session) -> None:
        credits.hold(session, payer, uuid4(), 600)

    with blocked_by_lock(submit, by=submit) as refused, pytest.raises(PlanLimit, match="400 are available"):
        refused.result()


def test_two_first_uses_in_a_month_grant_its_credits_once_and_do_not_deadlock(payer: UUID) -> None:
    def submit(session: Session) -> None:
        credits.hold(session, payer, uuid4(), 600)

    with ThreadPoolExecutor(1) as other, transaction() as session:
        credits.balance(session, payer)
        waiting = other.submit(committed, submit)
        until(is_lock_awaited, seconds=30, what="the other hold")
        submit(session)
    assert isinstance(waiting.result(), PlanLimit)
    assert committed(lambda session: credits.balance(session, payer)) == Balance(MONTHLY, held=600, charged=0)


def test_a_hold_does_not_wait_for_a_request_that_has_inserted_rows_of_the_workspace(payer: UUID) -> None:
    with transaction() as inserting:
        credits.grant(inserting, payer, 1)
        inserting.flush()
        assert committed(lambda session: credits.hold(session, payer, uuid4(), 600)) is None
