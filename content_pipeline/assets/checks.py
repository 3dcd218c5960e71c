"""The checks of videos that were made here, and what checks found, as Dagster records it."""

from collections.abc import Iterator, Mapping

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationTargetMaterializationData

from content_pipeline.core.media.probe import MediaInfo

# A frame, and the padding of the audio codec.
LENGTH_TOLERANCE_SECONDS = 0.25


def is_playable(media: MediaInfo) -> bool:
    """Whether every player and platform takes its codecs."""
    return (media.video_codec, media.audio_codec) == ("h264", "aac")


def lasts(media: MediaInfo, seconds: float) -> bool:
    """Whether it is as long as what it was made of."""
    return abs(media.seconds - seconds) <= LENGTH_TOLERANCE_SECONDS


def evaluations(
    context: dg.AssetExecutionContext, asset: dg.AssetKey, passed: Mapping[str, bool]
) -> Iterator[dg.AssetCheckEvaluation]:
    """Whether each check, by name, has passed of what this run has just recorded as the asset's materialisation.

    From an AssetCheckResult Dagster makes the same, but reads the materialisation again for each of them, pictures
    and all, and records an output of the step beside it: four of them cost a run 30 ms of CPU.
    """
    ours = dg.AssetRecordsFilter(asset_key=asset, asset_partitions=[context.partition_key])
    (record,) = context.instance.fetch_materializations(ours, limit=1).records
    target = AssetCheckEvaluationTargetMaterializationData(
        storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
    )
    for name, has_passed in passed.items():
        yield dg.AssetCheckEvaluation(
            asset_key=asset, check_name=name, passed=has_passed, metadata={}, target_materialization_data=target
        )
