"""Pydantic types of the API that are made from the registry: a platform's name, and options by platform.

They look into the registry when a value is validated and when a JSON schema is generated, so that a platform that is
registered is known everywhere.
"""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, RootModel, create_model
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from content_pipeline.core.infrastructure.registered_name import RegisteredName
from content_pipeline.core.platforms import registry
from content_pipeline.core.platforms.options import PostOptions

# The name of a registered platform.
Platform = Annotated[str, RegisteredName(lambda: registry.PLATFORMS)]


class _ByPlatform:
    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(_options_by_platform)

    def __get_pydantic_json_schema__(self, _: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(_current_model().__pydantic_core_schema__)


def _options_by_platform(value: object) -> dict[str, PostOptions]:
    """The options that are given, each validated by its platform's own model."""
    given = _current_model().model_validate(value)
    return {name: options for name in registry.PLATFORMS if (options := getattr(given, name)) is not None}


def _current_model() -> type[BaseModel]:
    return _model(tuple((spec.name, spec.options) for spec in registry.PLATFORMS.values()))


@cache
def _model(options: tuple[tuple[str, type[PostOptions]], ...]) -> type[BaseModel]:
    fields: dict[str, Any] = {name: (model | None, None) for name, model in options}
    return create_model(
        "PlatformDefaults",
        __config__=ConfigDict(extra="forbid"),
        **fields,
    )


class PlatformDefaults(RootModel[Mapping[str, Any]]):
    """The options of a twin's posts, by platform."""

    root: Annotated[Mapping[str, Any], _ByPlatform()] = {}

    def get(self, platform: str) -> PostOptions | None:
        """The options for a platform; None where they are missing or null."""
        options: PostOptions | None = self.root.get(platform)
        return options
