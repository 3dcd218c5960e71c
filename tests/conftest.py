"""Real parts for every test: PostgreSQL and an object store in this process's settings; whole stacks in tests/stack."""

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import alembic.util
import dagster as dg
import hypothesis
import psutil
import pytest
from pydantic import SecretStr
from sqlalchemy import select
from xdist.scheduler.loadscope import LoadScopeScheduling

from content_pipeline.cli import privileges
from content_pipeline.cli.bootstrap import prepare_stores
from content_pipeline.cli.services import services_of
from content_pipeline.cli.stack_config import ROOT, StackConfig
from content_pipeline.cli.state import State, UserSettings
from content_pipeline.core.avatars.heygen import client as heygen_client
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import Base, discard_engines, dispose_engines, engine, transaction
from content_pipeline.core.infrastructure.net import read_retries
from content_pipeline.core.media import untrusted
from content_pipeline.core.models import Plan
from content_pipeline.core.platforms import transport
from content_pipeline.core.settings import settings
from content_pipeline.core.twins import embeddings
from content_pipeline.engine.dagster_storage import PostgresStorage
from sandbox.heygen.protocol import API_KEY
from sandbox.heygen.webhooks import CALLBACK_SECRET
from tests.accounts import sandbox_settings
from tests.backgrounds import share_backgrounds
from tests.factories import make_workspace
from tests.polling import until
from tests.port_lock import port_lock
from tests.sandbox_server import Sandbox, served_sandbox

STACKS: Final = "tests/stack/"
SHARED_STACK: Final = "/publishing"  # the folder whose files use the stack of the one above
THIRD: Final = "gw2"
MANY_SLOW_TESTS: Final = 10  # in a file: it takes half a minute or more
COORDINATOR: Final = {"module": "content_pipeline.engine.coordinator", "class": "QueuedRunCoordinator"}
# Nobody reads the files of a test's database again, so it does not wait for the disk.
UNSAFE_BUT_FAST: Final = {"postgres": ("-c", "fsync=off", "-c", "full_page_writes=off")}

# The machine is shared: how long an example takes says nothing about the code.
hypothesis.settings.register_profile("shared", deadline=None)
hypothesis.settings.load_profile("shared")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that need a stack come first, as they mostly wait; then long files: the last one would run alone.

    What needs a stack is left to `make test-nightly`, but for the path through each capability and the samples.
    """
    for item in items:
        if item.nodeid.startswith(STACKS):
            item.add_marker("stack")
        if item.get_closest_marker("stack") and not any(map(item.get_closest_marker, ("smoke", "sample"))):
            item.add_marker("nightly")
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: (not item.nodeid.startswith(STACKS), slow[item.path] < MANY_SLOW_TESTS))


class Scopes(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """What stays together in one of pytest-xdist's processes: a file, and the files of a folder that share a stack.

    Its own way to say so, `xdist_group`, does nothing under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        folder = file.rpartition("/")[0]
        return folder.removesuffix(SHARED_STACK) if file.startswith(STACKS) else file

    def _assign_work_unit(self, node: Any) -> None:
        """The first in the queue; to the third process the last one."""
        if node.gateway.id == THIRD:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)


def pytest_configure() -> None:
    """Let the third process compute only while the first two wait for their stacks, which take half of two cores."""
    if os.environ.get("PYTEST_XDIST_WORKER") == THIRD:
        os.nice(10)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scopes:
    return Scopes(config, log)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The stores that the embedded stack has, without the rest of it."""
    home = tmp_path_factory.mktemp("stores")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTENT_PIPELINE_HOME", str(home))
        patch.setenv("CONTENT_PIPELINE_DAGSTER_URL", "http://127.0.0.1:1")
        settings.cache_clear()
        share_backgrounds(home, tmp_path_factory)
        # Those of the stack of this checkout, which a module may have made when it was imported, or a test of the API.
        discard_engines()
        storage.client.cache_clear()
        storage.public_client.cache_clear()
        if os.geteuid() == 0:
            privileges.hand_over(home)
        as_owner = privileges.command_prefix(home)
        with port_lock():
            subprocess.run([*as_owner, sys.executable, "-m", "tests.stores", str(home)], cwd=ROOT, check=True)
            state = State.load(home)
            assert state
            plan = StackConfig(home, UserSettings(), state)
            stores = [part for part in services_of(plan) if part.name in ("postgres", "seaweedfs")]
            processes = [
                psutil.Popen([*as_owner, *part.command, *UNSAFE_BUT_FAST.get(part.name, ())]) for part in stores
            ]
            for part in stores:
                until(lambda part=part: part.ready(0), seconds=60, what=part.name)
        try:
            prepare_stores(plan)
            yield
        finally:
            dispose_engines()
            for part, process in zip(stores, processes, strict=True):
                # Killed, as SeaweedFS takes 11 s to stop: nobody reads its files again.
                stop = part.stop_signal if part.name == "postgres" else "KILL"
                process.send_signal(signal.Signals[f"SIG{stop}"])
                process.wait(30)
            settings.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def _revisions_are_loaded_once() -> Iterator[None]:
    """Dagster stamps the tables of each instance in memory with its newest revision, for which Alembic compiles all 60:
    0.07 s of CPU."""
    load = alembic.util.load_python_file
    load_once = cache(load)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            alembic.util,
            "load_python_file",
            lambda folder, name: load(folder, name) if name == "env.py" else load_once(folder, name),
        )
        yield


@pytest.fixture(scope="session", autouse=True)
def _closed_child_processes() -> Iterator[None]:
    """Python complains of sockets that are open when it ends."""
    yield
    untrusted.READER.close()
    embeddings.close()


@pytest.fixture(scope="session")
def _emptying(database: None) -> str:
    """The statements that delete all rows but those that the migrations made."""
    with transaction() as session:
        plans = ", ".join(f"'{name}'" for name in session.scalars(select(Plan.name)))
    tables = [table.name for table in reversed(Base.metadata.sorted_tables) if table.name != "plans"]
    return "; ".join([*(f"delete from {name}" for name in tables), f"delete from plans where name not in ({plans})"])


@pytest.fixture(autouse=True)
def _no_rows_of_other_tests(request: pytest.FixtureRequest) -> None:
    """Sweeps and ticks read the rows of all workspaces, so every test of this process begins without any."""
    if "database" in request.fixturenames:
        emptying = request.getfixturevalue("_emptying")
        with engine().begin() as connection:
            connection.exec_driver_sql(emptying)


@pytest.fixture
def workspace_id(database: None) -> UUID:
    with transaction() as session:
        return make_workspace(session)


@pytest.fixture(scope="session")
def _sandbox(database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One for all tests: starting and stopping it takes longer than most of them."""
    with served_sandbox(tmp_path_factory.mktemp("platforms"), settings().clock_offset_file) as sandbox:
        yield sandbox
        transport.client().close()
        transport.client.cache_clear()


