"""Registry of platforms: one line for each. Everything that differs between platforms is looked up here when needed."""

from typing import Final

from content_pipeline.core.platforms.instagram import spec as instagram
from content_pipeline.core.platforms.linkedin import spec as linkedin
from content_pipeline.core.platforms.spec import PlatformSpec
from content_pipeline.core.platforms.tiktok import spec as tiktok
from content_pipeline.core.platforms.youtube import spec as youtube

_SPECS: Final = (
    instagram.SPEC,
    tiktok.SPEC,
    linkedin.SPEC,
    youtube.SPEC,
)
PLATFORMS: Final[dict[str, PlatformSpec]] = {spec.name: spec for spec in _SPECS}
