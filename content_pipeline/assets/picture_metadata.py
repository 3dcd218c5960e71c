"""Pictures in asset metadata of Dagster's UI."""

from collections.abc import Mapping
from uuid import UUID

import dagster as dg
import structlog

from content_pipeline.core.errors import Unavailable
from content_pipeline.core.infrastructure import metadata_pictures

log = structlog.get_logger()


def picture_metadata(
    name: str, picture: bytes, form: metadata_pictures.Format, workspace_id: UUID | None
) -> Mapping[str, dg.MetadataValue[str]]:
    """Metadata of this name that shows the picture; none when the bucket does not take it: the asset is complete.

    `workspace_id` is whose it is; None where it shows all.
    """
    try:
        path = metadata_pictures.publish(picture, form, workspace_id)
    except Unavailable:
        log.warning("picture_not_stored", exc_info=True)
        return {}
    return {name: dg.MetadataValue.md(f"![{name}]({path})")}
