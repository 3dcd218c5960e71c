"""Burns karaoke captions into a video of HeyGen, whose words are timed by aligning its sound with the script."""

from pathlib import Path

import numpy as np

from content_pipeline.core.media import untrusted, video
from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, pcm_chunks
from content_pipeline.core.media.avatars import captions
from content_pipeline.core.media.reels import designs
from content_pipeline.core.models import AvatarVideo, Twin
from content_pipeline.core.speech import narration
from content_pipeline.core.tasks.run_context import RunContext

# A script is spoken in three minutes. Alignment takes 1.3 MB a second.
_MAX_ALIGNED_SECONDS = 600.0


def burn_in(run: RunContext, row: AvatarVideo, folder: Path) -> None:
    """Write `video.OUTPUT` from `video.SOURCE`, the video as HeyGen made it, and store the timed words in the row.

    Raises as `untrusted.probe`, `pcm_chunks`, `narration.align` and `video.burn_in` do.
    """
    assert row.language
    media = untrusted.probe(folder / video.SOURCE)
    sound = np.concatenate(list(pcm_chunks(folder / video.SOURCE, seconds=min(media.seconds, _MAX_ALIGNED_SECONDS))))
    words = narration.align(row.script, row.language, sound, SAMPLE_RATE, row.glossary)
    with run.write() as session:
        session.get_one(AvatarVideo, row.id).words = words
        twin = session.get_one(Twin, row.twin_id)
    document = captions.caption_track(
        words,
        language=row.language,
        seconds=media.seconds,
        accent=designs.choose(twin.style_tags, row.seed).accent,
        animation=row.caption_animation or twin.caption_animation,
    )
    (folder / video.CAPTIONS).write_text(document)
    video.burn_in(folder, media, on_progress=run.progress)
