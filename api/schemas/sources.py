"""Fields that name a source: what was made or uploaded here, or a link."""

from typing import Final
from uuid import UUID

from pydantic import BaseModel, Field

from content_pipeline.core.library.sources import SourceIds

MAX_URL: Final = 4096
URL: Final = (
    "The URL of a file elsewhere, or a link of ours (`result_url`, `video_url`, `output_url`), which stands for what "
    "it names also after it has expired"
)
REEL_ID: Final = "A reel of yours: its `job_id`"
AVATAR_JOB_ID: Final = "An avatar video of yours: its `job_id`"
CAPTION_ID: Final = "Captions of yours: the newest video into which they are burned"
UPLOAD_ID: Final = "A file that you have uploaded"


class SourceFields(BaseModel):
    """The names of a source, of which one is to be sent. Ids may be strings also where a model is strict."""

    reel_url: str | None = Field(None, min_length=1, max_length=MAX_URL, description=URL)
    reel_id: UUID | None = Field(None, strict=False, description=REEL_ID)
    avatar_job_id: UUID | None = Field(None, strict=False, description=AVATAR_JOB_ID)
    caption_id: UUID | None = Field(None, strict=False, description=CAPTION_ID)
    upload_id: UUID | None = Field(None, strict=False, description=UPLOAD_ID)

    def source_ids(self) -> SourceIds:
        return SourceIds(**self.model_dump(include=set(SourceFields.model_fields)))
