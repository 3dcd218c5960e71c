"""CSV inbox: a file in the bucket becomes finished videos, without an API request."""

from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pytest

from tests.polling import until
from tests.stack.bucket import Bucket
from tests.stack.client import Client
from tests.stack.harness import Stack


@pytest.fixture
def workspace() -> str:
    return f"test-{uuid4()}"


@pytest.fixture
def client(stack: Stack, workspace: str) -> Iterator[Client]:
    with stack.client(workspace) as client:
        yield client


@pytest.fixture
def bucket(stack: Stack) -> Iterator[Bucket]:
    with closing(Bucket(stack)) as bucket:
        yield bucket


@pytest.mark.smoke
def test_files_in_the_inbox_become_reels_or_reports(
    stack: Stack, client: Client, bucket: Bucket, workspace: str
) -> None:
    client.create_twin("Tech Creator")
    folder = f"{workspace}/Tech Creator/instagram"
    bucket.put(f"inbox/{folder}/good.csv", "script,platform\nThis is one.,tiktok\nThis is two.,\n")
    bucket.put(f"inbox/{folder}/bad.csv", "script\nThis is fine.\n" + "x" * 2501)
    until(lambda: not bucket.keys(f"inbox/{workspace}/"), seconds=60, what="an empty inbox")

    (batch,) = client.http.get("/bulk/reels").json()
    assert client.wait_for_task(batch["batch_id"])["result"] == {"batch_id": batch["batch_id"], "done": 2, "failed": 0}
    jobs = client.jobs(batch["batch_id"])
    assert [(job["script"], job["platform"]) for job in jobs] == [
        ("This is one.", "tiktok"),
        ("This is two.", "instagram"),
    ]
    keys = [job["job_id"] for job in jobs]
    assert stack.materialized("reel_video", keys) == [1, 1]
    assert bucket.keys(f"accepted/{workspace}/") == [f"accepted/{folder}/{batch['batch_id']}/good.csv"]

    rejected, report = bucket.keys(f"rejected/{workspace}/")
    assert rejected.endswith("/bad.csv")
    assert "Row 2, script: The script has 2,501 characters; at most 2,500 are allowed." in bucket.text(report)
