"""The CSV inbox sensor: bounded ticks, workspaces take turns, and no file blocks another."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import select
from werkzeug import Request, Response

from content_pipeline.core.bulk import csv_rows
from content_pipeline.core.bulk.inbox_round_robin import MAX_ATTEMPTS
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Batch, Reel, Workspace
from content_pipeline.core.tasks import dagster_client
from content_pipeline.core.tasks.partition_keys import row_id
from content_pipeline.sensors import csv_inbox
from tests.dagster_address import dagster_at
from tests.factories import make_twin, make_workspace

# The store takes no longer name, and that of its report would be.
UNMOVABLE = "n" * 250 + ".csv"


@pytest.fixture
def launched_keys(httpserver: HTTPServer) -> Iterator[list[str]]:
    """The row ids of the runs that Dagster was asked to launch."""
    keys: list[str] = []

    def answer(request: Request) -> Response:
        runs = json.loads(request.data)["variables"]["runs"]
        tags = [tag for run in runs for tag in run["executionMetadata"]["tags"]]
        keys.extend(row_id(tag["value"]) for tag in tags if tag["key"] == dagster_client.PARTITION_TAG)
        results = [{"__typename": "LaunchRunSuccess"} for _ in runs]
        data = {"launchMultipleRuns": {"launchMultipleRunsResult": results}}
        return Response(json.dumps({"data": data}), mimetype="application/json")

    httpserver.expect_request("/graphql").respond_with_handler(answer)
    with dagster_at(httpserver.url_for("")):
        yield keys


@pytest.fixture
def ticks(database: None) -> Iterator[Callable[[], None]]:
    """Ticks of the sensor, one after the other. The inbox is empty before: a tick reads the files of all workspaces."""
    for file in waiting("inbox/"):
        storage.delete(file)

    with dg.DagsterInstance.ephemeral() as instance:

        def tick() -> None:
            with dg.build_sensor_context(instance=instance) as context:
                csv_inbox.ingest_csv_inbox(context)

        yield tick


def make_folder() -> str:
    """A twin's folder of the inbox, in a workspace of its own."""
    with transaction() as session:
        workspace_id = make_workspace(session)
        make_twin(session, workspace_id, name="Twin")
        return f"inbox/{session.get_one(Workspace, workspace_id).name}/Twin/tiktok"


@pytest.fixture
def folder(ticks: Callable[[], None]) -> str:
    return make_folder()


def put(key: str, data: bytes = b"script\nJust this.\n") -> None:
    storage.put(key, io.BytesIO(data), content_type="text/csv")


def waiting(folder: str) -> list[str]:
    return [file.key for file in storage.list_after("inbox/", prefix=folder, most=1000)]


def reels(folder: str) -> list[str]:
    query = select(Reel.id).join(Batch, Batch.id == Reel.batch_id).where(Batch.drop.startswith(folder))
    with transaction() as session:
        return [str(reel_id) for reel_id in session.scalars(query)]


def report(folder: str) -> str:
    """The only report of a folder's rejected files."""
    prefix = folder.replace("inbox/", "rejected/")
    (found,) = (file for file in storage.list_after("rejected/", prefix=prefix, most=10) if file.key.endswith(".txt"))
    return storage.read(found, most_bytes=10_000).decode()


@pytest.mark.slow
def test_the_reels_of_a_dropped_file_are_started(
    folder: str, launched_keys: list[str], ticks: Callable[[], None]
) -> None:
    put(f"{folder}/scripts.csv", b"script\nThis is one.\nThis is two.\n")
    ticks()
    assert sorted(launched_keys) == sorted(reels(folder))
    assert len(launched_keys) == 2


@pytest.mark.slow
def test_a_file_that_cannot_be_moved_blocks_no_other(
    folder: str, launched_keys: list[str], ticks: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_inbox, "FILES_A_TICK", 2)
    stuck = [f"{folder}/{number}{UNMOVABLE[1:]}" for number in (1, 2, 4)]
    for key in (*stuck, f"{folder}/3.csv", f"{folder}/5.csv"):
        put(key, b"" if key in stuck else b"script\nJust this.\n")
    for _ in range(3):
        ticks()
    assert len(launched_keys) == len(reels(folder)) == 2
    assert waiting(folder) == stuck


@pytest.mark.slow
def test_a_tick_ends_in_time_and_the_next_one_goes_on(
    folder: str, launched_keys: list[str], ticks: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_inbox, "SECONDS_A_TICK", 0)
    for number in range(3):
        put(f"{folder}/{number}.csv")
    ticks()
    assert (len(launched_keys), waiting(folder)) == (1, [f"{folder}/1.csv", f"{folder}/2.csv"])
    ticks()
    assert (len(launched_keys), waiting(folder)) == (2, [f"{folder}/2.csv"])


@pytest.mark.slow
def test_after_the_last_file_the_first_is_looked_at_again(
    folder: str, launched_keys: list[str], ticks: Callable[[], None]
) -> None:
    put(f"{folder}/2.csv")
    ticks()
    put(f"{folder}/1.csv")
    ticks()
    assert len(launched_keys) == 2


@pytest.mark.slow
def test_workspaces_take_turns(
    launched_keys: list[str], ticks: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_inbox, "FILES_A_TICK", 4)
    crowd, *others = sorted(make_folder() for _ in range(4))
    for number in range(10):
        put(f"{crowd}/{number}.csv")
    for other in others:
        put(f"{other}/only.csv")
    ticks()
    assert [len(reels(folder)) for folder in (crowd, *others)] == [1, 1, 1, 1]
    ticks()
    assert len(reels(crowd)) == 5


class Died(BaseException):
    """Stands for the end of the process."""


@pytest.mark.slow
def test_a_file_that_ends_the_process_holds_up_no_other_and_is_rejected_in_the_end(
    folder: str, launched_keys: list[str], ticks: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    parse = csv_rows.parse

    def dies(data: bytes, **options: Any) -> csv_rows.Sheet:
        if b"deadly" in data:
            raise Died
        return parse(data, **options)

    monkeypatch.setattr(csv_rows, "parse", dies)
    put(f"{folder}/1.csv", b"script\ndeadly\n")
    put(f"{folder}/2.csv")
    with pytest.raises(Died):
        ticks()
    ticks()
    assert (len(launched_keys), waiting(folder)) == (1, [f"{folder}/1.csv"])
    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(Died):
            ticks()
        ticks()
    ticks()
    assert waiting(folder) == []
    assert "1.csv was rejected" in report(folder)


@pytest.mark.slow
def test_a_file_whose_turn_had_come_when_the_process_ended_is_taken_later(
    folder: str, launched_keys: list[str], ticks: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(f"{folder}/1.csv")

    def dies(*_: object, **__: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(csv_inbox.csv_inbox, "ingest", dies)
        with pytest.raises(Died):
            ticks()
    for _ in range(2):
        ticks()
    assert (len(launched_keys), waiting(folder)) == (1, [])


@pytest.mark.slow
def test_a_file_at_which_the_program_fails_is_rejected_with_a_report(
    folder: str, launched_keys: list[str], ticks: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_rows, "parse", lambda *_, **__: 1 / 0)
    put(f"{folder}/poisoned.csv")
    ticks()
    assert waiting(folder) == []
    assert "because of a fault of this service" in report(folder)
    assert "division" not in report(folder)


@pytest.mark.slow
def test_a_file_beside_the_folders_of_the_workspaces_is_rejected(
    folder: str, launched_keys: list[str], ticks: Callable[[], None]
) -> None:
    put("inbox/scripts.csv")
    ticks()
    assert waiting("inbox/scripts.csv") == []
