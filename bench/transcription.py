"""Transcription in a run, compared with faster-whisper alone in this process on the same file."""

import time
from collections.abc import Iterator

from faster_whisper import WhisperModel

from bench.environment import Environment
from bench.figures import Figure, Reference, Target, median
from content_pipeline.core.speech.recognition import voice_activity
from tests.stack.client import Client

_TRANSCRIPTS = """query Transcripts($key: String!) { assetOrError(assetKey: {path: ["transcript"]}) {
  ... on Asset { assetMaterializations(partitions: [$key]) { metadataEntries { label
    ... on FloatMetadataEntry { floatValue } } } } } }"""


def measure(environment: Environment) -> Iterator[Figure]:
    model = environment.whisper_alone()
    _baseline(model, environment)  # warm-up
    times = environment.times(7)
    inside, baseline = [], []
    with environment.client() as client:
        for _ in range(times):
            environment.idle()
            inside.append(_inside(client, environment))
            baseline.append(_baseline(model, environment))
    yield Figure(
        "transcription of an 11 s clip inside a run, median",
        median(inside),
        "s",
        Reference("faster-whisper alone", median(baseline)),
        Target(1.05, of="ratio"),
        times,
    )


def _inside(client: Client, environment: Environment) -> float:
    """Seconds by the metadata of the transcript's materialization, including fetch and writes."""
    accepted = client.caption(environment.clip, language="en")
    assert client.wait_for_task(accepted["task_id"])["status"] == "done"
    key = environment.stack.partition_key(accepted["caption_id"])
    made = environment.stack.graphql(_TRANSCRIPTS, key=key)["assetOrError"]["assetMaterializations"]
    told = {entry["label"]: entry.get("floatValue") for entry in made[0]["metadataEntries"]}
    return float(told["work_seconds_per_second"] * told["duration_seconds"])


def _baseline(model: WhisperModel, environment: Environment) -> float:
    """Seconds with the options of core/speech/recognition/transcription.py."""
    began = time.monotonic()
    segments, _ = model.transcribe(
        str(environment.clip),
        language="en",
        beam_size=5,
        word_timestamps=True,
        vad_filter=True,
        vad_parameters=voice_activity.OPTIONS,
    )
    assert len(list(segments)) > 0
    return time.monotonic() - began
