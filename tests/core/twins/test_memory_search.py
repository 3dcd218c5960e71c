"""Vector search among memories."""

from datetime import timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Memory
from content_pipeline.core.twins.memory_search import best, blend
from tests.factories import make_twin

SHARES = st.floats(0, 1)
HALF_LIVES = {"working": 0.25, "episodic": 14, "semantic": 365}


def test_all_memories_are_compared_and_each_is_scored_by_its_own_values(workspace_id: UUID) -> None:
    chance = np.random.default_rng(4)
    unit = chance.normal(size=(1_000, 384)).astype(np.float32)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    importances, ages, layers = chance.random(1_000), chance.uniform(0, 60, 1_000), chance.choice([*HALF_LIVES], 1_000)
    ids = [uuid4() for _ in unit]
    with transaction() as session:
        twin = make_twin(session, workspace_id)
        session.add_all(
            Memory(
                id=ids[number],
                twin_id=twin.id,
                memory_type=str(layers[number]),
                content="Bread takes its time.",
                importance=importances[number],
                tags=[],
                details={},
                vector=vector.tobytes(),
                created_at=now() - timedelta(days=ages[number]),
            )
            for number, vector in enumerate(unit)
        )
    with transaction() as session:
        found = best(session, [Memory.twin_id == twin.id], unit[7], 50)
    scores = blend(unit @ unit[7], importances, ages, np.array([HALF_LIVES[layer] for layer in layers]))
    expected = np.argsort(-scores)[:50]
    assert list(found) == [ids[number] for number in expected]
    assert list(found.values()) == pytest.approx(scores[expected], abs=1e-6)


def _blend(similarity: float, importance: float, age: float) -> float:
    return float(blend(*(np.array([number]) for number in (similarity, importance, age, 14.0)))[0])


@given(st.floats(-1, 1), SHARES, st.floats(-10, 1e6))
def test_a_score_lies_between_nothing_and_one(similarity: float, importance: float, age: float) -> None:
    assert 0 <= _blend(similarity, importance, age) <= 1 + 1e-9


@given(SHARES, SHARES, st.floats(0, 1000), SHARES, st.floats(0, 1000))
def test_a_score_grows_with_each_of_its_three_parts(
    similarity: float, importance: float, age: float, more: float, later: float
) -> None:
    score = _blend(similarity, importance, age)
    assert _blend(max(similarity, more), importance, age) >= score
    assert _blend(similarity, max(importance, more), age) >= score
    assert _blend(similarity, importance, max(age, later)) <= score
