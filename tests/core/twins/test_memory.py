"""Memory of twins, recalled by vectors. The tests with ZeroMemory are in test_zeromemory.py."""

import random
from datetime import timedelta
from uuid import UUID

import pytest

from content_pipeline.core.errors import NotFound, PlanLimit
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Memory, Twin
from content_pipeline.core.twins import deleted_memories, memory, twins
from content_pipeline.core.twins.embeddings import embed
from tests.core.twins.memories import ASKED, memories
from tests.factories import make_twin, make_workspace

UNKNOWN_ID = UUID(int=7)


@pytest.fixture
def namespace(workspace_id: UUID) -> str:
    """The namespace of a new twin."""
    with transaction() as session:
        return memory.namespace_of(make_twin(session, workspace_id).id)


@pytest.fixture(scope="module")
def vectors() -> dict[str, bytes]:
    """300 memories and their vectors; `python -m bench recall` has 1,000, which take three times as long."""
    return {content: embed(content).tobytes() for content in memories(300)}


@pytest.fixture
def many(database: None, vectors: dict[str, bytes]) -> tuple[UUID, str]:
    """A workspace, and the namespace of a twin with 300 memories of random importance and age."""
    chance = random.Random(4)
    with transaction() as session:
        workspace_id = make_workspace(session)
        twin = make_twin(session, workspace_id)
        session.add_all(
            Memory(
                twin_id=twin.id,
                memory_type="episodic",
                content=content,
                importance=chance.random(),
                tags=[],
                details={},
                vector=vector,
                created_at=now() - timedelta(days=chance.uniform(0, 60)),
            )
            for content, vector in vectors.items()
        )
    return workspace_id, memory.namespace_of(twin.id)


def remember(workspace_id: UUID, namespace: str, content: str, days_ago: float = 0, **fields) -> UUID:
    with transaction() as session:
        kept = memory.remember(session, workspace_id=workspace_id, namespace=namespace, content=content, **fields)
        kept.created_at -= timedelta(days=days_ago)
        return kept.id


def recall(workspace_id: UUID, namespace: str, query: str, **fields) -> list[memory.Recalled]:
    with transaction() as session:
        return memory.recall(session, workspace_id=workspace_id, namespace=namespace, query=query, **fields)


def contents(found: list[memory.Recalled]) -> list[str]:
    return [recalled.memory.content for recalled in found]


# ── recall ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_of_many_memories_the_one_that_is_asked_for_in_other_words_is_among_the_first_three(many) -> None:
    missed = [
        question for content, question in ASKED.items() if content not in contents(recall(*many, question, limit=3))
    ]
    assert len(ASKED) >= 30
    assert len(missed) <= len(ASKED) * 0.1, missed


@pytest.mark.slow
def test_answers_come_best_first_and_no_more_than_asked_for(many) -> None:
    scores = [recalled.score for recalled in recall(*many, "dogs", limit=7)]
    assert len(scores) == 7
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_a_new_twin_knows_nothing(workspace_id: UUID, namespace: str) -> None:
    assert recall(workspace_id, namespace, "anything") == []


def test_a_memory_comes_back_whole(workspace_id: UUID, namespace: str) -> None:
    fields = {
        "entity_id": "acme",
        "memory_type": "semantic",
        "importance": 0.9,
        "tags": ["brand"],
        "metadata": {"a": 1},
    }
    memory_id = remember(workspace_id, namespace, "Acme's color is teal.", **fields)
    (found,) = recall(workspace_id, namespace, "What color does the brand have?")
    kept = found.memory
    assert (kept.id, kept.content, kept.details) == (memory_id, "Acme's color is teal.", {"a": 1})
    assert (kept.entity_id, kept.memory_type, kept.importance, kept.tags) == ("acme", "semantic", 0.9, ["brand"])


