"""Fairness: start latency of a short request while another workspace fills the media slots and queues fifty more."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from bench.environment import Environment
from bench.figures import Figure, Reference, Target, median
from bench.start_latency import start
from content_pipeline.core.settings import Settings
from tests.polling import until
from tests.stack.client import Client

QUEUED = 50
_STATES = "select state from tasks where id = any(:ids)"


def measure(environment: Environment) -> Iterator[Figure]:
    slots, times = Settings().slots_media, environment.times(9)
    with environment.client() as crowd, environment.client() as person:
        environment.idle()
        alone = [_sent(person, environment) for _ in range(times)]
        with ThreadPoolExecutor(4) as pool:
            long = list(pool.map(lambda _: crowd.caption(environment.recording)["task_id"], range(slots + QUEUED)))
        working = "select count(*) = :slots from executions where subject is not null and not stop"
        until(lambda: environment.stack.sql(working, slots=slots)[0][0], seconds=60, what="full media slots")
        crowded = [_sent(person, environment) for _ in range(times)]
        states = Counter(state for (state,) in environment.stack.sql(_STATES, ids=long))
        for task_id in long:
            crowd.http.post(f"/tasks/{task_id}/cancel")
    idle = Reference("on an idle stack", median(alone))
    assert set(states) <= {"queued", "processing", "done"}, states
    what = f"POST → started behind {states['processing']} + {states['queued']} long ones"
    yield Figure(f"{what}, median", median(crowded), "s", idle, samples=times)
    yield Figure(f"{what}, worst", max(crowded), "s", idle, Target(2), times)


def _sent(person: Client, environment: Environment) -> float:
    made = start(person, environment.sentence)
    person.wait_for_task(made.task_id)
    return made.sent
