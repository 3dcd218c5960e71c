"""Type of the videos that are made here."""

from content_pipeline.core.models.avatars import AvatarVideo
from content_pipeline.core.models.reels import Reel

# A video that was made here, by its own kind of task.
MadeVideo = Reel | AvatarVideo
