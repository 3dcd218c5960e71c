"""Text and options of a post: the caption given, or a text composed by the twin, within the platform's rules."""

import re
from dataclasses import asdict
from typing import Final

from content_pipeline.core.errors import Invalid, MediaUnusable, pointer
from content_pipeline.core.media.limits import LENGTH_TOLERANCE
from content_pipeline.core.media.timed_words import join_words
from content_pipeline.core.models import Publication, Twin
from content_pipeline.core.platforms.base import Video
from content_pipeline.core.platforms.hashtags import distinct
from content_pipeline.core.platforms.options import PostOptions
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.publishing.post_video import made_video
from content_pipeline.core.settings import settings
from content_pipeline.core.speech.recognition import transcription
from content_pipeline.core.tasks.run_context import RunContext, SwitchLane
from content_pipeline.core.twins import composing, twins
from content_pipeline.core.writing import text_validation
from content_pipeline.core.writing.fitting import fit
from content_pipeline.core.writing.post import Brief, PostText

_WORD: Final = re.compile(r"[#@]?[\w.\-]+")


def options(platform: str, twin: Twin | None, asked: PostOptions | None, *, is_ours: bool = False) -> PostOptions:
    """The options of one post: `asked` over the twin's defaults, over the platform's.

    Our own reels (`is_ours`) have a synthetic voice, and are labeled as AI unless an option says otherwise.
    """
    chosen = twins.post_defaults(twin, platform) if twin else PLATFORMS[platform].options()
    if asked:
        chosen = asked.over(chosen)
    return chosen.labeled_as_ai() if is_ours else chosen


def options_of(publication: Publication) -> PostOptions:
    """The options of a publication, fixed when it was created."""
    return PLATFORMS[publication.platform].options.model_validate(publication.options)


def from_caption(platform: str, caption: str, *, title: str | None, options: PostOptions) -> PostText:
    """The given caption, with the hashtags and mentions of the options appended.

    A missing title is taken from the text where the platform wants one. Raises Invalid `text_unfit` with every
    violation: a caption is never shortened silently.
    """
    said = _caption_words(caption)
    mentions = [f"@{name.removeprefix('@')}" for name in options.mentions]
    ending = " ".join(mention for mention in mentions if mention.casefold() not in said)
    hashtags = tuple(tag for tag in distinct(options.hashtags) if f"#{tag}".casefold() not in said)
    text = "\n\n".join(part for part in (caption.strip(), ending) if part)
    post = PostText(_resolve_title(platform, title, text), text, hashtags)
    if violations := text_validation.check(platform, post):
        raise Invalid(
            f"These words do not fit {platform}. {violations[0].detail}",
            code="text_unfit",
            remedy="Change them, or leave them out: then they are written to fit.",
            errors=[{"in": "body", "pointer": pointer(["caption"]), "detail": broken.detail} for broken in violations],
        )
    return post


def _caption_words(caption: str) -> frozenset[str]:
    """The caption's words in lower case, with `#` and `@`: compared whole, so that "#AI" is not found in "#said"."""
    return frozenset(word.rstrip(".-") for word in _WORD.findall(caption.casefold()))


def _resolve_title(platform: str, title: str | None, text: str) -> str | None:
    if title and PLATFORMS[platform].text_rules.title:
        return title
    return fit(platform, PostText(None, text, ())).title


def resolve_text(run: RunContext, publication: Publication, video: Video) -> PostText:
    """The text of a publication; stored by the first attempt, and used by all later ones. The caption style of a
    composed text is stored among the options: later texts learn from what it did.

    Raises Invalid `caption_missing` for a video without speech, SwitchLane for a long one that has to be transcribed,
    and what `from_caption` and `composing.compose` raise.
    """
    if publication.words is None:
        brief = None if publication.caption else _brief(run, publication, video)
        post = composing.compose(brief).post if brief else _given_text(publication)
        with run.write() as session:
            publication = session.get_one(Publication, publication.id)
            publication.words = asdict(post)
            if brief:
                publication.options = {**publication.options, "caption_style": brief.style}
    kept = publication.words or {}
    return PostText(kept["title"], kept["text"], tuple(kept["hashtags"]))


def _given_text(publication: Publication) -> PostText:
    chosen = options_of(publication)
    return from_caption(publication.platform, publication.caption or "", title=publication.title, options=chosen)


def _brief(run: RunContext, publication: Publication, video: Video) -> Brief:
    script = _script(run, publication) or _transcribe(run, video)
    with run.write() as session:
        return composing.brief(
            session,
            session.get_one(Twin, publication.twin_id),
            script=script,
            platform=publication.platform,
            title=publication.title,
            options=options_of(publication),
        )


def _script(run: RunContext, publication: Publication) -> str | None:
    with run.write() as session:
        made = made_video(session, publication)
    return publication.script or (made.script if made else None)


def _transcribe(run: RunContext, video: Video) -> str:
    """The transcript of the video."""
    lane = settings().lane_of(video.media.seconds)
    if run.lane != lane and run.task_id:  # to a worker that has Whisper loaded
        raise SwitchLane(lane)
    try:
        heard = transcription.transcribe(
            video.path,
            language=None,
            threads=settings().whisper_threads(run.lane),
            on_progress=lambda _: None,
            max_seconds=video.media.seconds + LENGTH_TOLERANCE,
        )
    except MediaUnusable as error:
        raise _no_speech() from error
    if not heard.words:
        raise _no_speech()
    return join_words(heard.words)


def _no_speech() -> Invalid:
    return Invalid("Nothing is said in this video.", code="caption_missing", remedy="Send a caption.")
