"""HeyGen's stand-in as a provider of avatar videos."""

from content_pipeline.core.avatars import heygen

# Longer than any render takes in the sandbox.
RENDERED_SECONDS = 25 * 60


def some_avatar() -> str:
    return heygen.avatars()[0].id
