"""Checks of the running services: API, database, encryption keys, accounts, bucket, workers, Dagster, its sensors.

Each returns what was found, or raises an Error with its remedy.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from io import BytesIO
from typing import Final, get_args
from uuid import uuid4

import httpx
from celery import Celery
from kombu.exceptions import OperationalError as BrokerError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from content_pipeline.cli import readiness
from content_pipeline.core.errors import Conflict, Unavailable
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, Workspace, migrations
from content_pipeline.core.operations.maintenance import encryption_key_rotation
from content_pipeline.core.settings import Lane, settings
from content_pipeline.core.tasks import dagster_health

_SECONDS: Final = 2.0
_SHOWN: Final = 5
_PROBE: Final = b"probe"
# Where the store is elsewhere, links to here are for clients on the same host: those of deploy/compose.yaml lead from a
# container to the container itself.
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def api() -> str:
    if not readiness.http_ok(f"{settings().public_url.rstrip('/')}/health/ready"):
        raise Unavailable(
            f"It is not ready at {settings().public_url}.",
            remedy="See `content-pipeline logs api`; check CONTENT_PIPELINE_PUBLIC_URL, and what is between.",
        )
    return f"is ready at {settings().public_url}"


def database() -> str:
    with _database_answers():
        found, newest = migrations.current(), migrations.newest()
    if found != newest:
        raise Unavailable(
            f"Its tables are of revision {found or 'none'}, and this release works with {newest}.",
            remedy="Start the stack again: `content-pipeline down`, then `up`.",
        )
    return f"revision {found}"


def encryption_keys() -> str:
    with _database_answers():
        failed = encryption_key_rotation.unreadable()
    for row, error in failed.items():
        raise Unavailable(f"{len(failed)} rows cannot be decrypted, among them {row}.", remedy=error.remedy)
    return "decrypt all that is stored"


def accounts() -> str:
    """Accounts that their owners have to connect again: until then nothing is posted to them."""
    query = (
        select(Workspace.name, func.count())
        .join(Account, Account.workspace_id == Workspace.id)
        .where(Account.status == "needs_reconnect")
        .group_by(Workspace.name)
        .order_by(func.count().desc(), Workspace.name)
    )
    with _database_answers(), transaction() as session:
        found = session.execute(query).all()
    if not found:
        return "none has to be connected again"
    names = [f"{count} of {name}" for name, count in found[:_SHOWN]]
    more = [f"and of {len(found) - _SHOWN} more workspaces"] if len(found) > _SHOWN else []
    raise Conflict(
        f"Not connected any more: {', '.join([*names, *more])}.",
        remedy="Tell their owners: they connect them again as the first time.",
    )


def bucket() -> str:
    """Also by a link, as clients fetch files: it has an address of its own."""
    name, probe = settings().s3_bucket, f"doctor/{uuid4()}"
    storage.put(probe, BytesIO(_PROBE), content_type="text/plain")
    try:
        storage.load(probe)
        link = httpx.URL(storage.signed_url(probe))
        if link.host in _LOOPBACK and httpx.URL(settings().s3_endpoint).host not in _LOOPBACK:
            return f"{name}; its links lead clients to {link.host}, and are not tried from here"
        answer = httpx.get(link, timeout=_SECONDS)
        if answer.content == _PROBE:
            return name
        problem = f"another answer than the file, with status {answer.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:  # ValueError: an address without a scheme
        problem = type(error).__name__
    finally:
        storage.delete(probe)
    raise Unavailable(
        f"Clients cannot open links to its files ({problem}).",
        remedy="Check CONTENT_PIPELINE_S3_PUBLIC_ENDPOINT, where clients reach the store, and what is between: a proxy"
        " has to leave the header Host as it is.",
    )


def workers() -> str:
    with (
        _answers("broker", "CONTENT_PIPELINE_BROKER_URL"),
        Celery(broker=settings().broker_url.get_secret_value()) as app,
    ):
        app.conf.broker_transport_options = {"socket_connect_timeout": _SECONDS, "socket_timeout": _SECONDS}
        queues = app.control.inspect(timeout=_SECONDS).active_queues() or {}
    served = {queue["name"] for found in queues.values() for queue in found}
    if idle := sorted(set(get_args(Lane)) - served):
        raise Unavailable(
            f"No worker answers in: {', '.join(idle)}.", remedy="See `content-pipeline status` and `logs`."
        )
    return f"{len(queues)} answer, in every lane"


def dagster() -> str:
    health = dagster_health.read()
    if health is None:
        raise Unavailable("Its webserver does not answer.", remedy="See `content-pipeline logs webserver`.")
    if health.load_error:
        raise Unavailable(f"It cannot load our code: {health.load_error}", remedy="See `content-pipeline logs code`.")
    if not health.daemons_are_healthy:
        raise Unavailable("Its daemon has sent no heartbeat.", remedy="See `content-pipeline logs daemon`.")
    return "loaded our code, and its daemon is alive"


def automation() -> str:
    try:
        found = dagster_health.read_automation()
    except httpx.HTTPError as error:
        raise Unavailable("Dagster does not tell.", remedy="See `content-pipeline logs webserver`.") from error
    if not found:
        raise Unavailable(
            "Dagster knows none.", remedy="See Deployment on Dagster's pages, and `content-pipeline logs`."
        )
    if failing := [one for one in found if one.error]:
        raise Unavailable(
            f"{', '.join(one.name for one in failing)} failed at the last tick: {failing[0].error}",
            remedy="See Automation on Dagster's pages, and `content-pipeline logs daemon`.",
        )
    if stopped := [one.name for one in found if not one.is_running]:
        raise Unavailable(f"Stopped: {', '.join(stopped)}.", remedy="Start it on Dagster's page Automation.")
    return f"{len(found)} run, and none failed at its last tick"


def _database_answers() -> AbstractContextManager[None]:
    return _answers("database", "CONTENT_PIPELINE_DATABASE_URL")


@contextmanager
def _answers(what: str, setting: str) -> Iterator[None]:
    try:
        yield
    except (OSError, SQLAlchemyError, BrokerError) as error:
        raise Unavailable(
            f"The {what} does not answer ({type(error).__name__}).",
            remedy=f"Start it with `content-pipeline up`, or check {setting}.",
        ) from error
