"""Transcribing inside a run, against the bare engine in this process on the same file."""

import time
from collections.abc import Iterator

from faster_whisper import WhisperModel

from bench.figures import Figure, Reference, Target, median
from bench.setting import Setting
from content_pipeline.core.settings import Settings
from tests.stack.harness import Client

_TRANSCRIPTS = """query Transcripts($key: String!) { assetOrError(assetKey: {path: ["transcript"]}) {
  ... on Asset { assetMaterializations(partitions: [$key]) { metadataEntries { label
    ... on FloatMetadataEntry { floatValue } } } } } }"""


def measure(setting: Setting) -> Iterator[Figure]:
    model = WhisperModel(
        str(setting.stack.home / "cache" / "whisper-base"),
        device="cpu",
        compute_type="int8",
        cpu_threads=Settings().whisper_threads("interactive"),
    )
    _bare(model, setting)  # the first time is slower
    times = setting.times(7)
    inside, bare = [], []
    with setting.client() as client:
        for _ in range(times):
            setting.idle()
            inside.append(_inside(client, setting))
            bare.append(_bare(model, setting))
    yield Figure(
        "transcription of an 11 s clip inside a run, median",
        median(inside),
        "s",
        Reference("faster-whisper alone", median(bare)),
        Target(1.10, of="ratio"),
        times,
    )


def _inside(client: Client, setting: Setting) -> float:
    """The seconds that the transcript's own materialisation tells, fetch and writes included."""
    accepted = client.caption(setting.clip, language="en")
    assert client.ended(accepted["task_id"])["status"] == "done"
    key = setting.stack.partition_key(accepted["caption_id"])
    made = setting.stack.graphql(_TRANSCRIPTS, key=key)["assetOrError"]["assetMaterializations"]
    told = {entry["label"]: entry.get("floatValue") for entry in made[0]["metadataEntries"]}
    return float(told["work_seconds_per_second"] * told["duration_seconds"])


def _bare(model: WhisperModel, setting: Setting) -> float:
    """With the options of core/providers/transcription.py."""
    began = time.monotonic()
    segments, _ = model.transcribe(
        str(setting.clip),
        language="en",
        beam_size=5,
        word_timestamps=True,
        vad_filter=True,
        condition_on_previous_text=False,
    )
    assert len(list(segments)) > 0
    return time.monotonic() - began
