"""Captions and burn-ins over HTTP, made by runs in workers."""

import io
from pathlib import Path

import av
import httpx
import pytest

from tests.media.samples import CLIPS, SPEECH, audio, joined, talking_video
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack

SAID = ["john", "dashwood", "leisure", "prudently"]


@pytest.fixture
def captions(client: Client) -> str:
    accepted = client.caption(SPEECH, language="en")
    assert client.wait_for_task(accepted["task_id"])["status"] == "done"
    return f"/captions/{accepted['caption_id']}"


@pytest.mark.smoke
def test_a_recording_becomes_captions_in_all_three_forms(client: Client, captions: str) -> None:
    answer = client.get(captions)
    assert answer["status"] == "done"
    assert answer["srt"].startswith("1\n00:00:0")
    assert answer["vtt"].startswith("WEBVTT")
    heard = " ".join(segment["text"] for segment in answer["segments"]).lower()
    assert all(word in heard for word in SAID)
    assert client.http.get(f"{captions}.srt").text == answer["srt"]
    assert client.http.get(f"{captions}.vtt").text == answer["vtt"]
    assert "[Events]" in client.http.get(f"{captions}.ass").text


@pytest.mark.smoke
def test_edited_captions_are_what_is_burned_in_word_by_word(stack: Stack, client: Client, captions: str) -> None:
    segments = client.get(captions)["segments"]
    segments[0]["text"] = "Corrected by hand"
    edited = client.http.patch(captions, json={"segments": segments})
    assert edited.status_code == 200
    assert "Corrected by hand" in edited.json()["srt"]

    accepted = client.post(f"{captions}/burn-in", json={"style": "karaoke", "font_size": 80, "position": "middle"})
    done = client.wait_for_task(accepted["task_id"])
    video = av.open(io.BytesIO(httpx.get(done["result"]["output_url"]).raise_for_status().content))
    assert {stream.codec_context.name for stream in video.streams} == {"h264", "aac"}
    assert stack.check_results(accepted["task_id"]) == {"playable": True, "size": True, "length": True}


def test_captions_with_burn_in_end_with_the_video(client: Client, tmp_path: Path) -> None:
    accepted = client.caption(talking_video(tmp_path / "talk.mp4", size="640x360"), burn_in="true")
    done = client.wait_for_task(accepted["task_id"])
    assert done["status"] == "done", done
    assert done["result"]["caption_id"] == accepted["caption_id"]
    video = av.open(io.BytesIO(httpx.get(done["result"]["output_url"]).raise_for_status().content))
    assert (video.streams.video[0].width, video.streams.video[0].height) == (640, 360)


def test_silence_gives_no_captions_and_no_error(client: Client, tmp_path: Path) -> None:
    accepted = client.caption(audio(tmp_path / "silence.wav", "anullsrc=r=16000:cl=mono:d={seconds}"))
    assert client.wait_for_task(accepted["task_id"])["status"] == "done"
    answer = client.get(f"/captions/{accepted['caption_id']}")
    assert (answer["segments"], answer["srt"]) == ([], "")


def test_progress_is_seen_while_the_work_runs(client: Client, tmp_path: Path) -> None:
    accepted = client.caption(joined(tmp_path / "long.flac", CLIPS * 4))
    seen: set[int] = set()

    def is_over() -> bool:
        task = client.task(accepted["task_id"])
        seen.add(task["progress"])
        return bool(task["status"] == "done")

    until(is_over, seconds=120, what="the end of the transcription")
    assert len(seen - {0, 100}) >= 3, seen


def test_an_operator_sees_the_assets_of_the_captions_and_their_checks(
    stack: Stack, client: Client, captions: str
) -> None:
    row = captions.rsplit("/", 1)[-1]
    key = stack.partition_key(row)
    query = """query Made($asset: [String!]!, $key: String!) {
      assetOrError(assetKey: {path: $asset}) {
        ... on Asset { assetMaterializations(partitions: [$key]) { metadataEntries { label } } }
      }
    }"""
    for asset, label in (("transcript", "words"), ("captions", "subtitles")):
        assert stack.materialized(asset, [row]) == [1]
        (made,) = stack.graphql(query, asset=[asset], key=key)["assetOrError"]["assetMaterializations"]
        assert label in {entry["label"] for entry in made["metadataEntries"]}
    checks = stack.check_results(client.get(captions)["task_id"])
    assert checks == {"in_order": True, "readable": True, "inside_the_recording": True}


def test_a_manual_rerun_makes_the_output_again_and_does_not_change_the_finished_task(
    stack: Stack, client: Client, captions: str
) -> None:
    task_id = client.get(captions)["task_id"]
    before = client.task(task_id)
    run = stack.runs(task_id)[0]["runId"]
    again = """mutation Again($run: String!) {
      launchRunReexecution(reexecutionParams: {parentRunId: $run, strategy: ALL_STEPS}) {
        ... on LaunchRunSuccess { run { runId } }
      }
    }"""
    launched = stack.graphql(again, run=run)["launchRunReexecution"]["run"]["runId"]
    stack.wait_for_run(launched, "SUCCESS")
    assert client.task(task_id) == before
