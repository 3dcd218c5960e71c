"""Table of avatar videos."""

from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.timed_phonemes import Phoneme
from content_pipeline.core.models.deletable import Deletable
from content_pipeline.core.models.narrated import Narrated
from content_pipeline.core.models.polling_mixin import PollingMixin
from content_pipeline.core.models.pydantic_json import PydanticJSON

AvatarProvider = Literal["local", "heygen"]


class AvatarVideo(Narrated, PollingMixin, Deletable, Base):
    """A script, and the video of an avatar that speaks it.

    `batch_id`, `row` and `platform` are set for a row of a CSV. `provider` renders it, `avatar_id` is one of its
    avatars. `seed` picks the background and the motion of a local one, `phonemes` move its mouth. `background_url` is
    the URI of an object, or a URL.

    `credits_billed` is what it cost, set when it is done, `finished_at` the time at which it was first done.

    The columns from `engine` on are about HeyGen: `engine` renders it there, `submitted_at` is when it was handed over.
    `submissions` counts those that were begun. `submitting_at` is
    the intention to submit, stored before the call, and cleared only when the call provably did not happen;
    `external_id` is HeyGen's id of the video. At `waits_until` the render is given up.
    """

    __tablename__ = "avatar_videos"
    __table_args__ = (
        Index("ix_avatar_videos_workspace_newest", "workspace_id", text("created_at desc"), text("id desc")),
        Index("ix_avatar_videos_poll_at", "poll_at", postgresql_where=text("poll_at is not null")),
        Index("ix_avatar_videos_external_id", "external_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    twin_id: Mapped[UUID] = mapped_column(ForeignKey("twins.id"))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batches.id"), index=True)
    row: Mapped[int | None]
    platform: Mapped[str | None]
    provider: Mapped[AvatarProvider] = mapped_column(String)
    avatar_id: Mapped[str]
    captions: Mapped[bool]
    background_url: Mapped[str | None]
    phonemes: Mapped[tuple[Phoneme, ...] | None] = mapped_column(PydanticJSON(tuple[Phoneme, ...]))
    seed: Mapped[int] = mapped_column(BigInteger)
    estimated_seconds: Mapped[int]
    media: Mapped[MediaInfo | None] = mapped_column(PydanticJSON(MediaInfo))
    output_key: Mapped[str | None]
    credits_billed: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    engine: Mapped[str | None]
    submitted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    submissions: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    submitting_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    external_id: Mapped[str | None]
