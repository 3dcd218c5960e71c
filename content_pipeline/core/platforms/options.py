"""Options of a post: the vocabulary that the platforms share. Each platform package combines its own model from it.

A consumer reads `cover`, `subtitles` or `labeled_as_ai` of any model; a model without that option answers None or
itself, so that nothing has to know which platform has which option.
"""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from content_pipeline.core.platforms.text import CaptionStyle

Tag = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^#?[^\s#@]{1,100}$")]
Mention = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^@?[\w.\-]{1,100}$")]
CoverSeconds = Annotated[
    float | None, Field(ge=0, le=3600, allow_inf_nan=False, description="The moment of the video that is its cover")
]
PaidPartnership = Annotated[bool | None, Field(description="A third party's product is advertised")]


class PostOptions(BaseModel):
    """Options that every platform has."""

    # pydantic's own engine unrolls {1,100} over all of Unicode: 10 MB in every process.
    model_config = ConfigDict(extra="forbid", regex_engine="python-re")

    caption_style: CaptionStyle | None = None
    hashtags: list[Tag] = Field([], max_length=30, description='In every post; each a word, with or without "#"')
    mentions: list[Mention] = Field([], max_length=20, description='In every post; each a name, with or without "@"')

    @property
    def cover(self) -> str | None:
        """URL of the picture that is the cover."""
        return None

    @property
    def subtitles(self) -> UUID | None:
        """Id of the captions that go along as a subtitle file."""
        return None

    def labeled_as_ai(self) -> Self:
        """These options with the AI label, unless that option is set or the platform has none."""
        return self

    def over(self, defaults: Self) -> Self:
        """`defaults`, replaced by what is set here; both are options of the same platform."""
        return defaults.model_copy(update={name: getattr(self, name) for name in dump_set(self)})


class CoverOption(PostOptions):
    cover_url: str | None = Field(
        None, max_length=4096, description="A picture that is its cover, of at most 40 million pixels"
    )

    @property
    def cover(self) -> str | None:
        return self.cover_url


class SubtitlesOption(PostOptions):
    captions_id: UUID | None = Field(
        None, description="Captions made here, as a subtitle file; a reel of ours brings its own"
    )

    @property
    def subtitles(self) -> UUID | None:
        return self.captions_id


class AiLabelOption(PostOptions):
    ai_generated: bool | None = Field(None, description="Whether the post is labeled as made with AI")

    def labeled_as_ai(self) -> Self:
        return self.model_copy(update={"ai_generated": True}) if self.ai_generated is None else self


def dump_set(options: BaseModel) -> dict[str, Any]:
    """The options that are set, as JSON."""
    return options.model_dump(mode="json", exclude_unset=True, exclude_none=True)
