"""Dagster's own health: whether it responds, has loaded our code, its daemons send heartbeats, and its sensors work."""

from dataclasses import dataclass
from typing import Any, Final

import httpx

from content_pipeline.core.tasks.dagster_client import REPOSITORY, execute

HEALTH: Final = """
query Health {
  instance { daemonHealth { allDaemonStatuses { required healthy lastHeartbeatTime } } }
  workspaceOrError { ... on Workspace { locationEntries {
    locationOrLoadError { __typename ... on PythonError { className message } }
  } } }
}"""
# Ticks that have not ended say nothing yet.
AUTOMATION: Final = """
query Automation($repository: RepositorySelector!) {
  sensorsOrError(repositorySelector: $repository) { ... on Sensors { results { name state: sensorState {
    status ticks(limit: 1, statuses: [SUCCESS, SKIPPED, FAILURE]) { status error { message } } } } } }
  schedulesOrError(repositorySelector: $repository) { ... on Schedules { results { name state: scheduleState {
    status ticks(limit: 1, statuses: [SUCCESS, SKIPPED, FAILURE]) { status error { message } } } } } }
}"""
# Dagster's error while the code server is still starting.
_STARTING: Final = "DagsterUserCodeUnreachableError"


@dataclass(frozen=True, slots=True)
class Health:
    """`load_error` is Dagster's message when our code cannot be loaded.

    `heartbeat_at` is the oldest heartbeat of a required daemon in epoch seconds, 0 without one. A daemon counts as
    healthy for half an hour after its last heartbeat.
    """

    is_loaded: bool
    load_error: str | None
    daemons_are_healthy: bool
    heartbeat_at: float

    @property
    def is_ready(self) -> bool:
        """Whether runs can be launched and get executed."""
        return self.is_loaded and self.daemons_are_healthy


def read() -> Health | None:
    """The health of Dagster; None when it does not respond."""
    try:
        data = execute(HEALTH)
    except httpx.HTTPError:
        return None
    found = [entry["locationOrLoadError"] or {} for entry in data["workspaceOrError"].get("locationEntries", [])]
    errors = [entry["message"].strip() for entry in found if entry.get("className") not in (None, _STARTING)]
    daemons = [one for one in data["instance"]["daemonHealth"]["allDaemonStatuses"] if one["required"]]
    return Health(
        is_loaded=bool(found) and all(entry.get("__typename") == "RepositoryLocation" for entry in found),
        load_error=errors[0] if errors else None,
        daemons_are_healthy=bool(daemons) and all(daemon["healthy"] for daemon in daemons),
        heartbeat_at=min((daemon["lastHeartbeatTime"] or 0.0 for daemon in daemons), default=0.0),
    )


@dataclass(frozen=True, slots=True)
class Automation:
    """A sensor or a schedule: whether it is switched on, and the first line of why its last tick failed."""

    name: str
    is_running: bool
    error: str | None


def read_automation() -> list[Automation]:
    """All sensors and schedules of ours. Raises httpx.HTTPError."""
    data = execute(AUTOMATION, repository=REPOSITORY)
    found = [one for kind in ("sensorsOrError", "schedulesOrError") for one in data[kind].get("results", [])]
    return [
        Automation(one["name"], one["state"]["status"] == "RUNNING", _error(one["state"]["ticks"])) for one in found
    ]


def _error(ticks: list[dict[str, Any]]) -> str | None:
    if not ticks or ticks[0]["status"] != "FAILURE":
        return None
    message = (ticks[0]["error"] or {}).get("message") or "no reason was recorded"
    return str(message).strip().partition("\n")[0]
