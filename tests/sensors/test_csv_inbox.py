"""The CSV inbox sensor: bounded ticks, and no file blocks another."""

import io
import json
from collections.abc import Iterator

import dagster as dg
import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import select
from werkzeug import Request, Response

from content_pipeline.core import storage
from content_pipeline.core.database import transaction
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
def folder(database: None) -> str:
    """A twin's folder of the inbox. The inbox holds no other files, because a tick reads those of all workspaces."""
    for file in waiting("inbox/"):
        storage.delete(file)
    with transaction() as session:
        workspace_id = make_workspace(session)
        make_twin(session, workspace_id, name="Twin")
        return f"inbox/{session.get_one(Workspace, workspace_id).name}/Twin/tiktok"


def put(key: str, data: bytes = b"script\nJust this.\n") -> None:
    storage.put(key, io.BytesIO(data), content_type="text/csv")


def waiting(folder: str) -> list[str]:
    return [file.key for file in storage.list_after("inbox/", prefix=folder, most=1000)]


def tick(cursor: str | None = None) -> str | None:
    with dg.build_sensor_context(cursor=cursor) as context:
        csv_inbox.ingest_csv_inbox(context)
        return context.cursor


def reels(folder: str) -> list[str]:
    query = select(Reel.id).join(Batch, Batch.id == Reel.batch_id).where(Batch.drop.startswith(folder))
    with transaction() as session:
        return [str(reel_id) for reel_id in session.scalars(query)]


def test_the_reels_of_a_dropped_file_are_started(folder: str, launched_keys: list[str]) -> None:
    put(f"{folder}/scripts.csv", b"script\nThis is one.\nThis is two.\n")
    tick()
    assert sorted(launched_keys) == sorted(reels(folder))
    assert len(launched_keys) == 2


@pytest.mark.slow
def test_a_file_that_cannot_be_ingested_blocks_no_other(
    folder: str, launched_keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_inbox, "FILES_A_TICK", 2)
    stuck = [f"{folder}/{number}{UNMOVABLE[1:]}" for number in (1, 2, 4)]
    for key in (*stuck, f"{folder}/3.csv", f"{folder}/5.csv"):
        put(key, b"" if key in stuck else b"script\nJust this.\n")
    cursor = None
    for _ in range(3):
        cursor = tick(cursor)
    assert len(launched_keys) == len(reels(folder)) == 2
    assert waiting(folder) == stuck


def test_a_tick_ends_in_time_and_the_next_one_goes_on(
    folder: str, launched_keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_inbox, "SECONDS_A_TICK", 0)
    for number in range(3):
        put(f"{folder}/{number}.csv")
    cursor = tick()
    assert (len(launched_keys), cursor) == (1, f"{folder}/0.csv")
    cursor = tick(cursor)
    assert (len(launched_keys), cursor) == (2, f"{folder}/1.csv")


def test_after_the_last_file_the_first_is_looked_at_again(folder: str, launched_keys: list[str]) -> None:
    put(f"{folder}/2.csv")
    cursor = tick()
    put(f"{folder}/1.csv")
    tick(cursor)
    assert len(launched_keys) == 2
