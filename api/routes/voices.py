"""The installed text-to-speech voices: their list, and a sample of each."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.deps import CallerDep
from api.limits.concurrency.bulkhead import in_bulkhead
from api.schemas.problems import problems
from api.schemas.voices import VoiceView
from content_pipeline.core.speech import voice_samples, voice_selection

router = APIRouter(prefix="/voices", tags=["voices"])


@router.get("")
def list_voices(_: CallerDep) -> list[VoiceView]:
    """List all voices, best first.

    `voice_id` also accepts a language tag, or an id that begins with one, as Google's and Azure's do
    (`en-US-Neural2-A`): the closest voice of that language is used, and of that sex where Google's
    letter tells it.
    """
    return [VoiceView.of(voice) for voice in voice_selection.installed_voices()]


@router.get(
    "/{voice_id}/sample",
    response_class=Response,
    responses={
        200: {
            "content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}},
            "description": "A WAV file",
        },
        **problems(404, 502, 503),
    },
)
@in_bulkhead()
def get_sample(voice_id: Annotated[str, Path(examples=["hibari-heart"])], _: CallerDep) -> Response:
    """Listen to a voice: a sentence in its own language.

    The first request for a voice makes its sample, which takes some seconds; later ones get the same file.
    """
    return Response(
        voice_samples.sample(voice_id), media_type="audio/wav", headers={"Cache-Control": "private, max-age=86400"}
    )
