"""CSV inbox: each file becomes one batch or one report, also after crashes and with concurrent daemons."""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select

from content_pipeline.core.bulk import batches, csv_inbox
from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import engine, transaction
from content_pipeline.core.infrastructure.storage import StoredObject
from content_pipeline.core.models import Batch, Twin, Workspace
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import settings
from tests.factories import make_twin, make_workspace

GOOD = b"script,platform\nThis is one.,tiktok\nThis is two.,\n"
BAD = b"script,platform\nThis is fine.,\n,tiktok\nThis is not.,myspace\n"


class Crash(BaseException):
    """Stands for the death of the process."""


@dataclass
class Inbox:
    """The inbox of a workspace with one twin, and the outcomes of its files."""

    workspace: Workspace
    twin: Twin

    def put(self, data: bytes, path: str | None = None, name: str = "scripts.csv") -> StoredObject:
        """Upload a file to the inbox, by default to the twin's path."""
        key = f"inbox/{path or f'{self.workspace.name}/{self.twin.name}/instagram/{name}'}"
        storage.put(key, io.BytesIO(data), content_type="text/csv")
        return next(file for file in self.waiting() if file.key == key)

    def waiting(self) -> list[StoredObject]:
        return storage.list_after("inbox/", prefix=f"inbox/{self.workspace.name}/", most=1000)

    def tick(self) -> None:
        for file in self.waiting():
            csv_inbox.ingest(file)

    def batches(self) -> list[Batch]:
        with transaction() as session:
            return list(session.scalars(select(Batch).where(Batch.workspace_id == self.workspace.id)))

    def accepted(self) -> list[str]:
        return self._keys("accepted/")

    def rejected(self) -> list[str]:
        return self._keys("rejected/")

    def report(self) -> str:
        (key,) = (key for key in self.rejected() if key.endswith(".report.txt"))
        return self.text(key)

    def text(self, key: str) -> str:
        return storage.client().get_object(Bucket=settings().s3_bucket, Key=key)["Body"].read().decode()

    def _keys(self, area: str) -> list[str]:
        found = storage.list_after(area, prefix=f"{area}{self.workspace.name}/", most=1000)
        return [file.key for file in found]


@pytest.fixture
def inbox(database: None) -> Iterator[Inbox]:
    with transaction() as session:
        workspace_id = make_workspace(session)
        inbox = Inbox(session.get_one(Workspace, workspace_id), make_twin(session, workspace_id))
    yield inbox
    for file in inbox.waiting():
        storage.delete(file.key)


@contextmanager
def before(operation: str, act: Callable[[], Any]) -> Iterator[None]:
    """Call `act` once, just before this operation of the object store."""
    events, name = storage.client().meta.events, f"before-send.s3.{operation}"

    def act_once(**_: Any) -> None:
        events.unregister(name, act_once)
        act()

    events.register(name, act_once)
    yield


@contextmanager
def at_call(number: int, act: Callable[[], Any], *, database: bool = True) -> Iterator[None]:
    """Call `act` at the numbered call to the object store (request and response both count) or to the database."""
    calls = count(1)
    events = storage.client().meta.events

    def called(*_: Any, **__: Any) -> None:
        if next(calls) == number:
            act()

    for name in ("before-send.s3", "after-call.s3"):
        events.register(name, called)
    for name in ("before_cursor_execute", "commit") if database else ():
        event.listen(engine(), name, called)
    try:
        yield
    finally:
        for name in ("before-send.s3", "after-call.s3"):
            events.unregister(name, called)
        for name in ("before_cursor_execute", "commit") if database else ():
            event.remove(engine(), name, called)


def crash() -> None:
    raise Crash


# ── outcomes ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_becomes_a_batch_and_moves_to_accepted(inbox: Inbox) -> None:
    tasks = csv_inbox.ingest(inbox.put(GOOD))
    (batch,) = inbox.batches()
    assert (batch.twin_id, batch.platform, batch.rows) == (inbox.twin.id, "instagram", 2)
    with transaction() as session:
        jobs = batches.jobs(session, batch.id)
    assert [task.id for task in tasks] == [task.id for _, task in jobs]
    assert [(reel.script, reel.platform) for reel, _ in jobs] == [
        ("This is one.", "tiktok"),
        ("This is two.", "instagram"),
    ]
    assert inbox.accepted() == [f"accepted/{inbox.workspace.name}/{inbox.twin.name}/instagram/{batch.id}/scripts.csv"]
    assert inbox.waiting() == inbox.rejected() == []


