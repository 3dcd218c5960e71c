"""Assets `transcript` and `captions`: the words of a recording, and cues made from them."""

import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets import links
from content_pipeline.assets.checks import Checks, Finding, check_specs, evaluate, evaluate_stored, has_checks_only
from content_pipeline.assets.code_versions import version_of
from content_pipeline.assets.owners import RENDERING
from content_pipeline.core.captions import captions as core
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.media import srt_vtt
from content_pipeline.core.media.timed_words import Segment
from content_pipeline.core.models import Caption
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import source_twins
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
    owners=RENDERING,
    code_version=version_of("core/speech/recognition", "core/captions"),
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
            **_links(key),
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
            owners=RENDERING,
            code_version=version_of("core/captions", "core/media/cue_segmentation.py"),
            description="Cues broken for reading, from which SRT, VTT and ASS are written; translated by the language "
            "model where that was requested. A person's edits stay.",
        )
    ],
    check_specs=check_specs(
        "captions",
        CAPTION,
        {
            "in_order": "Cues follow each other without overlap.",
            "readable": f"At most {READABLE_CHARACTERS_A_SECOND} characters a second.",
            "inside_the_recording": "No cue runs past the end.",
        },
    ),
    partitions_def=partitions.keys_of(CAPTION),
    can_subset=True,
)
def captions(context: dg.AssetExecutionContext) -> Results:
    if has_checks_only(context):
        yield from evaluate_stored(context, "captions", _stored_checks)
    else:
        yield from perform(context, CAPTION.name, lambda run, key: _compose(context, run, key))


def _compose(context: dg.AssetExecutionContext, run: RunContext, key: str) -> Results:
    made = core.compose(run, key)
    yield dg.MaterializeResult(
        asset_key="captions",
        metadata={
            "transcript": links.to_partition("transcript", context.partition_key),
            **_links(key),
            "cues": len(made.segments),
            "language": made.language,
            "fillers_removed": made.fillers,
            "edited": made.edited,
            "duration_seconds": made.seconds,
            "fastest_characters_a_second": round(_fastest(made.segments), 1),
            "subtitles": dg.MetadataValue.md(f"```\n{srt_vtt.srt(made.segments)}\n```"),
        },
    )
    evaluate(context, "captions", _checks(made.segments, made.seconds))


@links.or_no_links
def _links(key: str) -> dict[str, links.Link]:
    with autocommit() as session:
        return {
            **links.to_twin(session, source_twins.of_captions(session, UUID(key))),
            **links.to_calendar(session, caption_id=UUID(key)),
            "row": links.to_row("captions", key, key),
        }


def _stored_checks(row_id: str, _: Path) -> Checks:
    with autocommit() as session:
        caption = session.get_one(Caption, UUID(row_id))
        return _checks(caption.segments or (), caption.media.seconds if caption.media else 0.0)


def _checks(cues: Sequence[Segment], seconds: float) -> Checks:
    return {
        "in_order": lambda: _in_order(cues),
        "readable": lambda: _readable(cues),
        "inside_the_recording": lambda: _inside(cues, seconds),
    }


def _in_order(cues: Sequence[Segment]) -> Finding:
    overlaps = sum(before.end > after.start for before, after in pairwise(cues))
    return Finding(overlaps == 0, {"overlaps": overlaps, "most_overlaps": 0})


def _readable(cues: Sequence[Segment]) -> Finding:
    fastest = _fastest(cues)
    return Finding(
        fastest <= READABLE_CHARACTERS_A_SECOND,
        {
            "fastest_characters_a_second": round(fastest, 1),
            "most_characters_a_second": READABLE_CHARACTERS_A_SECOND,
        },
        severity=dg.AssetCheckSeverity.WARN,  # fast speech makes fast captions
    )


def _inside(cues: Sequence[Segment], seconds: float) -> Finding:
    end = max((cue.end for cue in cues), default=0.0)
    return Finding(end <= seconds, {"last_cue_ends": end, "recording_ends": seconds})


def _fastest(cues: Sequence[Segment]) -> float:
    """The most characters a second of a cue."""
    return max((len(cue.text.replace("\n", " ")) / (cue.end - cue.start) for cue in cues), default=0.0)
