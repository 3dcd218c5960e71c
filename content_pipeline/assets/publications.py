"""Assets `publication_upload` and `publication`: a post uploaded to a platform, then published."""

from pathlib import Path
from typing import Any, Final
from uuid import UUID

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets import post_links
from content_pipeline.assets.calendar import content_calendar
from content_pipeline.assets.checks import Checks, Finding, check_specs, evaluate_stored, has_checks_only
from content_pipeline.assets.code_versions import version_of
from content_pipeline.assets.owners import PUBLISHING
from content_pipeline.core.errors import Error
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.models import Publication
from content_pipeline.core.publishing import attempts, visibility
from content_pipeline.core.publishing.attempts import Attempt
from content_pipeline.core.publishing.visibility import Visibility
from content_pipeline.core.tasks.kinds import PUBLICATION
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine.step import Results, perform

GROUP = "publications"
_CODE: Final = version_of("core/publishing", "core/platforms")


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
            owners=PUBLISHING,
            code_version=_CODE,
            description="The video and text uploaded to the platform, not yet published.",
        ),
        dg.AssetSpec(
            "publication",
            deps=["publication_upload"],
            group_name=GROUP,
            skippable=True,
            kinds={"http"},
            owners=PUBLISHING,
            code_version=_CODE,
            description="The post, published once. A run without an open task only checks that it exists.",
        ),
    ],
    check_specs=check_specs("publication", PUBLICATION, {"visible": "The platform shows it."}),
    partitions_def=partitions.keys_of(PUBLICATION),
    can_subset=True,  # otherwise Dagster fails each run whose post waits for its platform, for want of its check
)
def publications(context: dg.AssetExecutionContext) -> Results:
    if has_checks_only(context):
        yield from evaluate_stored(context, "publication", _stored_checks)
        return
    # One is not made without the other, whichever an operator has selected.
    results = perform(context, PUBLICATION.name, lambda run, key: publish(context, run, key))
    yield from (result for result in results if _is_selected(context, result))


def _is_selected(context: dg.AssetExecutionContext, result: dg.MaterializeResult[Any] | dg.AssetCheckResult) -> bool:
    asset = dg.AssetKey.from_coercible(result.asset_key or "")
    if isinstance(result, dg.AssetCheckResult):
        return dg.AssetCheckKey(asset, result.check_name or "") in context.selected_asset_check_keys
    return asset in context.selected_asset_keys


def publish(context: dg.AssetExecutionContext, run: RunContext, key: str) -> Results:
    with attempts.open_attempt(run, key) as attempt:
        attempt.upload()
        shown = _metadata(context, attempt)
        yield dg.MaterializeResult(
            asset_key="publication_upload",
            data_version=dg.DataVersion(_CODE),  # as of `narration`
            metadata=shown,
        )
        attempt.publish()
        yield dg.MaterializeResult(asset_key="publication", metadata={**shown, **_published(attempt)})
        found = _found_now(attempt)
        yield dg.AssetCheckResult(
            asset_key="publication",
            check_name="visible",
            passed=found.passed,
            severity=found.severity,
            metadata=dict(found.values),
        )


def _found_now(attempt: Attempt) -> Finding:
    if attempt.is_shown:  # Instagram has just told its address: two more reads would count against its hourly limit
        return _finding(Visibility(True))
    try:
        return _finding(visibility.look(attempt.publication))
    except Error as error:  # the post is out, whatever the platform answers now
        return _finding(Visibility(False, error.detail))


def _stored_checks(row_id: str, _: Path) -> Checks:
    with autocommit() as session:
        publication = session.get_one(Publication, UUID(row_id))
    return {"visible": lambda: _finding(visibility.look(publication))}


def _finding(found: Visibility) -> Finding:
    return Finding(
        found.is_visible,
        {
            "posts_visible": int(found.is_visible),
            "required_posts_visible": 1,
            **({"reason": found.reason} if found.reason else {}),
        },
        # A platform may still be processing or moderating a post that it has accepted.
        severity=dg.AssetCheckSeverity.WARN,
    )


def _metadata(context: dg.AssetExecutionContext, attempt: Attempt) -> dict[str, Any]:
    """What is known before the post is out. Partition keys differ between asset groups, so these name the items."""
    publication = attempt.publication
    return {
        **post_links.thumbnail_of(context.instance, publication),
        "platform": publication.platform,
        **post_links.of(context.instance, publication, attempt.account),
        "text": attempt.text,
    }


def _published(attempt: Attempt) -> dict[str, Any]:
    publication = attempt.publication
    assert publication.published_at
    return {
        "text": attempt.text,
        **({"post": dg.MetadataValue.url(publication.post_url)} if publication.post_url else {}),
        "post_id": publication.post_id or "not told by the platform yet",
        "published_at": dg.MetadataValue.timestamp(publication.published_at),
        **post_links.metrics_of(publication),
    }
