"""MCP server: registers the tools and resources, for every transport."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from difflib import get_close_matches
from functools import partial
from importlib.metadata import version
from typing import Any, Final

import structlog
from fastapi.exceptions import RequestValidationError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    TextContent,
    TextResourceContents,
)
from pydantic import BaseModel, ValidationError

from api.errors import summary, validation_errors
from api.known_fields import field_names, unknown_sentence
from api.mcp_server import creation_tools, publishing_tools, read_tools, resources
from api.mcp_server.rest import RestClient
from api.mcp_server.tool import Call, Tool
from content_pipeline.core.errors import Error, InternalError, NotFound, Unprocessable

log = structlog.get_logger()

Connect = Callable[[Any], AbstractAsyncContextManager[RestClient]]

TOOLS: Final[dict[str, Tool]] = {
    tool.name: tool
    for tool in (
        read_tools.get_workspace,
        creation_tools.make_captions,
        creation_tools.make_reels,
        creation_tools.wait_for_task,
        creation_tools.compose_post,
        read_tools.list_calendar,
        publishing_tools.schedule_post,
        publishing_tools.edit_post,
        publishing_tools.cancel_post,
        publishing_tools.check_post,
        publishing_tools.publish_post,
        read_tools.get_figures,
        read_tools.get_best_times,
        read_tools.recall,
    )
}

INSTRUCTIONS: Final = """\
Makes captions and short vertical videos, plans and publishes posts, and tells how they did.
- Begin with get_workspace: it has the ids of the twins (personas) and the connected accounts.
- What is made takes a while: the tool answers a task_id, and wait_for_task says when it is done, and where it is.
- Posts are for everybody to see. Plan or publish only what the person has asked for; publish_post does a dry run until
  it gets `confirm: true`, and a post that is planned for the next 10 minutes needs it too.
- Times have an offset, as in 2033-05-01T10:00:00+02:00, or end with Z.
- An error has a `remedy`: follow it, or tell the person. The same call with the same arguments is never done twice.
"""


def build(connect: Connect) -> Server[Any]:
    """The server. `connect` opens the REST API as the sender of a message; it gets the HTTP request, or None.

    Generates the schemas of all tools, which takes 60 ms.
    """
    server = Server[Any](
        "content-pipeline",
        version=version("content-pipeline"),
        title="Content Pipeline",
        instructions=INSTRUCTIONS,
        # The SDK looks in a tool's schema for arguments that come in headers. There are none; without this function it
        # would list all tools at each call.
        get_tool_input_schema=lambda _: None,
        on_list_tools=partial(_list_tools, ListToolsResult(tools=[tool.described() for tool in TOOLS.values()])),
        on_call_tool=partial(_call_tool, connect),
        on_list_resources=_list_resources,
        on_list_resource_templates=_list_resource_templates,
        on_read_resource=partial(_read_resource, connect),
    )
    server.middleware.append(partial(_cache_tools, {}))
    return server


async def _cache_tools(
    cached: dict[str, HandlerResult], context: ServerRequestContext[Any, Any], call_next: CallNext
) -> HandlerResult:
    """Answer `tools/list` with what was serialized for the first client of this version of the protocol.

    The SDK validates and serializes the same list each time, for 4 ms in which the event loop answers nobody: beside a
    client that lists them, reads of others took 12 times as long (99 %; bench/noisy_neighbor.py).
    """
    is_notification = context.request_id is None  # whose result is None, whatever its method
    if context.method != "tools/list" or is_notification or (context.params or {}).keys() - {"_meta"}:
        return await call_next(context)
    if context.protocol_version not in cached:
        cached[context.protocol_version] = await call_next(context)
    return cached[context.protocol_version]


async def _list_tools(
    listed: ListToolsResult, _: ServerRequestContext[Any], params: PaginatedRequestParams | None
) -> ListToolsResult:
    if params and params.cursor is not None:
        raise MCPError(INVALID_PARAMS, "There is one page of tools.")
    return listed


async def _call_tool(
    connect: Connect, context: ServerRequestContext[Any], params: CallToolRequestParams
) -> CallToolResult:
    async def report(percent: float, told: str) -> None:
        await context.session.report_progress(percent, 100, told)

    try:
        tool = _tool(params.name)
        asked = _arguments(tool, params.arguments or {})
        async with connect(context.request) as api:
            result = await tool.run(Call(api, report), asked)
    except Error as error:
        return _failed(error)
    except Exception as error:
        log.error("tool_failed", tool=params.name, exc_info=error)
        return _failed(InternalError("Something went wrong on our side.", remedy="Try again.", retryable=True))
    return _succeeded(result)


def _tool(name: str) -> Tool:
    if found := TOOLS.get(name):
        return found
    nearest = get_close_matches(name[:100], TOOLS, n=1)
    raise NotFound(
        f"There is no tool {name[:100]!r}." + (f" Did you mean {nearest[0]!r}?" if nearest else ""),
        code="tool_unknown",
        remedy="Use one that tools/list names.",
    )


def _arguments(tool: Tool, given: dict[str, Any]) -> BaseModel:
    try:
        # The arguments are validated as JSON, because pydantic's strict mode takes an id in a string from JSON only.
        return tool.arguments.model_validate_json(json.dumps(given))
    except ValidationError as error:
        faults = _faults(error, tool.arguments)
        raise Unprocessable(
            summary(faults[0]),
            code="schema",
            remedy="Correct what `errors` lists, as the tool's input schema says.",
            errors=faults,
        ) from error


def _faults(error: ValidationError, model: type[BaseModel]) -> list[dict[str, str]]:
    """What is wrong with arguments, in the words of the API."""
    found: list[Any] = []
    for fault in error.errors():
        path = fault["loc"]
        is_unknown = fault["type"] == "extra_forbidden"
        told = unknown_sentence(str(path[-1]), field_names(model, path[:-1])) if is_unknown else fault["msg"]
        found.append({**fault, "loc": ("arguments", *path), "msg": told})
    return validation_errors(RequestValidationError(found), None)


def _succeeded(result: BaseModel) -> CallToolResult:
    shown = result.model_dump(mode="json")
    # The text is for clients that do not know structured content.
    text = TextContent(type="text", text=json.dumps(shown, ensure_ascii=False))
    return CallToolResult(content=[text], structured_content=shown)


def _failed(error: Error) -> CallToolResult:
    shown = {
        "code": error.code,
        "detail": error.detail,
        "remedy": error.remedy,
        "retryable": error.retryable,
        "retry_after": error.retry_after,
        "errors": error.errors,
    }
    text = TextContent(type="text", text=json.dumps(shown, ensure_ascii=False))
    return CallToolResult(content=[text], structured_content=shown, is_error=True)


async def _list_resources(_: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListResourcesResult:
    return ListResourcesResult(resources=resources.RESOURCES)


async def _list_resource_templates(
    _: ServerRequestContext[Any], __: PaginatedRequestParams | None
) -> ListResourceTemplatesResult:
    return ListResourceTemplatesResult(resource_templates=resources.TEMPLATES)


async def _read_resource(
    connect: Connect, context: ServerRequestContext[Any], params: ReadResourceRequestParams
) -> ReadResourceResult:
    uri = str(params.uri)
    try:
        async with connect(context.request) as api:
            found = await resources.read(api, uri)
    except Error as error:
        code = INVALID_PARAMS if isinstance(error, NotFound) or not error.retryable else INTERNAL_ERROR
        raise MCPError(code, f"{error.detail} {error.remedy}".rstrip(), {"uri": uri, "code": error.code}) from error
    text = json.dumps(found, ensure_ascii=False)
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, text=text, mime_type=resources.JSON)])
