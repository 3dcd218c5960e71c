"""Estimates how long a script takes to say, and a video of it to render."""

from math import ceil
from typing import Final

from sqlalchemy import Float, String, cast, func, select
from sqlalchemy.orm import Session

from content_pipeline.core.media.timed_words import UNSPACED_SCRIPTS
from content_pipeline.core.models import AvatarVideo, Task
from content_pipeline.core.models.avatars import AvatarProvider
from content_pipeline.core.tasks import kinds

# Characters a second: of an alphabet with its spaces, and of a script without spaces such as Chinese.
_SPACED_PER_SECOND: Final = 14.0
_UNSPACED_PER_SECOND: Final = 4.5
_MIN_SECONDS: Final = 3.1
# Before there are finished renders to learn from: seconds for each video, and for each second of speech on top. HeyGen
# names 5 to 15 minutes for most videos, whatever their length.
_FIRST_SECONDS: Final[dict[AvatarProvider, float]] = {"local": 3.0, "heygen": 600.0}
_FIRST_RATIO: Final[dict[AvatarProvider, float]] = {"local": 1.0, "heygen": 0.0}
# Renders to learn from.
_SAMPLE: Final = 20


def speech_seconds(script: str, speed: float) -> float:
    """Seconds that the script takes to say at a factor of the usual speed, from its number of characters."""
    unspaced = len(UNSPACED_SCRIPTS.findall(script))
    seconds = unspaced / _UNSPACED_PER_SECOND + (len(script) - unspaced) / _SPACED_PER_SECOND
    return max(_MIN_SECONDS, seconds / speed)


def render_seconds(session: Session, provider: AvatarProvider, script: str, speed: float) -> int:
    """Seconds from the request to the finished video: by this provider's latest renders, queueing included."""
    newest = (
        select(
            func.extract("epoch", Task.finished_at - Task.created_at).label("taken"),
            cast(AvatarVideo.media["seconds"].astext, Float).label("spoken"),
        )
        .join(AvatarVideo, cast(AvatarVideo.id, String) == Task.key)
        .where(Task.kind == kinds.AVATAR.name, Task.state == "done", AvatarVideo.provider == provider)
        .order_by(Task.created_at.desc())
        .limit(_SAMPLE)
        .subquery()
    )
    taken, spoken = session.execute(select(func.avg(newest.c.taken), func.avg(newest.c.spoken))).one()
    seconds = speech_seconds(script, speed)
    if taken is None:
        return ceil(_FIRST_SECONDS[provider] + seconds * _FIRST_RATIO[provider])
    return ceil(float(taken) * (seconds / float(spoken) if provider == "local" else 1))
