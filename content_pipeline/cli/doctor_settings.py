"""Doctor check for names of settings, in the environment and `.env`, that no settings class defines."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from content_pipeline.cli.processes import MARK
from content_pipeline.core.errors import Invalid
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import PREFIX, EnvironmentSettings, Settings

# What `up` gives its services beside settings: the mark of their stack, and the port that workspace.yaml reads.
_OF_THE_STACK: Final = {MARK, f"{PREFIX}CODE_PORT"}


def names() -> str:
    """How many settings the environment and `.env` have. Raises Invalid for names that no setting has; never with a
    value, which may be a secret under a misspelled name."""
    known = set(_known())
    given = set(_given())
    if unknown := sorted(given - known - _OF_THE_STACK):
        told = ", ".join(_with_nearest(name, known) for name in unknown)
        raise Invalid(
            f"Without effect, as there are no such settings: {told}.",
            remedy="Correct or remove them; .env.example has all names.",
        )
    return f"{len(given & known)} set, each of them known"


def _known() -> Iterator[str]:
    models: list[type[EnvironmentSettings]] = [Settings, *(spec.app_settings for spec in PLATFORMS.values())]
    for model in models:
        yield from (f"{PREFIX}{field.upper()}" for field in model.model_fields)


def _given() -> Iterator[str]:
    """Read as the settings are: whatever the case, and `.env` of the present folder."""
    for source in (EnvSettingsSource(EnvironmentSettings), DotEnvSettingsSource(EnvironmentSettings)):
        yield from (name.upper() for name in source.env_vars if name.upper().startswith(PREFIX))


def _with_nearest(name: str, known: set[str]) -> str:
    # Compared without the prefix, which alone would make every two names alike.
    nearest = get_close_matches(name.removeprefix(PREFIX), [each.removeprefix(PREFIX) for each in known], n=1)
    return f"{name} (is {PREFIX}{nearest[0]} meant?)" if nearest else name
