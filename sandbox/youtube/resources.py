"""Writable fields of YouTube's resources: names, types and values of the discovery document, and documented limits."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Any, Final, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, StrictBool, StrictStr, ValidationError

from sandbox.youtube import errors

MAX_TITLE_CHARACTERS: Final = 100
MAX_DESCRIPTION_BYTES: Final = 5000
MAX_TAGS_CHARACTERS: Final = 500
# The categories that can be assigned to a video; others are for shows and films.
CATEGORIES: Final = frozenset(["1", "2", "10", "15", "17", "19", "20", "22", "23", "24", "25", "26", "27", "28", "29"])

Privacy = Literal["public", "unlisted", "private"]


class Resource(BaseModel):
    """Google rejects unknown fields."""

    model_config = ConfigDict(extra="forbid")


class VideoSnippet(Resource):
    title: StrictStr = ""
    description: StrictStr = ""
    tags: list[StrictStr] = []
    categoryId: StrictStr = "22"
    defaultLanguage: StrictStr | None = None
    defaultAudioLanguage: StrictStr | None = None


class VideoStatus(Resource):
    privacyStatus: Privacy = "public"
    publishAt: AwareDatetime | None = None
    selfDeclaredMadeForKids: StrictBool | None = None
    containsSyntheticMedia: StrictBool | None = None
    license: Literal["youtube", "creativeCommon"] = "youtube"
    embeddable: StrictBool = True
    publicStatsViewable: StrictBool = True


class VideoPaidProductPlacementDetails(Resource):
    hasPaidProductPlacement: StrictBool = False


class Video(Resource):
    """The parts of a video that can be set when it is uploaded."""

    snippet: VideoSnippet = VideoSnippet()
    status: VideoStatus = VideoStatus()
    paidProductPlacementDetails: VideoPaidProductPlacementDetails = VideoPaidProductPlacementDetails()


class CaptionSnippet(Resource):
    videoId: StrictStr
    language: StrictStr
    name: StrictStr
    isDraft: StrictBool = False


class Caption(Resource):
    snippet: CaptionSnippet


_Parsed = TypeVar("_Parsed", bound=Resource)


def parse(resource: type[_Parsed], body: Any) -> _Parsed:
    """Parse a request body. Raises ApiError with the messages of Google's JSON parser."""
    try:
        return resource.model_validate(body)
    except ValidationError as error:
        problem = error.errors()[0]
        where, name = ".".join(map(str, problem["loc"][:-1])), problem["loc"][-1] if problem["loc"] else ""
        if problem["type"] == "extra_forbidden":
            raise errors.bad_request(
                f"Invalid JSON payload received. Unknown name \"{name}\" at '{where}': Cannot find field."
            ) from error
        if problem["type"] == "missing":
            raise errors.api_error(HTTPStatus.BAD_REQUEST, "required", f"Required: {name}", domain="global") from error
        raise errors.bad_request(f"Invalid value at '{where}.{name}': {problem['msg']}.") from error


def validate(video: Video) -> None:
    """Check the documented limits of a new video. Raises ApiError."""
    snippet, status = video.snippet, video.status
    if not snippet.title.strip() or len(snippet.title) > MAX_TITLE_CHARACTERS or _has_brackets(snippet.title):
        raise errors.invalid("invalidTitle", "The request metadata specifies an invalid or empty video title.")
    if len(snippet.description.encode()) > MAX_DESCRIPTION_BYTES or _has_brackets(snippet.description):
        raise errors.invalid("invalidDescription", "The request metadata specifies an invalid video description.")
    if _tags_length(snippet.tags) > MAX_TAGS_CHARACTERS or any(
        not tag.strip() or _has_brackets(tag) for tag in snippet.tags
    ):
        raise errors.invalid("invalidTags", "The request metadata specifies invalid video keywords.")
    if snippet.categoryId not in CATEGORIES:
        raise errors.invalid("invalidCategoryId", "The snippet.categoryId property specifies an invalid category ID.")
    if status.publishAt and status.privacyStatus != "private":
        raise errors.invalid("invalidPublishAt", "The request metadata specifies an invalid scheduled publishing time.")


def parse_parts(part: str, known: Collection[str]) -> list[str]:
    """The names in a `part` parameter. Raises ApiError if it is empty or has an unknown part."""
    names = [name.strip() for name in part.split(",") if name.strip()]
    if not names:
        message = "No filter selected. Expected one of: part"
        raise errors.api_error(HTTPStatus.BAD_REQUEST, "missingRequiredParameter", message, domain="youtube.parameter")
    if unknown := [name for name in names if name not in known]:
        message = f"'{unknown[0]}' is not a part of this resource."
        raise errors.api_error(HTTPStatus.BAD_REQUEST, "unknownPart", message, domain="youtube.part")
    return names


def _has_brackets(text: str) -> bool:
    return "<" in text or ">" in text


def _tags_length(tags: list[str]) -> int:
    """Length as YouTube counts it: with commas between tags, and quotation marks around tags that have a space."""
    return sum(len(tag) + 2 * (" " in tag) for tag in tags) + max(len(tags) - 1, 0)
