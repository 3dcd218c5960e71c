"""Fault injection: avatar jobs at HeyGen while processes are killed and answers are lost. Each is rendered, charged and
reported once.

`make avatar-faults` runs it with 100 jobs, also against a HeyGen that loses no answer; the test suite with fewer.
"""

import json
import os
import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import httpx
from sqlalchemy.exc import OperationalError

from content_pipeline.core.infrastructure.net.read_retries import TRIES
from sandbox.heygen.catalog import LOOKS
from tests.polling import until
from tests.sandbox.heygen.customer import read
from tests.stack import faults
from tests.stack.client import Client
from tests.stack.harness import Stack
from tests.webhook_receiver import Received, Receiver, serving

JOBS = int(os.environ.get("FAULTS_AVATARS", "4"))
# Whether HeyGen honors idempotency keys and loses no answer, so that only our own processes fail.
RELIABLE = os.environ.get("FAULTS_HEYGEN") == "reliable"
# Timeout for a hanging test, not a product figure.
TIMEOUT_SECONDS = 300 + 20 * JOBS
# All that takes part, HeyGen included, and the worker at every second turn.
VICTIMS = (
    *("io", "postgres", "io", "sandbox", "io", "daemon", "io", "seaweedfs", "io", "api"),
    *("io", "valkey", "io", "webserver", "io", "code", "io", "supervisor"),
)
# While jobs are submitted, and again while their videos are waited for and collected.
KILLS = max(1, JOBS * 15 // 100)
# Seconds between kills: few jobs have ended soon. Many are collected eight at a time; killed every 5 to 15 s on a busy
# machine, 5 of 100 lost four workers in a row, which ends a task.
PAUSE = (2, 5) if JOBS < 10 else (15, 30)
# HeyGen's time passes in steps of this length.
STEP_SECONDS = 180.0


def test_each_avatar_job_is_rendered_charged_and_told_once(stack: Stack, client: Client) -> None:
    stack.sandbox.set(heygen_honors_idempotency=RELIABLE)
    before = _accepted(stack)
    if not RELIABLE:
        _lose_answers(stack)
    with serving(stack.remote_port) as receiver, _passing_time(stack):
        with _kills(stack, VICTIMS) as at_submission:
            jobs = _request(client, receiver)
            until(lambda: _are_submitted(stack), seconds=TIMEOUT_SECONDS, what="all submissions", pause=1)
        with _kills(stack, VICTIMS[::-1]) as at_collection:
            paths = [f"/multimodal/avatar/{job['job_id']}" for job in jobs]
            ends = faults.wait_for_ends(
                client, paths, lambda answer: answer["status"] in ("done", "error"), seconds=TIMEOUT_SECONDS
            )
            told = until(lambda: _told(receiver, jobs), seconds=TIMEOUT_SECONDS, what="the events of all jobs")
    results = [ends[path] for path in paths]
    assert [end["error"] for end in results if end["status"] == "error"] == []
    assert at_submission + at_collection
    assert _accepted(stack) - before == len(jobs)
    _check_renders(stack, jobs)
    _check_charges(stack, {end["job_id"]: end["result"]["credits_billed"] for end in results})
    for job, events in zip(jobs, told, strict=True):
        (recorded,) = stack.sql("select id from webhook_events where data ->> 'task_id' = :task", task=job["task_id"])
        assert {event.event_id for event in events} == {str(*recorded)}
        assert {json.loads(event.body)["type"] for event in events} == {"task.completed"}
    lost = sum(entry["status"] == "dropped" for entry in stack.sandbox.requests())
    faced = f"{len(at_submission)} + {len(at_collection)} services killed, {lost} answers of HeyGen lost"
    print(f"\n{JOBS} jobs, {faced}: one render, charge and event each, {sum(map(len, told))} deliveries")  # noqa: T201 - for `make avatar-faults`


def _lose_answers(stack: Stack) -> None:
    """Lose half of the submissions on their way back and a quarter on their way there, and some reads."""
    stack.sandbox.fail("heygen", "commit", "accept_then_drop", times=JOBS // 2)
    stack.sandbox.fail("heygen", "commit", "drop", times=JOBS // 4)
    stack.sandbox.fail("heygen", "confirm", "drop", times=JOBS // 2)
    stack.sandbox.fail("heygen", "download", "drop", times=JOBS // 4)


def _kills(stack: Stack, victims: Sequence[str]) -> AbstractContextManager[list[str]]:
    return faults.kills(stack, victims, times=KILLS, pause=PAUSE, kind="avatar", seconds=TIMEOUT_SECONDS)


def _are_submitted(stack: Stack) -> bool:
    with suppress(OperationalError):
        return not stack.sql("select 1 from avatar_videos where external_id is null")
    return False


def _request(client: Client, receiver: Receiver) -> list[dict[str, Any]]:
    """Request all jobs, each with a webhook of its own. Returns the answers."""
    twin = client.create_twin()
    bodies = [
        {
            "twin_id": twin,
            "avatar_id": next(iter(LOOKS)),
            "script": f"This is the video number {number}.",
            "webhook_url": f"{receiver.url}/{number}",
        }
        for number in range(JOBS)
    ]
    path = "/multimodal/avatar/generate"
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda body: faults.post(client, path, body, seconds=TIMEOUT_SECONDS), bodies))


@contextmanager
def _passing_time(stack: Stack) -> Iterator[None]:
    """HeyGen's minutes pass during the block. In a third of the steps it drops answers and downloads, until it has
    dropped a tenth as often as there are jobs: seven losses end a task, and few jobs would get them all."""
    losses = 0 if RELIABLE else JOBS // 10
    ended, left = threading.Event(), {"confirm": losses, "download": losses}

    def pass_time() -> None:
        while not ended.wait(1):
            # Otherwise a service that is down for seconds would be so for minutes, longer than anything is retried.
            if stack.is_ready() and not faults.works_on(stack, "avatar"):
                with suppress(httpx.HTTPError):
                    stack.sandbox.advance(STEP_SECONDS)
                    # These faults are not ordered all at once: the first videos would lose seven downloads, which ends
                    # a task.
                    for kind, times in (("confirm", TRIES), ("download", 1)):
                        if left[kind] and random.random() < 0.3:
                            left[kind] -= 1
                            stack.sandbox.fail("heygen", kind, "drop", times=times)

    with ThreadPoolExecutor(1) as pool:
        passing = pool.submit(pass_time)
        try:
            yield
        finally:
            ended.set()
        passing.result()


def _told(receiver: Receiver, jobs: Sequence[object]) -> list[list[Received]] | None:
    """The deliveries to each job's webhook, once each has one."""
    told = [receiver.of(f"/{number}") for number in range(len(jobs))]
    return told if all(told) else None


def _accepted(stack: Stack) -> int:
    """How many submissions HeyGen has accepted."""
    requests = stack.sandbox.requests()
    return sum(entry["mutation"] and (entry["platform"], entry["step"]) == ("heygen", "commit") for entry in requests)


def _check_renders(stack: Stack, jobs: Sequence[Mapping[str, Any]]) -> None:
    """The video that HeyGen has of each job is the one which the job has."""
    ids = [job["job_id"] for job in jobs]
    videos = read(stack.sandbox, "/videos", limit=100)["data"]
    submitted = {video["title"].removeprefix("content-pipeline ").rpartition("-")[0]: video["id"] for video in videos}
    ours = stack.sql("select id, external_id from avatar_videos where cast(id as text) = any(:ids)", ids=ids)
    assert {job_id: submitted[job_id] for job_id in ids} == {str(job_id): video_id for job_id, video_id in ours}


def _check_charges(stack: Stack, billed: Mapping[str, int]) -> None:
    """The ledger charges each job once, what the job says, and holds nothing any more."""
    of_jobs = "cast(render_id as text) = any(:ids)"
    spent = f"select render_id, amount from credit_entries where target = 'spent' and {of_jobs}"
    charges = stack.sql(spent, ids=list(billed))
    assert sorted((str(job_id), amount) for job_id, amount in charges) == sorted(billed.items())
    held = "select sum(case target when 'held' then amount else -amount end) from credit_entries"
    held += f" where 'held' in (source, target) and {of_jobs} group by render_id"
    assert set(stack.sql(held, ids=list(billed))) == {(0,)}
