"""Assets `publication_upload` and `publication`: a post uploaded to a platform, then published."""

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets.calendar import content_calendar
from content_pipeline.core.publishing import attempts
from content_pipeline.core.publishing.attempts import Attempt
from content_pipeline.core.tasks.kinds import PUBLICATION
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine.step import Results, perform

GROUP = "publications"


# Both in one step: on some platforms uploading the last part of the video publishes it.
@dg.multi_asset(
    name="upload_and_publish",
    specs=[
        dg.AssetSpec(
            "publication_upload",
            deps=[*partitions.unmapped("reel_video", "avatar_video"), content_calendar],
            group_name=GROUP,
            skippable=True,
            kinds={"http"},
            description="The video and text uploaded to the platform, not yet published.",
        ),
        dg.AssetSpec(
            "publication",
            deps=["publication_upload"],
            group_name=GROUP,
            skippable=True,
            kinds={"http"},
            description="The post, published once. A run without an open task only checks that it exists.",
        ),
    ],
    check_specs=[
        dg.AssetCheckSpec("visible", asset="publication", description="The platform shows it."),
    ],
    partitions_def=partitions.keys_of(PUBLICATION),
)
def publications(context: dg.AssetExecutionContext) -> Results:
    yield from perform(context, PUBLICATION.name, publish)


def publish(run: RunContext, key: str) -> Results:
    with attempts.open_attempt(run, key) as attempt:
        attempt.upload()
        yield dg.MaterializeResult(asset_key="publication_upload", metadata=_lineage(attempt))
        attempt.publish()
        yield dg.MaterializeResult(
            asset_key="publication",
            metadata={
                **_lineage(attempt),
                "text": attempt.text,
                "post": dg.MetadataValue.url(attempt.publication.post_url or ""),
                "post_id": attempt.publication.post_id or "",
                "published_at": str(attempt.publication.published_at),
            },
        )
        yield dg.AssetCheckResult(
            asset_key="publication",
            check_name="visible",
            passed=attempt.is_visible(),
            # A platform may still be processing or moderating a post that it has accepted.
            severity=dg.AssetCheckSeverity.WARN,
        )


def _lineage(attempt: Attempt) -> dict[str, str]:
    """The account, video and calendar item of a post; partition keys differ between asset groups."""
    publication = attempt.publication
    found = {
        "platform": publication.platform,
        "account": attempt.account.handle,
        "reel": publication.reel_id,
        "avatar_video": publication.avatar_video_id,
        "calendar_item": attempt.item_id,
    }
    return {name: str(value) for name, value in found.items() if value}
