"""YouTube's Analytics API: `reports.query` for the owner of a channel."""

import re
from contextlib import suppress
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends

from sandbox.api_error import ApiError
from sandbox.faults import fault_point
from sandbox.oauth import Grant
from sandbox.parameters import Parameters
from sandbox.store import Store
from sandbox.youtube import errors, protocol
from sandbox.youtube.reports import COUNTS, DEMOGRAPHICS, DIMENSIONS, FLOATS, Query, Report

_MAX_FILTERED: Final = 500
_MAX_TOP_VIDEOS: Final = 200
_VIEWER_PERCENTAGE: Final = "viewerPercentage"
# The combinations of dimensions for which there are reports, besides those of age and gender.
_SUPPORTED: Final = [set(), {"day"}, {"video"}, {"country"}, {"day", "video"}]


def routes(store: Store) -> APIRouter:
    router = APIRouter()

    @router.get(
        f"{protocol.ANALYTICS_HOST}{protocol.QUERY_REPORTS.path}",
        dependencies=[Depends(fault_point("youtube", "insights"))],
    )
    def query(
        grant: Annotated[Grant, Depends(protocol.authenticated(protocol.QUERY_REPORTS))], parameters: Parameters
    ) -> dict[str, Any]:
        _check_channel(grant, _required(parameters, "ids"))
        query = _parse_query(parameters)
        rows = Report(store, grant.account, query).rows()
        headers = [_header(name, "DIMENSION") for name in query.dimensions]
        headers += [_header(name, "METRIC") for name in query.metrics]
        answer = {"kind": "youtubeAnalytics#resultTable", "columnHeaders": headers}
        return answer | ({"rows": rows} if rows else {})

    return router


def _header(name: str, kind: str) -> dict[str, str]:
    data_type = "STRING" if kind == "DIMENSION" else "FLOAT" if name in FLOATS else "INTEGER"
    return {"name": name, "columnType": kind, "dataType": data_type}


def _check_channel(grant: Grant, ids: str) -> None:
    if ids not in ("channel==MINE", f"channel=={grant.account}"):
        raise errors.api_error(HTTPStatus.FORBIDDEN, "forbidden", "Forbidden", domain="global")


def _parse_query(parameters: dict[str, str]) -> Query:
    dimensions = _names(parameters, "dimensions", DIMENSIONS)
    metrics = _names(parameters, "metrics", [*COUNTS, _VIEWER_PERCENTAGE])
    if not metrics:
        raise _required_parameter("metrics")
    query = Query(
        first=_date(parameters, "startDate"),
        last=_date(parameters, "endDate"),
        metrics=metrics,
        dimensions=dimensions,
        videos=_filtered_videos(parameters.get("filters", "")),
        sort=_names(parameters, "sort", [*dimensions, *metrics], signed=True),
        limit=_positive(parameters, "maxResults"),
        start=_positive(parameters, "startIndex") or 1,
    )
    if query.first > query.last:
        raise errors.bad_request("The value of field endDate is before that of startDate.")
    _check_supported(query)
    return query


def _check_supported(query: Query) -> None:
    """Raises ApiError for a combination for which YouTube has no report."""
    dimensions = set(query.dimensions)
    of_people = bool(dimensions) and dimensions <= DEMOGRAPHICS.keys()
    if of_people or _VIEWER_PERCENTAGE in query.metrics:
        supported = of_people and query.metrics == [_VIEWER_PERCENTAGE]
    else:
        supported = dimensions in _SUPPORTED
    if dimensions == {"video"}:
        # A list of videos is one of the best: it needs an order and a length.
        supported = bool(query.sort) and query.sort[0].startswith("-") and 0 < (query.limit or 0) <= _MAX_TOP_VIDEOS
    if dimensions == {"day", "video"}:
        supported = query.videos is not None
    if not supported or len(query.videos or []) > _MAX_FILTERED:
        raise _not_supported()


def _names(parameters: dict[str, str], field: str, known: Any, *, signed: bool = False) -> list[str]:
    """The names in a list; with `signed`, a name may have a minus sign."""
    names = [name for name in parameters.get(field, "").split(",") if name]
    for name in names:
        if (name.removeprefix("-") if signed else name) not in known:
            raise errors.bad_request(f"Unknown identifier ({name}) given in field parameters.{field}.")
    return names


def _filtered_videos(filters: str) -> list[str] | None:
    """The ids of the filter by video; None without a filter. No other filter is supported here."""
    if not filters:
        return None
    if not (match := re.fullmatch(r"video==([\w,\-]+)", filters)):
        raise _not_supported()
    return match[1].split(",")


def _date(parameters: dict[str, str], field: str) -> date:
    value = _required(parameters, field)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise errors.bad_request(f"Could not parse content ({value}) of field {field}.")


def _positive(parameters: dict[str, str], field: str) -> int | None:
    value = parameters.get(field)
    if value is None:
        return None
    if not re.fullmatch(r"[1-9]\d{0,8}", value):
        raise errors.bad_request(f"Could not parse content ({value}) of field {field}.")
    return int(value)


def _required(parameters: dict[str, str], field: str) -> str:
    if not (value := parameters.get(field)):
        raise _required_parameter(field)
    return value


def _required_parameter(field: str) -> ApiError:
    return errors.api_error(HTTPStatus.BAD_REQUEST, "required", f"Required parameter: {field}", domain="global")


def _not_supported() -> ApiError:
    return errors.bad_request(
        "The query is not supported. Check the documentation at "
        "https://developers.google.com/youtube/analytics/v2/available_reports for a list of supported queries."
    )