@pytest.mark.parametrize("path", ["{0.name}/{1.name}", "{0.id}/{1.id}", "{0.name}/{1.id}", "{0.id}/{1.name}"])
def test_workspace_and_twin_are_called_by_name_or_by_id(inbox: Inbox, path: str) -> None:
    place = f"{path.format(inbox.workspace, inbox.twin)}/tiktok/scripts.CSV"
    storage.put(f"inbox/{place}", io.BytesIO(GOOD), content_type="text/csv")
    (file,) = storage.list_after("inbox/", prefix=f"inbox/{place}", most=1)
    assert len(csv_inbox.ingest(file)) == 2
    assert [batch.twin_id for batch in inbox.batches()] == [inbox.twin.id]


def test_paths_may_hold_any_characters(inbox: Inbox) -> None:
    with transaction() as session:
        inbox.twin = make_twin(session, inbox.workspace.id, name="Zoë & Co. +100% #1 <ゾーイ>")
    csv_inbox.ingest(inbox.put(GOOD, name="März, *neu* (1).csv"))
    (key,) = inbox.accepted()
    assert key.endswith(f"/Zoë & Co. +100% #1 <ゾーイ>/instagram/{inbox.batches()[0].id}/März, *neu* (1).csv")
    assert inbox.waiting() == []


def test_a_bad_file_moves_to_rejected_with_a_line_for_everything_that_is_wrong(inbox: Inbox) -> None:
    file = inbox.put(BAD)
    assert csv_inbox.ingest(file) == []
    assert inbox.rejected() == [csv_inbox.rejected_key(file), f"{csv_inbox.rejected_key(file)}.report.txt"]
    assert inbox.batches() == inbox.accepted() == inbox.waiting() == []
    assert inbox.report() == (
        f"{file.key} was rejected; nothing was stored.\n"
        "\n"
        "2 rows of the CSV cannot become videos.\n"
        "Row 1 is the first row below the column names.\n"
        "\n"
        "Row 2, script: The script is empty. Write what is to be said, or drop the row.\n"
        "Row 3, platform: There is no platform named 'myspace'. Choose one of: instagram, tiktok, linkedin, youtube.\n"
        "\n"
        "Correct these rows and upload the whole file again.\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The CSV is empty."),
        (b"PK\x03\x04 and so on", "This is a workbook or an archive, not a CSV."),
        (b"script\n" + b"One more.\n" * 101, "The CSV has more than 100 rows, which is what your plan allows"),
        (b"script\n" + b"x" * 5_000_000, "The CSV has more than 5,000,000 bytes."),
        (b"script\nab\"c\n\xff", "The CSV is neither in UTF-8 nor in UTF-16."),
    ],
)  # fmt: skip
def test_a_file_is_refused_for_what_the_api_refuses_it_for(inbox: Inbox, data: bytes, reason: str) -> None:
    csv_inbox.ingest(inbox.put(data))
    assert reason in inbox.report()
    assert inbox.batches() == inbox.waiting() == []


@pytest.mark.parametrize(
    "path", ["scripts.csv", "Tech Creator/scripts.csv", "Tech Creator/myspace/scripts.csv",
             "Tech Creator/instagram/scripts.xlsx", "Tech Creator/instagram/2026/scripts.csv",
             "Somebody Else/instagram/scripts.csv"],
)  # fmt: skip
def test_the_report_of_a_file_in_the_wrong_place_says_where_files_belong(inbox: Inbox, path: str) -> None:
    csv_inbox.ingest(inbox.put(GOOD, f"{inbox.workspace.name}/{path}"))
    assert "under inbox/<workspace>/<twin>/<platform>/<name>.csv" in inbox.report()
    assert inbox.batches() == inbox.waiting() == []


