"""Pydantic annotation of a string that must be a key of a registry.

The registry is read when a value is validated and when a JSON schema is generated, so that what is registered later is
known too.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticKnownError, core_schema


@dataclass(frozen=True)
class RegisteredName:
    """Refuses other strings with pydantic's own error for a Literal."""

    names: Callable[[], Iterable[str]]

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(self, _: core_schema.CoreSchema, __: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "enum": [*self.names()]}

    def _validate(self, value: object) -> str:
        names = [*self.names()]
        if isinstance(value, str) and value in names:
            return value
        *others, last = map(repr, names)
        raise PydanticKnownError("literal_error", {"expected": f"{', '.join(others)} or {last}"})