def test_only_one_layer_or_entity_is_searched_when_it_is_named(workspace_id: UUID, namespace: str) -> None:
    remember(workspace_id, namespace, "Acme likes teal.", entity_id="acme", memory_type="semantic")
    remember(workspace_id, namespace, "Bolt likes teal.", entity_id="bolt", memory_type="working")
    assert contents(recall(workspace_id, namespace, "teal", layer="working")) == ["Bolt likes teal."]
    assert contents(recall(workspace_id, namespace, "teal", entity_id="acme")) == ["Acme likes teal."]
    assert recall(workspace_id, namespace, "teal", entity_id="acme", layer="working") == []


# ── importance and age ───────────────────────────────────────────────────────────────────────────────────


def test_of_two_memories_that_mean_the_same_the_more_important_comes_first(workspace_id: UUID, namespace: str) -> None:
    major = remember(workspace_id, namespace, "She likes tea.", importance=0.9)
    minor = remember(workspace_id, namespace, "She likes tea.", importance=0.1)
    assert [one.memory.id for one in recall(workspace_id, namespace, "What does she drink?")] == [major, minor]


def test_of_two_memories_that_mean_the_same_the_younger_comes_first(workspace_id: UUID, namespace: str) -> None:
    old = remember(workspace_id, namespace, "She likes tea.", days_ago=60)
    young = remember(workspace_id, namespace, "She likes tea.")
    assert [one.memory.id for one in recall(workspace_id, namespace, "What does she drink?")] == [young, old]


def test_facts_age_slower_than_events_and_those_slower_than_tasks(workspace_id: UUID, namespace: str) -> None:
    for kind in ("working", "episodic", "semantic"):
        remember(workspace_id, namespace, "She likes tea.", memory_type=kind, days_ago=7)
    found = recall(workspace_id, namespace, "What does she drink?")
    assert [one.memory.memory_type for one in found] == ["semantic", "episodic", "working"]


def test_what_is_important_but_beside_the_question_does_not_come_first(workspace_id: UUID, namespace: str) -> None:
    remember(workspace_id, namespace, "The rent is due on the first of the month.", importance=1.0)
    remember(workspace_id, namespace, "She likes tea.", importance=0.0, days_ago=365)
    assert contents(recall(workspace_id, namespace, "What does she drink?"))[0] == "She likes tea."


# ── tenant isolation ─────────────────────────────────────────────────────────────────────────────────────


def test_a_twin_does_not_know_what_another_one_knows(workspace_id: UUID, namespace: str) -> None:
    with transaction() as session:
        other = memory.namespace_of(make_twin(session, workspace_id).id)
    remember(workspace_id, other, "She likes tea.")
    assert recall(workspace_id, namespace, "tea") == []


def test_another_workspaces_namespace_does_not_exist(workspace_id: UUID, namespace: str) -> None:
    kept = remember(workspace_id, namespace, "She likes tea.")
    with transaction() as session:
        other_workspace_id = make_workspace(session)
    for attempt in (
        lambda session: memory.remember(session, workspace_id=other_workspace_id, namespace=namespace, content="x"),
        lambda session: memory.recall(session, workspace_id=other_workspace_id, namespace=namespace, query="x"),
        lambda session: memory.forget_all(session, workspace_id=other_workspace_id, namespace=namespace),
        lambda session: memory.forget(session, workspace_id=other_workspace_id, memory_id=kept),
    ):
        with pytest.raises(NotFound), transaction() as session:
            attempt(session)
    assert contents(recall(workspace_id, namespace, "tea")) == ["She likes tea."]


