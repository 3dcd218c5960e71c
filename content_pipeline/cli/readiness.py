"""Readiness checks: a real request to each service, not only a look at its process.

Every check returns False while the service does not respond, and raises an Error when waiting longer is useless. They
read `settings()`, so they work for embedded and external services.
"""

import socket

import httpx
import psycopg
import redis
from botocore.exceptions import BotoCoreError, ClientError
from celery import Celery
from kombu.exceptions import OperationalError

from content_pipeline.core.errors import InternalError
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import dagster_health

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
    health = dagster_health.read()
    if health and health.load_error:
        raise InternalError(
            f"Dagster cannot load our code: {health.load_error}",
            code="code_broken",
            remedy="Mend what the message names, then start again with `content-pipeline up`.",
        )
    return health is not None and health.is_loaded


def daemon(since: float) -> bool:
    """Whether every required Dagster daemon has sent a heartbeat since then (epoch seconds).

    "Healthy" alone says little after a restart: a heartbeat counts for half an hour.
    """
    health = dagster_health.read()
    return health is not None and health.daemons_are_healthy and health.heartbeat_at >= since


def worker(name: str) -> bool:
    with Celery(broker=settings().broker_url.get_secret_value()) as app:
        try:
            return bool(app.control.inspect(destination=[name], timeout=1, limit=1).ping())
        except (OperationalError, OSError):
            return False
