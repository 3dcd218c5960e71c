"""Test harness: a whole stack, driven like users do, by the command line and over HTTP."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import psutil
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.orm import Session

from content_pipeline.cli import privileges, processes, readiness
from content_pipeline.cli.state import State
from content_pipeline.cli.supervision import GONE, Supervisor
from content_pipeline.core.tasks import dagster_client
from content_pipeline.core.tasks.partition_keys import row_id
from content_pipeline.core.workspaces.workspaces import create_key
from tests.polling import until
from tests.port_lock import port_lock
from tests.sandbox_client import Sandbox
from tests.stack.client import REDIRECT_URI, Client


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def kill_all(found: Iterable[psutil.Process]) -> None:
    """kill -9. Processes of a pool end by themselves once their parent is gone: on a busy machine one had, before its
    turn."""
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.kill()


class Stack:
    """A stack in its own home, on free ports, run by `content-pipeline up`."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        self.api_port, self.dagster_port, self.sandbox_port, self.remote_port = (free_port() for _ in range(4))
        self.env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("CONTENT_PIPELINE_")},
            "CONTENT_PIPELINE_HOME": str(home),
            "CONTENT_PIPELINE_API_PORT": str(self.api_port),
            "CONTENT_PIPELINE_DAGSTER_PORT": str(self.dagster_port),
            "CONTENT_PIPELINE_SANDBOX_PORT": str(self.sandbox_port),
            # where tests run servers that act as external ones
            "CONTENT_PIPELINE_ALLOWED_PRIVATE_HOSTS": f"localhost:{self.remote_port}",
            "CONTENT_PIPELINE_FETCH_SECONDS": "8",
            **settings,
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a `content-pipeline` command with captured output."""
        command = [str(Path(sys.executable).parent / "content-pipeline"), *arguments]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def up(self) -> None:
        with port_lock():
            self.run("up", "--detach")

    def down(self) -> None:
        self.run("down")

    @contextmanager
    def client(self, workspace: str, plan: str = "studio") -> Iterator[Client]:
        with Session(self.engine) as session:  # as `keys create` does, but without the second that a command takes
            key = create_key(session, workspace=workspace, plan=plan, redirect_uris=[REDIRECT_URI])
            session.commit()
        base = f"{self.url}/api/v1/public"
        with httpx.Client(base_url=base, headers={"X-API-Key": key}, timeout=60) as http:
            yield Client(http)

    def processes(self, service: str | None = None) -> list[psutil.Process]:
        """Running processes of the stack, or of one of its services with the processes that it started."""
        return processes.find(self.home) if service is None else self.services().get(service, [])

    def services(self) -> dict[str, list[psutil.Process]]:
        """Each running service's process, and those that it started."""
        state = State.load(self.home)
        assert state is not None
        found = {}
        for name, process in Supervisor(state).processes().items():
            with suppress(psutil.NoSuchProcess):
                first = psutil.Process(process.pid) if process.pid else None
                found[name] = [first, *first.children(recursive=True)] if first else []
        return found

    def sql(self, query: str, **values: Any) -> list[Any]:
        """Execute SQL in the product's database with autocommit. Returns the rows."""
        with self.engine.connect() as connection:
            result = connection.execute(text(query), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    @cached_property
    def configuration(self) -> dict[str, str]:
        """The settings of the stack's processes, as environment variables."""
        lines = (self.home / "stack.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    @cached_property
    def engine(self) -> Engine:
        return create_engine(
            self.configuration["CONTENT_PIPELINE_DATABASE_URL"], poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.dagster_port}/graphql"
        answer = httpx.post(url, json={"query": query, "variables": variables}, timeout=30).raise_for_status().json()
        data: dict[str, Any] = answer["data"]
        return data

    def runs(self, task_id: str) -> list[dict[str, Any]]:
        """The task's runs in Dagster, newest first."""
        return self.tagged_runs(dagster_client.TASK_TAG, task_id)

    def wait_for_run(self, run_id: str, status: str, seconds: float = 60) -> None:
        """Wait until the run has ended; it must have this status."""
        query = "query Run($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"
        ended = until(
            lambda: (
                (found := self.graphql(query, run=run_id)["runOrError"]["status"]) in ("SUCCESS", "FAILURE", "CANCELED")
                and found
            ),
            seconds=seconds,
            what=f"the end of run {run_id}",
        )
        assert ended == status

    def partition_key(self, row_id: str) -> str:
        """The key by which Dagster knows a row that a task works on."""
        ((key,),) = self.sql("select distinct partition_key from tasks where subject_key = :row", row=row_id)
        return str(key)

    def materialized(self, asset: str, row_ids: list[str]) -> list[int]:
        """How often the asset was materialized for each of these rows, once it was for all of them.

        A run records them a moment after its task has ended.
        """
        query = """query Made($asset: String!) { assetOrError(assetKey: {path: [$asset]}) {
          ... on Asset { assetMaterializations(limit: 10000) { partition } } } }"""

        def counts() -> list[int] | None:
            made = self.graphql(query, asset=asset)["assetOrError"]["assetMaterializations"]
            counted = Counter(row_id(entry["partition"]) for entry in made)
            return [counted[row] for row in row_ids] if set(row_ids) <= counted.keys() else None

        return until(counts, seconds=30, what=f"a record of {asset} for each of {len(row_ids)} rows")

    def launch_asset(self, job: str, row: str, asset: str) -> str:
        """Materialize one asset of a job again, as an operator does in the UI. Returns the run id."""
        return self.launch(job, self.partition_key(row), assetSelection=[{"path": [asset]}])

    def launch(self, job: str, partition: str | None = None, *, queue: str | None = None, **selection: Any) -> str:
        """Launch a run of a job, as the UI does, for a partition if it has any. Returns the run id.

        It goes to the workers of its job's lane, or to those of `queue`.
        """
        query = """mutation Launch($run: ExecutionParams!) { launchRun(executionParams: $run) {
          __typename ... on LaunchRunSuccess { run { runId } } } }"""
        repository = {"repositoryLocationName": "content_pipeline", "repositoryName": "__repository__"}
        tags = {"dagster/partition": partition, dagster_client.QUEUE_TAG: queue}
        pairs = [{"key": key, "value": value} for key, value in tags.items() if value]
        run = {"selector": {**repository, "jobName": job, **selection}, "executionMetadata": {"tags": pairs}}
        launched = self.graphql(query, run=run)["launchRun"]
        run_id: str = launched["run"]["runId"]
        return run_id

    def re_execute(self, run_id: str) -> str:
        """Execute a run again, as an operator does on its page. Returns the id of the new run."""
        query = """mutation Again($of: ReexecutionParams!) { launchRunReexecution(reexecutionParams: $of) {
          __typename ... on LaunchRunSuccess { run { runId } } } }"""
        launched = self.graphql(query, of={"parentRunId": run_id, "strategy": "ALL_STEPS"})["launchRunReexecution"]
        again: str = launched["run"]["runId"]
        return again

    def back_fill(self, asset_paths: list[list[str]], partitions: list[str]) -> str:
        """Launch a back-fill, as the UI does. Returns its id."""
        query = """mutation Launch($back_fill: LaunchBackfillParams!) {
          launchPartitionBackfill(backfillParams: $back_fill) {
            __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
        selection = [{"path": path} for path in asset_paths]
        answer = self.graphql(query, back_fill={"assetSelection": selection, "partitionNames": partitions})
        launched = answer["launchPartitionBackfill"]
        assert "backfillId" in launched, launched
        back_fill_id: str = launched["backfillId"]
        return back_fill_id

    def tagged_runs(self, key: str, value: str) -> list[dict[str, Any]]:
        """The runs with this tag, newest first: `runId`, `status` and their `tags` by name."""
        query = """query Runs($tag: ExecutionTag!) { runsOrError(filter: {tags: [$tag]}) {
          ... on Runs { results { runId status tags { key value } } } } }"""
        found = self.graphql(query, tag={"key": key, "value": value})["runsOrError"]["results"]
        return [{**run, "tags": {tag["key"]: tag["value"] for tag in run["tags"]}} for run in found]

    def check_results(self, task_id: str) -> dict[str, bool]:
        """Results of the asset checks of the task's newest run, once that has succeeded."""
        return self.check_results_of_run(self.runs(task_id)[0]["runId"])

    def check_results_of_run(self, run_id: str) -> dict[str, bool]:
        self.wait_for_run(run_id, "SUCCESS")
        query = """query Log($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { events {
          ... on AssetCheckEvaluationEvent { evaluation { checkName success } } } } } }"""
        events = self.graphql(query, run=run_id)["logsForRun"]["events"]
        found = [event["evaluation"] for event in events if event]
        return {evaluation["checkName"]: evaluation["success"] for evaluation in found}

    def run_lanes(self, task_id: str) -> set[str]:
        """The lanes (Celery queues) of the task's runs."""
        return {run["tags"][dagster_client.QUEUE_TAG] for run in self.runs(task_id)}

    def executing_runs(self, task_id: str) -> list[str]:
        """Ids of the task's runs that a worker still executes, fenced off or not."""
        ids = [run["runId"] for run in self.runs(task_id)]
        rows = self.sql("select run_id from executions where worker is not null and run_id = any(:ids)", ids=ids)
        return [run_id for (run_id,) in rows]

    def pool_process(self, task_id: str) -> psutil.Process:
        """The Celery pool process that executes the task's run, by the pid in the run's event log."""
        (run_id,) = self.executing_runs(task_id)
        log = self.run_log(run_id)
        begun = re.search(r"Started process for run \(pid: (\d+)\)", log)
        assert begun, log
        return psutil.Process(int(begun[1]))

    def run_log(self, run_id: str) -> str:
        """The messages of all events of a run."""
        query = """query Log($run: ID!) {
          logsForRun(runId: $run) { ... on EventConnection { events { ... on MessageEvent { message } } } }
        }"""
        return "\n".join(event["message"] for event in self.graphql(query, run=run_id)["logsForRun"]["events"])

    def ffmpeg_processes(self) -> list[psutil.Process]:
        return [process for process in self.processes() if "ffmpeg" in process.name()]

    @cached_property
    def sandbox(self) -> Sandbox:
        """Client of this stack's sandbox."""
        url = f"http://127.0.0.1:{self.sandbox_port}"
        return Sandbox(url, httpx.Client(base_url=url, timeout=30))

    def kill_supervisor(self) -> None:
        """kill -9 the supervisor. Some services die with it; the next `up` terminates the rest."""
        supervisor = processes.supervisor(self.home)
        assert supervisor is not None
        supervisor.kill()

    def kill(self, *services: str) -> None:
        """kill -9 all processes of these services."""
        kill_all([process for service in services for process in self.processes(service)])

    def end(self) -> None:
        """End all processes at once: `down` waits for each, up to half a minute beside other tests.

        PostgreSQL gives its shared memory back; what the supervisor has started again meanwhile is ended, too.
        """

        def is_gone() -> bool:
            with suppress(psutil.NoSuchProcess):
                for process in sorted(self.processes(), key=lambda process: process.name() != "postgres"):
                    process.send_signal(signal.SIGQUIT if process.name() == "postgres" else signal.SIGKILL)
            return not self.processes()

        until(is_gone, seconds=60, what="the end of all processes")

    def is_ready(self) -> bool:
        """Whether every service is. The command, which takes two seconds, is asked only when the API says so, too."""
        state = State.load(self.home)
        try:
            known = Supervisor(state).processes().values() if state else ()
        except GONE:
            return False
        is_running = [process.state == "RUNNING" or process.has_succeeded for process in known]
        if not (is_running and all(is_running) and readiness.http_ok(f"{self.url}/health/ready")):
            return False
        return self.run("status", check=False).returncode == 0

    def wait_until_ready(self) -> None:
        until(self.is_ready, seconds=90, what="a ready stack")

    def scratch_folders(self) -> set[str]:
        scratch = self.home / "scratch"
        return {path.name for path in scratch.iterdir()} if scratch.exists() else set()

    @contextmanager
    def extra_worker(self, lane: str, queue: str | None = None, **settings: str) -> Iterator[psutil.Popen]:
        """An additional worker of a lane, as on another host; of a queue of its own, if that is named."""
        options = ["-Q", queue or lane, "-n", f"extra-{lane}@%h", "-c", "2"]
        worker_command = [sys.executable, "-m", "celery", "-A", "content_pipeline.engine.worker", "worker", *options]
        command = [*privileges.command_prefix(self.home), *worker_command]
        environ = {**self.processes(lane)[0].environ(), "CONTENT_PIPELINE_LANE": lane, **settings}
        with (self.home / "logs" / f"extra-{lane}.log").open("w") as log:
            worker = psutil.Popen(command, env=environ, stdout=log, stderr=log)
        try:
            yield worker
        finally:
            worker.terminate()
            worker.wait(60)


@contextmanager
def running(home: Path, **settings: str) -> Iterator[Stack]:
    """A stack that is up during the block, and leaves no process behind."""
    stack = Stack(home, **settings)
    stack.up()
    try:
        yield stack
    finally:
        stack.sandbox.http.close()
        stack.end()
