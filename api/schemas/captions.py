"""Schemas of captions and burn-ins."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from api.schemas.sources import SourceFields
from api.schemas.tasks import Status, TaskAccepted, TaskError, error_of
from content_pipeline.core.media import srt_vtt
from content_pipeline.core.media.karaoke_captions import Style
from content_pipeline.core.media.timed_words import Segment
from content_pipeline.core.models import Caption, Task
from content_pipeline.core.tasks import tasks

_STYLE = Style()


class CaptionAccepted(TaskAccepted):
    caption_id: UUID = Field(examples=["5bc41d91-867a-4ccb-821a-2b9544c45719"])
    task_id: str = Field(examples=["sync_5bc41d91-867a-4ccb-821a-2b9544c45719"])


class SegmentView(BaseModel):
    """One cue: start and end in seconds of the recording, and a text with at most one line break."""

    model_config = ConfigDict(strict=True, extra="forbid")

    start: float = Field(ge=0, allow_inf_nan=False, examples=[0.0])
    end: float = Field(gt=0, allow_inf_nan=False, examples=[3.5])
    text: str = Field(examples=["AI is transforming how creators work."])


class WordView(BaseModel):
    """One word, and when it is spoken, in seconds of the recording."""

    start: float = Field(examples=[0.0])
    end: float = Field(examples=[0.32])
    text: str = Field(examples=["AI"])
    language: str | None = Field(
        description="Where it is another than that of the captions: in a recording whose speakers change between "
        "languages, if `language` was not requested",
        examples=[None],
    )


class CaptionSummary(BaseModel):
    id: UUID = Field(examples=["5bc41d91-867a-4ccb-821a-2b9544c45719"])
    task_id: str = Field(description="The newest task of these captions")
    status: Status
    language: str = Field(
        description="Of the captions: `translate_to` where it was requested, else `language` as requested; `auto` "
        "where neither was",
        examples=["auto"],
    )
    spoken_language: str | None = Field(
        description="Of the recording: as requested, else as detected; null until then, and where nobody speaks",
        examples=["en"],
    )
    language_probability: float | None = Field(
        description="How sure the detected language is, from 0 to 1; null where it was requested", examples=[0.98]
    )
    error: TaskError | None
    created_at: datetime = Field(examples=["2026-04-30T02:12:14Z"])
    edited_at: datetime | None

    @classmethod
    def of(cls, caption: Caption, task: Task) -> "CaptionSummary":
        return cls(
            id=caption.id,
            task_id=task.id,
            status=tasks.wire_status(task),
            language=caption.translate_to or caption.language,
            spoken_language=caption.spoken_language,
            language_probability=caption.language_probability,
            error=error_of(task.error),
            created_at=caption.created_at,
            edited_at=caption.edited_at,
        )


class CaptionView(CaptionSummary):
    srt: str | None = Field(
        description="SubRip; null until the captions are done",
        examples=["1\n00:00:00,000 --> 00:00:03,500\nAI is transforming how creators work.\n"],
    )
    vtt: str | None = Field(
        description="WebVTT",
        examples=["WEBVTT\n\n00:00:00.000 --> 00:00:03.500\nAI is transforming how creators work.\n"],
    )
    segments: list[SegmentView] | None
    words: list[WordView] | None = Field(description="The words of all segments, in order")


def captions_json(caption: Caption, task: Task, cues: Sequence[Segment] | None) -> str:
    """The JSON of a `CaptionView`, made entry by entry. FastAPI would make it in the event loop: that of four hours of
    speech, with 36,000 words, in one call of 30 ms."""
    head = CaptionView(
        **dict(CaptionSummary.of(caption, task)),
        srt=None if cues is None else srt_vtt.srt(cues),
        vtt=None if cues is None else srt_vtt.vtt(cues),
        segments=None,
        words=None,
    )
    if cues is None:
        return head.model_dump_json()
    segments = (SegmentView(start=cue.start, end=cue.end, text=cue.text) for cue in cues)
    words = (
        WordView(start=word.start, end=word.end, text=word.text, language=word.language)
        for cue in cues
        for word in cue.words
    )
    rest = head.model_dump_json(exclude={"segments", "words"})
    return f'{rest[:-1]},"segments":{_list_json(segments)},"words":{_list_json(words)}}}'


def _list_json(entries: Iterable[BaseModel]) -> str:
    return f"[{','.join(entry.model_dump_json() for entry in entries)}]"


def _as_sent(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """A list whose entries are validated later: FastAPI would do it in the event loop, in one call, and 24,000 segments
    stopped that for 36 to 180 ms."""
    return value if isinstance(value, list) else validate(value)


class CaptionEdit(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    # As they were sent, until `validated_segments`: the type is for the schema. More do not fit into a body.
    segments: Annotated[list[SegmentView], WrapValidator(_as_sent), Field(max_length=30_000)]

    def validated_segments(self) -> list[SegmentView]:
        """Validate them one by one, between which other threads have the interpreter. Raises RequestValidationError for
        the first wrong one."""
        return [_validated(segment, ("body", "segments", index)) for index, segment in enumerate(self.segments)]


def _validated(segment: object, place: tuple[str | int, ...]) -> SegmentView:
    try:
        return SegmentView.model_validate(segment)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise RequestValidationError([{**each, "loc": (*place, *each["loc"])} for each in found]) from error


class BurnInRequest(SourceFields):
    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"font_size": 24, "font_color": "white", "position": "bottom"}]},
    )

    font_size: int = Field(_STYLE.font_size, ge=8, le=400, description="Pixels in a frame 1080 wide")
    font_color: str = Field(
        _STYLE.font_color, max_length=32, pattern="^(#[0-9a-fA-F]{6}|[a-zA-Z]+)$", description="A CSS name or #rrggbb"
    )
    position: Literal["top", "middle", "bottom"] = _STYLE.position
    style: Literal["plain", "karaoke"] = Field(_STYLE.kind, description="`karaoke` highlights the word being spoken")

    def to_style(self) -> Style:
        """Raises Invalid for an unknown color."""
        return Style(self.style, self.font_size, self.font_color, self.position)
