"""Links from a post in asset metadata: to its video, twin, calendar item, account and figures, and its thumbnail."""

from uuid import UUID

import dagster as dg
from sqlalchemy.orm import Session

from content_pipeline.assets import links
from content_pipeline.assets.links import Link
from content_pipeline.assets.picture_metadata import picture_metadata
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.models import Account, Publication
from content_pipeline.core.publishing import post_files
from content_pipeline.core.tasks import tasks
from content_pipeline.core.tasks.kinds import AVATAR, BURN_IN, REEL, Kind

_THUMBNAIL = "thumbnail"


@links.or_no_links
def of(instance: dg.DagsterInstance, publication: Publication, account: Account) -> dict[str, Link]:
    """Links to where a post comes from and goes to."""
    with autocommit() as session:
        return {
            "account": links.to_row("accounts", account.id, account.handle),
            **_video(session, instance, publication),
            **links.to_twin(session, publication.twin_id),
            **links.to_calendar(session, publication_id=publication.id),
            "row": links.to_row("publications", publication.id, str(publication.id)),
        }


def _video(session: Session, instance: dg.DagsterInstance, publication: Publication) -> dict[str, Link]:
    found: dict[str, Link] = {}
    if publication.reel_id:
        found |= links.to_source(session, instance, REEL, publication.reel_id, asset="narration")
    for kind, row_id in _made(publication):
        found |= links.to_source(session, instance, kind, row_id)
    if publication.upload_id:
        found |= {"upload": links.to_row("uploads", publication.upload_id, str(publication.upload_id))}
    return found


def _made(publication: Publication) -> list[tuple[Kind, object]]:
    """The videos of a post that were made here, by kind."""
    named = ((REEL, publication.reel_id), (AVATAR, publication.avatar_video_id), (BURN_IN, publication.burn_in_id))
    return [(kind, row_id) for kind, row_id in named if row_id]


def metrics_of(publication: Publication) -> dict[str, Link]:
    """Links to the readings of its platform, and to the figures of the day of a published post."""
    assert publication.published_at
    day = publication.published_at.date().isoformat()
    return {
        "readings": links.to_asset(f"metric_snapshots/{publication.platform}"),
        "metrics": links.to_partition("daily_metrics", day),
    }


@links.or_no_links
def thumbnail_of(instance: dg.DagsterInstance, publication: Publication) -> dict[str, Link]:
    """The thumbnail that the video of a post has on its own page, or that was made when it was copied."""
    with autocommit() as session:
        for kind, row_id in _made(publication):
            partition = tasks.partition_key_of(session, kind.name, str(row_id))
            if partition and (picture := _picture(instance, links.ASSETS[kind.name], partition)):
                return {_THUMBNAIL: picture}
    return of_copy(publication.workspace_id, post_files.copy_id_of(publication))


@links.or_no_links
def of_copy(workspace_id: UUID, copy_id: UUID) -> dict[str, Link]:
    """The thumbnail of a copied video, if it has one."""
    picture = post_files.load_thumbnail(workspace_id, copy_id)
    return dict(picture_metadata(_THUMBNAIL, picture, "jpg", workspace_id)) if picture else {}


def _picture(instance: dg.DagsterInstance, asset: str, partition: str) -> Link | None:
    newest = dg.AssetRecordsFilter(dg.AssetKey(asset), asset_partitions=[partition])
    for record in instance.fetch_materializations(newest, limit=1).records:
        if record.asset_materialization:
            return record.asset_materialization.metadata.get(_THUMBNAIL)
    return None
