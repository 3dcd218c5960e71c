"""Assets `transcript` and `captions`: the words of a recording, and cues made from them."""

import time
from itertools import pairwise
from typing import Any

import dagster as dg

from content_pipeline import partitions
from content_pipeline.core.captions import captions as core
from content_pipeline.core.media import srt_vtt
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks.kinds import CAPTION
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine.step import Results, perform

GROUP = "captions"
READABLE_CHARACTERS_A_SECOND = 20


@dg.asset(
    group_name=GROUP,
    partitions_def=partitions.keys_of(CAPTION),
    output_required=False,
    kinds={"whisper"},
    description="Every spoken word of the recording with its timing, in English where a translation into it was "
    "requested. Left as it is once a person has edited the cues, and while their translation is not finished.",
)
def transcript(context: dg.AssetExecutionContext) -> Results:
    yield from perform(context, CAPTION.name, _transcribe)


def _transcribe(run: RunContext, key: str) -> Results:
    began = time.monotonic()
    made = core.transcribe(run, key)
    work: dict[str, Any] = {
        "model": settings().whisper_model,
        "work_seconds_per_second": round((time.monotonic() - began) / made.seconds, 3),
    }
    yield dg.MaterializeResult(
        metadata={
            "duration_seconds": made.seconds,
            "words": len(made.words),
            "language": made.language or "none heard",
            **({"language_probability": made.language_probability} if made.language_probability else {}),
            "edited": made.edited,
            **(work if made.heard_now else {}),
        }
    )


# A multi-asset, because only those may yield neither asset nor checks (step.perform).
@dg.multi_asset(
    name="compose_captions",  # the job has the asset's name, and Dagster requires different names for ops and jobs
    specs=[
        dg.AssetSpec(
            "captions",
            deps=[transcript],
            group_name=GROUP,
            skippable=True,
            description="Cues broken for reading, from which SRT, VTT and ASS are written; translated by the language "
            "model where that was requested. A person's edits stay.",
        )
    ],
    check_specs=[
        dg.AssetCheckSpec("in_order", asset="captions", description="Cues follow each other without overlap."),
        dg.AssetCheckSpec("readable", asset="captions", description="At most 20 characters a second."),
        dg.AssetCheckSpec("inside_the_recording", asset="captions", description="No cue runs past the end."),
    ],
    partitions_def=partitions.keys_of(CAPTION),
    can_subset=True,
)
def captions(context: dg.AssetExecutionContext) -> Results:
    yield from perform(context, CAPTION.name, _compose)


def _compose(run: RunContext, key: str) -> Results:
    made = core.compose(run, key)
    speed = max((_characters_a_second(cue.text, cue.end - cue.start) for cue in made.segments), default=0.0)
    end = max((cue.end for cue in made.segments), default=0.0)
    yield dg.MaterializeResult(
        asset_key="captions",
        metadata={
            "cues": len(made.segments),
            "language": made.language,
            "fillers_removed": made.fillers,
            "edited": made.edited,
            "duration_seconds": made.seconds,
            "fastest_characters_a_second": round(speed, 1),
            "subtitles": dg.MetadataValue.md(f"```\n{srt_vtt.srt(made.segments)}\n```"),
        },
    )
    yield dg.AssetCheckResult(
        asset_key="captions",
        check_name="in_order",
        passed=all(before.end <= after.start for before, after in pairwise(made.segments)),
    )
    yield dg.AssetCheckResult(
        asset_key="captions",
        check_name="readable",
        passed=speed <= READABLE_CHARACTERS_A_SECOND,
        severity=dg.AssetCheckSeverity.WARN,  # fast speech makes fast captions
        metadata={"fastest_characters_a_second": round(speed, 1)},
    )
    yield dg.AssetCheckResult(
        asset_key="captions",
        check_name="inside_the_recording",
        passed=end <= made.seconds,
        metadata={"last_cue_ends": end},
    )


def _characters_a_second(text: str, seconds: float) -> float:
    return len(text.replace("\n", " ")) / seconds