def test_a_deleted_twin_knows_nothing_any_more_and_what_it_knew_can_be_forgotten(
    workspace_id: UUID, namespace: str
) -> None:
    tea, cake, bread = (remember(workspace_id, namespace, f"She likes {what}.") for what in ("tea", "cake", "bread"))
    with transaction() as session:  # as an older release has left it
        twins.delete(session.get_one(Twin, session.get_one(Memory, tea).twin_id))
        other_workspace_id = make_workspace(session)
    with pytest.raises(NotFound) as raised:
        recall(workspace_id, namespace, "tea")
    assert raised.value.code == "twin_not_found"
    with transaction() as session:
        memory.forget(session, workspace_id=workspace_id, memory_id=tea)
        with pytest.raises(NotFound):
            memory.forget(session, workspace_id=other_workspace_id, memory_id=cake)
        with pytest.raises(NotFound):
            memory.forget_all(session, workspace_id=other_workspace_id, namespace=namespace)
        assert memory.forget_all(session, workspace_id=workspace_id, namespace=namespace) == 2
        assert session.get(Memory, bread) is None


def test_the_memories_of_a_deleted_twin_are_erased_with_it_and_others_stay(workspace_id: UUID, namespace: str) -> None:
    tea = remember(workspace_id, namespace, "She likes tea.")
    with transaction() as session:
        other = memory.namespace_of(make_twin(session, workspace_id).id)
        twin = session.get_one(Twin, session.get_one(Memory, tea).twin_id)
        twins.delete(twin)
        deleted_memories.erase(session, twin)
    remember(workspace_id, other, "He likes tea.")
    with transaction() as session:
        assert session.get(Memory, tea) is None
    assert deleted_memories.forget_remaining() == 0
    assert contents(recall(workspace_id, other, "tea")) == ["He likes tea."]


def test_what_was_remembered_while_its_twin_was_deleted_is_forgotten_soon(workspace_id: UUID, namespace: str) -> None:
    tea = remember(workspace_id, namespace, "She likes tea.")
    with transaction() as session:
        twins.delete(session.get_one(Twin, session.get_one(Memory, tea).twin_id))
    assert deleted_memories.forget_remaining() == 1
    with transaction() as session:
        assert session.get(Memory, tea) is None


@pytest.mark.parametrize("name", ["", "twin_", "twin_x", "Tech Creator", f"{UNKNOWN_ID}", f"twin_{UNKNOWN_ID}".upper()])
def test_what_is_no_namespace_is_not_found(workspace_id: UUID, name: str) -> None:
    with pytest.raises(NotFound) as raised:
        recall(workspace_id, name, "tea")
    assert raised.value.code == "namespace_not_found"


# ── forget, and limits ───────────────────────────────────────────────────────────────────────────────────


def test_a_memory_that_is_forgotten_is_gone(workspace_id: UUID, namespace: str) -> None:
    tea = remember(workspace_id, namespace, "She likes tea.")
    remember(workspace_id, namespace, "She likes cake.")
    with transaction() as session:
        memory.forget(session, workspace_id=workspace_id, memory_id=tea)
    assert contents(recall(workspace_id, namespace, "tea")) == ["She likes cake."]
    with pytest.raises(NotFound) as raised, transaction() as session:
        memory.forget(session, workspace_id=workspace_id, memory_id=tea)
    assert raised.value.code == "memory_not_found"


def test_an_entity_or_a_whole_namespace_is_forgotten_at_once(workspace_id: UUID, namespace: str) -> None:
    for entity in ("acme", "acme", "bolt", None):
        remember(workspace_id, namespace, "Likes tea.", entity_id=entity)
    with transaction() as session:
        forget = {"workspace_id": workspace_id, "namespace": namespace}
        assert memory.forget_all(session, **forget, entity_id="acme") == 2
        assert memory.forget_all(session, **forget, entity_id="acme") == 0
        assert memory.forget_all(session, **forget) == 2
    assert recall(workspace_id, namespace, "tea") == []


def test_a_full_memory_takes_no_more(workspace_id: UUID, namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_MEMORIES", 1)
    remember(workspace_id, namespace, "She likes tea.")
    with pytest.raises(PlanLimit) as raised:
        remember(workspace_id, namespace, "She likes cake.")
    assert raised.value.code == "memories_full"
