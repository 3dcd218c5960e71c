"""Definition of an MCP tool: a function with pydantic models of its arguments and of its result."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar, get_type_hints

import httpx
from mcp_types import Tool as ToolDescription
from mcp_types import ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema

from api.mcp_server.rest import RestClient
from content_pipeline.core.workspaces.scopes import Scope

Asked = TypeVar("Asked", bound=BaseModel)
Answered = TypeVar("Answered", bound=BaseModel)

# What a call changes: nothing, something that can be taken back, or something that cannot.
Effect = Literal["none", "reversible", "final"]

_REPEATED: Final = (
    "The same call was made in the last 24 hours. This is what it was answered then, and nothing was done now. To do "
    "it once more, set `again` to a word of your own."
)


class _Schema(GenerateJsonSchema):
    """Without the titles that pydantic makes of names: a tenth of what each conversation has to hold."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Repeatable(BaseModel):
    """Arguments of a tool that does not do the same twice by accident."""

    again: str | None = Field(
        None,
        max_length=50,
        description="Leave it out. The same call within 24 hours does nothing new, so that a call whose answer was "
        "lost can be repeated; to do the same once more on purpose, set this to any new word",
    )


class Result(BaseModel):
    """The result of a tool, and what to do with it."""

    next: str = Field(description="What this means, and what to do next")


@dataclass(frozen=True)
class Call:
    """One call of a tool: the API as its caller, and `report`, which takes percent and a sentence."""

    api: RestClient
    report: Callable[[float, str], Awaitable[None]]


@dataclass(frozen=True)
class Tool:
    """A tool. `scope` is what the routes that it calls ask of a key; `run` gets the validated arguments."""

    name: str
    title: str
    description: str
    scope: Scope
    effect: Effect
    arguments: type[BaseModel]
    result: type[BaseModel]
    run: Callable[[Call, Any], Awaitable[BaseModel]]

    def described(self) -> ToolDescription:
        """The entry of `tools/list`."""
        return ToolDescription(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=self.arguments.model_json_schema(schema_generator=_Schema),
            output_schema=self.result.model_json_schema(mode="serialization", schema_generator=_Schema),
            annotations=ToolAnnotations(
                read_only_hint=self.effect == "none",
                destructive_hint=self.effect == "final",
                idempotent_hint=True,  # a repeated call is answered with what the first one did
                open_world_hint=self.scope is Scope.PUBLISH and self.effect != "none",
            ),
            _meta={"scope": self.scope},
        )


def tool(
    title: str, scope: Scope, effect: Effect = "none"
) -> Callable[[Callable[[Call, Asked], Awaitable[Answered]]], Tool]:
    """Make a tool of a function: its name, and the description in its docstring, are what agents read."""

    def decorate(run: Callable[[Call, Asked], Awaitable[Answered]]) -> Tool:
        hints = get_type_hints(run)
        description = " ".join((run.__doc__ or "").split())
        return Tool(run.__name__, title, description, scope, effect, hints["asked"], hints["return"], run)

    return decorate


def idempotency_key(name: str, body: Any, asked: Repeatable) -> str:
    """The same for calls of a tool that send the same `body`.

    Of what is sent, not of the arguments: where these differ and the body does too, the key must be another.
    """
    call = json.dumps([name, body, asked.again], sort_keys=True)
    return f"mcp-{hashlib.sha256(call.encode()).hexdigest()}"


def next_step(answer: httpx.Response, told: str) -> str:
    """What to do next: `told`, and whether the answer is that of an earlier call."""
    return f"{_REPEATED} {told}" if "Idempotent-Replayed" in answer.headers else told
