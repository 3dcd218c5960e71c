"""Lists the installed text-to-speech voices."""

from fastapi import APIRouter

from api.deps import CallerDep
from api.schemas.voices import VoiceView
from content_pipeline.core.speech import voice_selection

router = APIRouter(prefix="/voices", tags=["voices"])


@router.get("")
def list_voices(_: CallerDep) -> list[VoiceView]:
    """List all voices, best first.

    `voice_id` also accepts a language tag, or an id that begins with one, as Google's and Azure's do
    (`en-US-Neural2-A`): the closest voice of that language is used.
    """
    return [VoiceView.model_validate(voice) for voice in voice_selection.installed_voices()]
