"""Reels from a CSV over HTTP."""

from pathlib import Path
from uuid import uuid4

import pytest

from content_pipeline.core.media.probe import probe
from tests.polling import until
from tests.programs import need
from tests.stack.client import Client
from tests.stack.conftest import Background
from tests.stack.harness import Stack

SENTENCE = "This sentence is spoken in {} takes of the same length, and then it ends."

# Scripts with unusual content; each must become a correct reel.
UNUSUAL = {
    "a single letter": "A",
    "emoji": "So good 😍🔥 try it! 👍🏽",
    "control text of subtitles": r"{\an8}Up there\N and {\b1}bold{\b0}.",
    "control text of ffmpeg": r"50% off: it's [yours], a=b; c\d 'quoted'!",
    "line breaks": "First line.\nSecond line.\r\n\r\nThird.",
    "a word without end": "Supercalifragilisticexpialidocious" * 3,
}


@pytest.mark.smoke
def test_a_csv_becomes_reels(stack: Stack, client: Client, tmp_path: Path) -> None:
    accepted = client.batch(
        {"script": "Only $1,299 until May 1st, 2026. Call now!", "platform": "tiktok", "title": "The offer"},
        {"script": "See you at 10:30.", "voice_id": "en-GB-Wavenet-B"},
    )
    task = client.wait_for_task(accepted["task_id"])
    assert task["status"] == "done", task
    assert task["result"] == {"batch_id": accepted["batch_id"], "done": 2, "failed": 0}
    jobs = client.jobs(accepted["batch_id"])
    for job in jobs:
        assert (job["status"], job["progress"], job["error"]) == ("done", 100, None)
        media = probe(client.download(job["result_url"], tmp_path / f"{job['row']}.mp4"))
        assert (media.width, media.height, media.frames_per_second) == (1080, 1920, 30.0)
        assert (media.video_codec, media.audio_codec) == ("h264", "aac")
        result = client.task(job["job_id"])["result"]
        assert (result["duration_seconds"], result["language"]) == (pytest.approx(media.seconds, abs=0.01), "en")
        assert stack.check_results(job["task_id"]) == {"playable": True, "size": True, "length": True, "loudness": True}
        (run,) = stack.runs(job["task_id"])
        log = stack.run_log(run["runId"])
        assert "version mismatch" not in log, "two reels at once"
        assert "expected outputs" not in log
    keys = [job["job_id"] for job in jobs]
    assert stack.materialized("narration", keys) == stack.materialized("reel_video", keys) == [1, 1]


def test_a_reel_and_an_avatar_of_a_csv_are_each_made_by_one_run_of_its_own_job(stack: Stack, client: Client) -> None:
    accepted = client.batch("See you at 10:30.", {"script": "Hello from me.", "format": "avatar"})
    task = client.wait_for_task(accepted["task_id"])
    reel, avatar = client.jobs(accepted["batch_id"])
    assert task["result"]["done"] == 2, (reel["error"], avatar["error"])
    assert stack.materialized("reel_video", [reel["job_id"]]) == [1]
    assert stack.materialized("avatar_video", [avatar["job_id"]]) == [1]
    assert [len(stack.runs(job["task_id"])) for job in (reel, avatar)] == [1, 1]


def test_an_operator_rematerializes_only_the_video(stack: Stack, client: Client) -> None:
    accepted = client.batch("See you at 10:30.")
    client.wait_for_task(accepted["task_id"])
    (job,) = client.jobs(accepted["batch_id"])
    stack.wait_for_run(stack.launch_asset("reels", job["job_id"], "reel_video"), "SUCCESS")
    assert stack.materialized("narration", [job["job_id"]]) == [1]
    assert stack.materialized("reel_video", [job["job_id"]]) == [2]
    assert client.jobs(accepted["batch_id"])[0]["status"] == "done"


def test_an_operator_executes_a_check_and_nothing_is_made_again(stack: Stack, client: Client) -> None:
    accepted = client.batch("See you at 10:30.")
    client.wait_for_task(accepted["task_id"])
    (job,) = client.jobs(accepted["batch_id"])
    assert stack.materialized("reel_video", [job["job_id"]]) == [1]
    chosen = [{"assetKey": {"path": ["reel_video"]}, "name": name} for name in ("loudness", "size")]
    for partition in (None, stack.partition_key(job["job_id"])):
        run = stack.launch("reels", partition, assetSelection=[], assetCheckSelection=chosen)
        assert stack.check_results_of_run(run) == {"loudness": True, "size": True}
    assert stack.materialized("reel_video", [job["job_id"]]) == [1]


def test_unusual_scripts_become_reels(client: Client) -> None:
    accepted = client.batch(*UNUSUAL.values())
    client.wait_for_task(accepted["task_id"], seconds=240)
    assert [job["error"] for job in client.jobs(accepted["batch_id"])] == [None] * len(UNUSUAL)


