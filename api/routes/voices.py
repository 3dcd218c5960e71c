"""Voices: what this installation speaks with."""

from fastapi import APIRouter

from api.deps import CallerDep
from api.schemas.voices import VoiceView
from content_pipeline.core.providers.voices import catalog

router = APIRouter(prefix="/voices", tags=["voices"])


@router.get("")
def list_voices(_: CallerDep) -> list[VoiceView]:
    """All voices, the best first. `voice_id` also takes a language tag, or another service's id of such a voice."""
    return [VoiceView.of(voice) for voice in catalog.installed()]