@pytest.fixture
def platforms(_sandbox: Sandbox) -> Iterator[Sandbox]:
    """An empty sandbox, which is what the product takes for the platforms. Both live by the same clock."""
    _sandbox.reset()
    with sandbox_settings(_sandbox):
        yield _sandbox
    settings().clock_offset_file.unlink(missing_ok=True)


@pytest.fixture
def moved_clock(database: None) -> Iterator[None]:
    """Our clock is a year ahead, as the sandbox can set it."""
    settings().clock_offset_file.write_text(str(timedelta(days=365).total_seconds()))
    yield
    settings().clock_offset_file.unlink()


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses between the tries of a read."""
    monkeypatch.setattr(read_retries, "PAUSE_SECONDS", 0.0)


@contextmanager
def _dagster_in(home: Path) -> Iterator[dg.DagsterInstance]:
    """Dagster with our launcher and coordinator on a broker in memory, its records in two SQLite files in `home`."""
    ours = {
        "run_launcher": {
            "module": "content_pipeline.engine.launcher",
            "class": "CeleryRunLauncher",
            "config": {"broker": "memory://", "backend": "disabled://", "default_queue": "media"},
        },
        "run_coordinator": COORDINATOR,
        # By default each run has a file of its own: 0.1 s of CPU.
        "event_log_storage": {
            "module": "dagster._core.storage.event_log",
            "class": "ConsolidatedSqliteEventLogStorage",
            "config": {"base_dir": str(home / "history")},
        },
    }
    with dg.instance_for_test(overrides=ours, temp_dir=str(home)) as instance:
        yield instance


@pytest.fixture(scope="session")
def _empty_dagster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of Dagster without records. Making its tables takes a quarter of a second of CPU, copying it 0.03 s."""
    home = tmp_path_factory.mktemp("dagster")
    with _dagster_in(home) as instance:
        instance.get_run_records(limit=1)
        instance.fetch_materializations(dg.AssetKey("any"), limit=1)
        instance.all_instigator_state()
    return home


@pytest.fixture
def instance(database: None, _empty_dagster: Path, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """A Dagster instance of its own with our launcher and coordinator, on a broker in memory."""
    with _dagster_in(shutil.copytree(_empty_dagster, tmp_path / "dagster")) as instance:
        yield instance


@pytest.fixture
def kept_instance(database: None) -> Iterator[dg.DagsterInstance]:
    """A Dagster instance on our storage, with our coordinator."""
    url = settings().dagster_database_url.get_secret_value()
    kept = {"module": PostgresStorage.__module__, "class": "PostgresStorage", "config": {"postgres_url": url}}
    with dg.instance_for_test(overrides={"storage": {"custom": kept}, "run_coordinator": COORDINATOR}) as instance:
        yield instance


@pytest.fixture
def heygen(platforms: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """HeyGen's stand-in, reached as `up` sets it."""
    monkeypatch.setattr(settings(), "avatar_provider", "heygen")
    monkeypatch.setattr(settings(), "heygen_url", f"{platforms.url}/api.heygen.com")
    monkeypatch.setattr(settings(), "heygen_api_key", SecretStr(API_KEY))
    monkeypatch.setattr(settings(), "heygen_webhook_secret", SecretStr(CALLBACK_SECRET))
    monkeypatch.setattr(settings(), "allowed_private_hosts", [platforms.url.removeprefix("http://")])
    yield platforms
    heygen_client.client().close()
    heygen_client.client.cache_clear()