def test_a_script_in_another_language_is_spoken_in_it(client: Client) -> None:
    need("espeak-ng")
    accepted = client.batch("Guten Morgen! Heute wird ein richtig guter Tag.", "صباح الخير! اليوم سيكون يوما جميلا.")
    assert client.wait_for_task(accepted["task_id"])["status"] == "done"
    languages = [client.task(job["job_id"])["result"]["language"] for job in client.jobs(accepted["batch_id"])]
    assert languages == ["de", "ar"]


def test_a_row_without_its_background_fails_alone_and_is_retried_alone(
    stack: Stack, client: Client, background: Background
) -> None:
    accepted = client.batch({"script": "Look at the bread.", "background_url": background.url}, "And at the butter.")
    task = client.wait_for_task(accepted["task_id"])
    assert task["result"] == {"batch_id": accepted["batch_id"], "done": 1, "failed": 1}
    failed, done = client.jobs(accepted["batch_id"])
    assert failed["error"]["code"] == "remote_not_found"
    background.is_mended = True
    again = client.post(f"/bulk/reels/{accepted['batch_id']}/retry-failed")
    assert client.wait_for_task(again["task_id"])["status"] == "done"
    assert [job["status"] for job in client.jobs(accepted["batch_id"])] == ["done", "done"]
    assert stack.materialized("reel_video", [failed["job_id"], done["job_id"]]) == [1, 1]


def test_operators_repair_failed_rows_on_an_assets_page_and_by_a_back_fill(
    stack: Stack, client: Client, background: Background
) -> None:
    accepted = client.batch(*({"script": f"Look at bread {n}.", "background_url": background.url} for n in range(3)))
    assert client.wait_for_task(accepted["task_id"])["status"] == "error"
    first, *others = client.jobs(accepted["batch_id"])
    background.is_mended = True
    key = stack.partition_key(first["job_id"])
    run_id = stack.launch("__ASSET_JOB", key, assetSelection=[{"path": ["narration"]}, {"path": ["reel_video"]}])
    stack.wait_for_run(run_id, "SUCCESS")
    mended, *_ = client.jobs(accepted["batch_id"])
    assert (mended["status"], client.task(mended["task_id"])["retry_of"]) == ("done", first["task_id"])
    (run,) = stack.runs(mended["task_id"])
    row = {"dagster/platform": "instagram", "twin": "Tech Creator"}
    expected = {**row, "dagster/queue": "media", "dagster/priority": "2"}
    assert (run["runId"], run["tags"] | expected) == (run_id, run["tags"])

    keys = [stack.partition_key(job["job_id"]) for job in others]
    back_fill = stack.back_fill([["narration"], ["reel_video"]], keys)
    until(
        lambda: [job["status"] for job in client.jobs(accepted["batch_id"])] == ["done"] * 3,
        seconds=120,
        what="the rows that the back-fill repairs",
    )
    batch = client.get(f"/bulk/reels/{accepted['batch_id']}")
    assert client.task(batch["task_id"])["status"] == "done"
    runs = stack.tagged_runs("dagster/backfill", back_fill)
    assert [(run["tags"]["dagster/back_fill_lane"], run["tags"]["dagster/priority"]) for run in runs] == [
        ("media", "-10")
    ] * 2


@pytest.mark.parametrize("service", ["media", "daemon", "api"])
def test_every_row_of_a_batch_is_done_once_when_a_service_is_killed(stack: Stack, client: Client, service: str) -> None:
    accepted = client.batch(*(SENTENCE.format(number) for number in range(4)))
    client.wait_for_progress(accepted["task_id"])
    stack.kill(service)
    stack.wait_until_ready()
    task = client.wait_for_task(accepted["task_id"], seconds=180)
    assert task["result"]["done"] == 4, client.jobs(accepted["batch_id"])
    keys = [job["job_id"] for job in client.jobs(accepted["batch_id"])]
    assert stack.materialized("reel_video", keys) == [1] * 4


def test_a_reel_does_not_wait_behind_another_workspaces_batch(stack: Stack, client: Client) -> None:
    many = client.batch(*(SENTENCE.format(number) for number in range(16)))
    client.wait_for_progress(many["task_id"])
    with stack.client(f"test-{uuid4()}") as other:
        one = other.batch("Just this one.")
        other.wait_for_task(one["task_id"])
        counts = client.get(f"/bulk/reels/{many['batch_id']}")
    assert counts["queued"] > 0
    client.post(f"/bulk/reels/{many['batch_id']}/cancel")


def test_a_canceled_batch_stops_its_work(stack: Stack, client: Client) -> None:
    accepted = client.batch(*(SENTENCE.format(number) for number in range(6)))
    client.wait_for_progress(accepted["task_id"])
    client.post(f"/bulk/reels/{accepted['batch_id']}/cancel")
    jobs = client.jobs(accepted["batch_id"])
    assert {job["status"] for job in jobs} <= {"done", "error"}
    until(
        lambda: not any(stack.executing_runs(job["task_id"]) for job in jobs),
        seconds=30,
        what="the end of the batch's runs",
    )
    assert stack.ffmpeg_processes() == []
    assert client.jobs(accepted["batch_id"]) == jobs
