"""Memory recall: quality of search by paraphrased questions among a thousand memories, and its latency."""

from collections.abc import Iterator
from functools import partial

import httpx

from bench.environment import Environment
from bench.figures import Figure, Reference, Target, quantile
from tests.core.twins.memories import ASKED, memories
from tests.stack.client import Client, answered

FEW, MANY = 10, 1_000
_FIRST = 3


def measure(environment: Environment) -> Iterator[Figure]:
    with environment.client() as client:
        answer = client.http.post("/twins", json={"name": "Bench", "voice_id": "en-US"})
        namespace = answer.raise_for_status().json()["memory_namespace"]
        known = memories(MANY)
        _remember(client, namespace, known[:FEW])
        among_few = _milliseconds(client, namespace, environment.times(150))
        _remember(client, namespace, known[FEW:])
        environment.idle()
        among_many = _milliseconds(client, namespace, environment.times(150))
        found = [content in _recalled(client, namespace, question) for content, question in ASKED.items()]
    yield Figure(
        f"recall among {MANY:,} memories, 95 %",
        quantile(among_many, 0.95),
        "ms",
        Reference(f"among {FEW}", quantile(among_few, 0.95)),
        Target(60),
        len(among_many),
    )
    yield Figure(
        f"paraphrased questions answered by the first {_FIRST}",
        100 * sum(found) / len(found),
        "%",
        target=Target(90, side="at least"),
        samples=len(found),
    )


def _remember(client: Client, namespace: str, contents: list[str]) -> None:
    for content in contents:
        client.http.post("/memory/v2/remember", json={"namespace": namespace, "content": content}).raise_for_status()


def _milliseconds(client: Client, namespace: str, times: int) -> list[float]:
    questions = list(ASKED.values())
    _recalled(client, namespace, questions[0])  # loads the model
    return [_timed(client, namespace, questions[number % len(questions)]) for number in range(times)]


def _timed(client: Client, namespace: str, question: str) -> float:
    return 1000 * _answer(client, namespace, question).elapsed.total_seconds()


def _recalled(client: Client, namespace: str, question: str) -> list[str]:
    """Contents of the first results."""
    return [result["content"] for result in _answer(client, namespace, question).json()["results"]]


def _answer(client: Client, namespace: str, question: str) -> httpx.Response:
    body = {"namespace": namespace, "query": question, "limit": _FIRST}
    return answered(partial(client.http.post, "/memory/v2/recall", json=body)).raise_for_status()