def test_a_twin_is_not_guessed_among_several_of_its_name(inbox: Inbox) -> None:
    with transaction() as session:
        make_twin(session, inbox.workspace.id, name=inbox.twin.name)
    csv_inbox.ingest(inbox.put(GOOD))
    assert "use its id" in inbox.report()
    csv_inbox.ingest(inbox.put(GOOD, f"{inbox.workspace.name}/{inbox.twin.id}/instagram/scripts.csv"))
    assert [batch.twin_id for batch in inbox.batches()] == [inbox.twin.id]


def test_another_workspaces_twin_does_not_exist(inbox: Inbox) -> None:
    with transaction() as session:
        foreign = make_twin(session, make_workspace(session), name="Not mine")
    csv_inbox.ingest(inbox.put(GOOD, f"{inbox.workspace.name}/{foreign.id}/instagram/scripts.csv"))
    assert f"There is no twin '{foreign.id}'" in inbox.report()


def test_an_object_that_stands_for_a_folder_stays(inbox: Inbox) -> None:
    folder = inbox.put(b"", f"{inbox.workspace.name}/{inbox.twin.name}/")
    assert csv_inbox.ingest(folder) == []
    assert inbox.waiting() == [folder]
    assert inbox.rejected() == []


# ── exactly once ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_that_is_put_there_again_is_another_batch(inbox: Inbox) -> None:
    earlier = replace(inbox.put(GOOD), written_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert len(csv_inbox.ingest(earlier)) == 2
    assert len(csv_inbox.ingest(inbox.put(GOOD))) == 2
    assert len(inbox.batches()) == len(inbox.accepted()) == 2


def test_a_file_that_is_rejected_again_keeps_both_reports(inbox: Inbox) -> None:
    csv_inbox.ingest(inbox.put(BAD))
    csv_inbox.ingest(inbox.put(BAD + b"One more.,\n"))
    assert len(inbox.rejected()) == 4


def interrupted(inbox: Inbox, data: bytes) -> list[StoredObject]:
    """Files, each ingested by a process that dies at another of its calls, and then by one that does not."""
    files = []
    for number in count(1):
        files.append(inbox.put(data, name=f"{number}.csv"))
        try:
            with at_call(number, crash):
                csv_inbox.ingest(files[-1])
        except Crash:
            inbox.tick()
        else:
            break
    assert len(files) > 10
    assert inbox.waiting() == []
    return files


@pytest.mark.slow
def test_a_good_file_becomes_one_batch_whenever_the_process_dies(inbox: Inbox) -> None:
    files = interrupted(inbox, GOOD)
    made = {batch.drop: batch for batch in inbox.batches()}
    assert sorted(made) == sorted(batch.drop for batch in inbox.batches()) == sorted(map(csv_inbox.upload, files))
    homes = [file.key.replace("inbox/", "accepted/").replace("/instagram/", "/instagram/{}/") for file in files]
    assert inbox.accepted() == sorted(
        home.format(made[csv_inbox.upload(file)].id) for home, file in zip(homes, files, strict=True)
    )
    assert inbox.rejected() == []


@pytest.mark.slow
def test_a_bad_file_is_rejected_once_whenever_the_process_dies(inbox: Inbox) -> None:
    homes = [csv_inbox.rejected_key(file) for file in interrupted(inbox, BAD)]
    assert inbox.rejected() == sorted([*homes, *map(csv_inbox.report_key, homes)])
    assert inbox.batches() == inbox.accepted() == []


def test_what_was_once_rejected_is_not_accepted_after_a_crash(inbox: Inbox) -> None:
    file = inbox.put(GOOD, f"{inbox.workspace.name}/To come/instagram/scripts.csv")
    with pytest.raises(Crash), before("CopyObject", crash):
        csv_inbox.ingest(file)
    with transaction() as session:
        make_twin(session, inbox.workspace.id, name="To come")
    inbox.tick()
    assert inbox.batches() == inbox.waiting() == []
    assert len(inbox.rejected()) == 2


@pytest.mark.slow
@pytest.mark.parametrize(("data", "started"), [(GOOD, [0, 2]), (BAD, [0, 0])])
def test_a_file_is_taken_once_whenever_another_daemon_takes_it_too(
    inbox: Inbox, data: bytes, started: list[int]
) -> None:
    for number in count(1):
        file, others = inbox.put(data, name=f"{number}.csv"), []

        def take_too(file: StoredObject = file, others: list[int] = others) -> None:
            others.append(len(csv_inbox.ingest(file)))

        with at_call(number, take_too, database=False):
            mine = len(csv_inbox.ingest(file))
        if not others:
            break
        assert sorted([mine, *others]) == started
        assert len(inbox.batches()) == len(inbox.accepted()) == number * (data == GOOD)
        assert len(inbox.rejected()) == 2 * number * (data == BAD)
        assert inbox.waiting() == []
    assert number > 6


@pytest.mark.slow
def test_daemons_that_enter_the_same_file_at_the_same_time_make_one_batch(inbox: Inbox) -> None:
    files = [inbox.put(GOOD, name=f"{number}.csv") for number in range(5)]
    with ThreadPoolExecutor(4) as daemons:
        started = [len(tasks) for tasks in daemons.map(csv_inbox.ingest, [file for file in files for _ in range(4)])]
    assert sorted(started) == [0] * 15 + [2] * 5
    assert len(inbox.batches()) == len(inbox.accepted()) == 5
    assert inbox.waiting() == inbox.rejected() == []


def test_a_file_that_is_replaced_before_it_is_read_is_left_for_the_next_tick(inbox: Inbox) -> None:
    listed = inbox.put(BAD)
    inbox.put(GOOD)
    assert csv_inbox.ingest(listed) == []
    assert inbox.batches() == inbox.rejected() == []
    inbox.tick()
    assert len(inbox.batches()) == len(inbox.accepted()) == 1


@pytest.mark.parametrize("operation", ["CopyObject", "DeleteObject"])
def test_a_file_that_replaces_one_already_read_is_not_lost(inbox: Inbox, operation: str) -> None:
    file = inbox.put(GOOD)
    with before(operation, lambda: inbox.put(GOOD + b"This is three.,\n")):
        assert len(csv_inbox.ingest(file)) == 2
    inbox.tick()
    rows = {str(batch.id): batch.rows for batch in inbox.batches()}
    assert sorted(rows.values()) == [2, 3]
    filed = {key.split("/")[4]: len(inbox.text(key).splitlines()) - 1 for key in inbox.accepted()}
    assert filed.items() <= rows.items(), "what lies there for a batch is what it was made of"
    assert 3 in filed.values()
    assert inbox.waiting() == []


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────

parts = st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), max_size=20)
paths = st.one_of(
    st.builds("{}/{}/{}/{}.csv".format, parts, parts, st.sampled_from(list(PLATFORMS)), parts),
    st.lists(parts | st.sampled_from(list(PLATFORMS)), max_size=6).map("/".join),
)


