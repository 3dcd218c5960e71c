"""Readiness checks: a real request to each service, not only a look at its process.

Every check returns False while the service does not respond, and raises an Error when waiting longer is useless. They
read `settings()`, so they work for embedded and external services.
"""

import socket
from typing import Any

import httpx
import psycopg
import redis
from botocore.exceptions import BotoCoreError, ClientError
from celery import Celery
from kombu.exceptions import OperationalError

from content_pipeline.core import storage
from content_pipeline.core.errors import InternalError
from content_pipeline.core.settings import settings

_SECONDS = 2.0


def postgres(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=int(_SECONDS)) as connection:
            return connection.execute("SELECT 1").fetchone() is not None
    except psycopg.OperationalError:
        return False


def object_store() -> bool:
    try:
        storage.client().list_buckets()
    except (BotoCoreError, ClientError):
        return False
    return True


def broker() -> bool:
    url = settings().broker_url.get_secret_value()
    try:
        with redis.Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def tcp_open(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_SECONDS):
            return True
    except OSError:
        return False


def http_ok(url: str) -> bool:
    try:
        return httpx.get(url, timeout=_SECONDS).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def webserver() -> bool:
    """Whether it responds and has loaded our code. Raises InternalError with Dagster's message on an import error."""
    answer = _graphql(
        """{ workspaceOrError { ... on Workspace { locationEntries {
             locationOrLoadError { __typename ... on PythonError { className message } } } } } }"""
    )
    entries = answer["workspaceOrError"]["locationEntries"] if answer else []
    for entry in entries:
        found = entry["locationOrLoadError"]
        # While the code server is starting, Dagster reports it as unreachable.
        if found and found.get("className") not in (None, "DagsterUserCodeUnreachableError"):
            raise InternalError(f"Dagster cannot load our code: {found['message'].strip()}", code="code_broken")
    loaded = [(entry["locationOrLoadError"] or {}).get("__typename") == "RepositoryLocation" for entry in entries]
    return bool(loaded) and all(loaded)


def daemon(since: float) -> bool:
    """Whether every required Dagster daemon has sent a heartbeat since then (epoch seconds).

    "Healthy" alone says little after a restart: a heartbeat counts for half an hour.
    """
    answer = _graphql(
        "{ instance { daemonHealth { allDaemonStatuses { required healthy lastHeartbeatTime } } } }",
    )
    statuses = answer["instance"]["daemonHealth"]["allDaemonStatuses"] if answer else []
    required = [status for status in statuses if status["required"]]
    return bool(required) and all(
        status["healthy"] and (status["lastHeartbeatTime"] or 0) >= since for status in required
    )


def worker(name: str) -> bool:
    with Celery(broker=settings().broker_url.get_secret_value()) as app:
        try:
            return bool(app.control.inspect(destination=[name], timeout=1, limit=1).ping())
        except (OperationalError, OSError):
            return False


def _graphql(query: str) -> dict[str, Any] | None:
    try:
        response = httpx.post(f"{settings().dagster_url}/graphql", json={"query": query}, timeout=5 * _SECONDS)
        data: dict[str, Any] | None = response.raise_for_status().json().get("data")
    except (httpx.HTTPError, ValueError):
        return None
    return data
