"""API keys: what a key may give, how long keys work, which can be revoked, and when they were used."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict, Error, Forbidden, Invalid, NotFound, PlanLimit, Unauthorized
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import ApiKey
from content_pipeline.core.workspaces import api_keys, caller, workspaces
from content_pipeline.core.workspaces.caller import Caller
from content_pipeline.core.workspaces.scopes import ALL, Scope
from tests.core.lock_waits import blocked_by_lock

pytestmark = pytest.mark.usefixtures("database")

HOUR = timedelta(hours=1)


def caller_of(key: str) -> Caller:
    with transaction() as session:
        return workspaces.authenticate(session, key)


def new_caller(workspace: str | None = None, **options: Any) -> Caller:
    """The caller of a key that the operator made."""
    with transaction() as session:
        key = workspaces.create_key(session, workspace=workspace or str(uuid4()), **options)
    return caller_of(key)


def create(maker: Caller, scopes: Collection[Scope] = (Scope.READ,), expires_at: datetime | None = None) -> Caller:
    with transaction() as session:
        _, key = api_keys.create_as(session, maker, name="made", scopes=scopes, expires_at=expires_at)
    return caller_of(key)


def revoke(maker: Caller, api_key_id: UUID) -> None:
    with transaction() as session:
        api_keys.revoke_as(session, maker, api_key_id)


def stored(api_key_id: UUID) -> ApiKey:
    with transaction() as session:
        return session.get_one(ApiKey, api_key_id)


def test_a_key_gives_the_scopes_that_it_has_and_no_other() -> None:
    maker = new_caller(scopes=[Scope.ADMIN, Scope.READ])
    made = create(maker, [Scope.READ, Scope.ADMIN])
    assert made.scopes == {Scope.READ, Scope.ADMIN}
    assert (made.workspace_id, made.key_name, stored(made.api_key_id).created_by) == (
        maker.workspace_id,
        "made",
        maker.api_key_id,
    )
    with pytest.raises(Forbidden, match="the scope publish; yours has read, admin") as refused:
        create(maker, [Scope.READ, Scope.PUBLISH])
    assert refused.value.code == "insufficient_scope"
    assert "One with publish and admin can make it" in refused.value.remedy
    with pytest.raises(Forbidden) as refused:
        new_caller(scopes=[Scope.READ]).check(Scope.ADMIN)
    assert "One with admin can make it" in refused.value.remedy


def test_a_key_of_the_operator_has_all_scopes_and_does_not_expire() -> None:
    made = new_caller()
    assert (made.scopes, made.expires_at) == (ALL, None)


def test_a_key_makes_none_that_works_longer_than_itself() -> None:
    maker = new_caller(expires_at=now() + HOUR)
    assert create(maker).expires_at == maker.expires_at
    assert create(maker, expires_at=now() + HOUR / 2).expires_at < maker.expires_at
    with pytest.raises(Forbidden) as refused:
        create(maker, expires_at=now() + 2 * HOUR)
    assert refused.value.code == "key_outlives_its_maker"


def test_a_key_that_would_never_work_is_not_made() -> None:
    with pytest.raises(Invalid) as refused:
        create(new_caller(), expires_at=now())
    assert refused.value.code == "expiry_past"


def test_an_expired_key_is_refused_and_told_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction() as session:
        key = workspaces.create_key(session, workspace=str(uuid4()), expires_at=now() + HOUR)
    caller_of(key)
    monkeypatch.setattr(caller, "now", lambda: now() + HOUR)
    with pytest.raises(Unauthorized) as refused:
        caller_of(key)
    assert refused.value.code == "key_expired"


def test_a_plan_has_so_many_keys_and_those_that_ended_count_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    maker = new_caller(plan="starter")
    made = [create(maker) for _ in range(3)]
    create(maker, expires_at=now() + HOUR)

    def is_full() -> bool:
        with pytest.raises(PlanLimit, match="5 valid API keys"):
            create(maker)
        return True

    assert is_full()
    revoke(maker, made[0].api_key_id)
    assert is_full()  # or a loop of create and revoke would have no rate limit
    monkeypatch.setattr(api_keys, "now", lambda: now() + HOUR)
    create(maker)
    assert is_full()
    monkeypatch.setattr(api_keys, "now", lambda: now() + 2 * HOUR)
    create(maker)
    assert is_full()


def test_the_last_place_of_a_plan_is_given_once() -> None:
    maker = new_caller(plan="starter")
    for _ in range(3):
        create(maker)

    def attempt(_: int) -> str:
        try:
            create(maker)
        except PlanLimit as refused:
            return refused.code
        return "made"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == ["made"] + ["plan_limit"] * 3


def test_the_last_key_that_can_manage_keys_stays() -> None:
    first = new_caller()
    create(first, [Scope.READ])
    expiring = create(first, [Scope.ADMIN], now() + HOUR)
    revoke(first, first.api_key_id)
    with pytest.raises(Conflict) as refused:
        revoke(expiring, expiring.api_key_id)
    assert refused.value.code == "last_admin_key"
    with transaction() as session:
        api_keys.revoke_as_operator(session, expiring.api_key_id)


def test_two_keys_that_revoke_each_other_at_once_leave_one() -> None:
    one = new_caller()
    two = create(one, ALL)

    def attempt(revoking: Caller, revoked: Caller) -> str:
        try:
            revoke(revoking, revoked.api_key_id)
        except Error as refused:
            return refused.code
        return "revoked"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(attempt, (one, two), (two, one)))
    assert sorted(outcomes) == ["key_invalid", "revoked"]


def test_a_key_that_was_revoked_while_its_request_came_in_changes_no_keys() -> None:
    remaining = new_caller()
    revoked, other = create(remaining, ALL), create(remaining)
    revoke(remaining, revoked.api_key_id)
    for change in (lambda: create(revoked, ALL), lambda: revoke(revoked, other.api_key_id)):
        with pytest.raises(Unauthorized) as refused:
            change()
        assert refused.value.code == "key_invalid"


def test_a_revocation_that_is_being_committed_is_waited_for() -> None:
    revoked = new_caller()

    def make(session: Session) -> None:
        api_keys.create_as(session, revoked, name="made", scopes=ALL, expires_at=None)

    def withdraw(session: Session) -> None:
        api_keys.revoke_as_operator(session, revoked.api_key_id)
        session.flush()

    with blocked_by_lock(make, by=withdraw) as outcome, pytest.raises(Unauthorized):
        outcome.result()


def test_a_key_of_another_workspace_cannot_be_revoked() -> None:
    with pytest.raises(NotFound):
        revoke(new_caller(), new_caller().api_key_id)


def test_a_key_is_revoked_once() -> None:
    maker = new_caller()
    made = create(maker)
    revoke(maker, made.api_key_id)
    first = stored(made.api_key_id).revoked_at
    revoke(maker, made.api_key_id)
    assert stored(made.api_key_id).revoked_at == first


def test_the_last_use_is_written_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    used = new_caller().api_key_id
    assert stored(used).last_used_at is None
    api_keys.note_use(used)
    first = stored(used).last_used_at
    assert first
    api_keys.note_use(used)
    assert stored(used).last_used_at == first
    monkeypatch.setattr(api_keys, "now", lambda: first + timedelta(minutes=1))
    api_keys.note_use(used)
    assert stored(used).last_used_at == first + timedelta(minutes=1)


def test_a_key_that_is_being_used_does_not_wait_for_the_row_to_be_free() -> None:
    used = new_caller().api_key_id
    with transaction() as session:
        session.get_one(ApiKey, used, with_for_update={"key_share": True})
        with transaction() as reading:
            reading.execute(text("set local lock_timeout = '1s'"))
            # The inserts of an idempotency key and of an audit event take this lock too.
            reading.execute(text("select from api_keys where id = :id for key share"), {"id": used})