@given(paths)
def test_a_path_is_understood_whole_or_refused(path: str) -> None:
    with suppress(Invalid):
        found = csv_inbox.address(f"inbox/{path}")
        assert path.startswith(f"{found.workspace}/{found.twin}/{found.platform}/")
        assert path.lower().endswith(".csv")
        assert path.count("/") == 3
        assert found.platform in PLATFORMS


@given(parts, parts, st.sampled_from(list(PLATFORMS)), parts)
def test_every_path_of_the_right_form_is_understood(workspace: str, twin: str, platform: str, name: str) -> None:
    found = csv_inbox.address(f"inbox/{workspace}/{twin}/{platform}/{name}.csv")
    assert found == csv_inbox.Address(workspace, twin, platform)


uploads = st.builds(
    StoredObject,
    paths.map("inbox/{}".format),
    st.integers(0, 3).map('"{}9e107d9d372bb6826bd81d3542a419d6"'.format),
    st.integers(0, 3).map(lambda seconds: datetime(2026, 1, 1, second=seconds, tzinfo=UTC)),
    st.just(1),
)


@pytest.mark.slow
@given(uploads, uploads)
def test_no_two_uploads_are_rejected_to_the_same_place(one: StoredObject, other: StoredObject) -> None:
    places = csv_inbox.rejected_key(one), csv_inbox.rejected_key(other)
    assert (places[0] == places[1]) is (one == other)
    assert all(place.startswith("rejected/") for place in places)
    assert places[0].rpartition("/")[2] == one.key.rpartition("/")[2]
