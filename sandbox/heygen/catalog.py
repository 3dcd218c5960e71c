"""The voices and avatars that every HeyGen account has."""

from typing import Any, Final
from uuid import NAMESPACE_DNS, uuid5

_VOICES: Final = (
    ("English", "female", "Ivy"),
    ("English", "male", "Marcus"),
    ("Spanish", "female", "Lucía"),
    ("German", "male", "Jonas"),
    ("French", "female", "Camille"),
    ("Portuguese", "female", "Beatriz"),
    ("Japanese", "female", "Yui"),
    ("Multilingual", "female", "Aria"),
)
_AVATARS: Final = (
    ("Abigail_standing_front", "Abigail", "female", "studio_avatar"),
    ("Brent_sitting_office", "Brent", "male", "studio_avatar"),
    ("Daisy_photo", "Daisy", "female", "photo_avatar"),
)
_ENGINES: Final = {
    "studio_avatar": ["avatar_iii", "avatar_iv", "avatar_v"],
    "photo_avatar": ["avatar_iii", "avatar_iv"],
}


def _voice_id(name: str) -> str:
    return uuid5(NAMESPACE_DNS, f"{name}.voices.heygen.com").hex


VOICES: Final[dict[str, dict[str, Any]]] = {
    _voice_id(name): {
        "voice_id": _voice_id(name),
        "name": name,
        "language": language,
        "gender": gender,
        "preview_audio_url": None,
        "support_pause": True,
        "support_locale": language == "Multilingual",
        "type": "public",
    }
    for language, gender, name in _VOICES
}

# "Looks" are what a video is made of: their ids are the `avatar_id`.
LOOKS: Final[dict[str, dict[str, Any]]] = {
    id: {
        "id": id,
        "name": name,
        "group_id": f"{name.lower()}_group",
        "avatar_type": kind,
        "gender": gender,
        "default_voice_id": next(iter(VOICES)),
        "preferred_orientation": "portrait",
        "image_width": 1080,
        "image_height": 1920,
        "preview_image_url": None,
        "preview_video_url": None,
        "supported_api_engines": _ENGINES[kind],
        "tags": [],
    }
    for id, name, gender, kind in _AVATARS
}
