"""Checks for `content-pipeline doctor`: settings, disk, ports, services, stores, keys, models, external services.

Each is tried by doing what the product does with it, and leaves nothing behind.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final, get_args
from uuid import uuid4

from celery import Celery
from kombu.exceptions import OperationalError as BrokerError
from sqlalchemy.exc import SQLAlchemyError

from content_pipeline.cli import preflight, stack
from content_pipeline.cli.state import UserSettings
from content_pipeline.core import migrations, storage
from content_pipeline.core.errors import Error, Unavailable
from content_pipeline.core.maintenance import key_rotation
from content_pipeline.core.media import ffmpeg, fonts
from content_pipeline.core.providers import heygen, whisper_models
from content_pipeline.core.settings import Lane, settings
from content_pipeline.core.speech import voice_selection
from content_pipeline.core.tasks import dagster_health

_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Check:
    """The result for one subject: `detail` says what was found, or what is wrong and how to mend it."""

    subject: str
    is_healthy: bool
    detail: str


def checks(home: Path) -> Iterator[Check]:
    """Check one subject after the other. What needs a running service is left out while nothing runs."""
    configured = UserSettings()
    yield _check("disk", lambda: _disk(home))
    yield _check("settings", _passing(lambda: preflight.check_settings(configured), "complete"))
    yield _check("platforms", _passing(lambda: preflight.check_platforms(configured), f"posts go {_destination()}"))
    yield _check("ffmpeg", lambda: ffmpeg.ffmpeg_path(settings().ffmpeg))
    yield _check("speech model", lambda: str(whisper_models.model_folder(settings().whisper_model)))
    yield _check("voices", lambda: f"{len(voice_selection.installed_voices())} installed")
    yield _check("fonts", _fonts)
    if heygen.is_configured():
        yield _check("HeyGen", _heygen)
    rows = stack.status(home)
    if not rows and (settings().embedded or not settings().database_url.get_secret_value()):
        yield _check("ports", _passing(lambda: preflight.check_ports(configured), "free"))
        yield Check("services", is_healthy=False, detail="Nothing is running. Start it with `content-pipeline up`.")
        return
    for row in rows:
        if not row.is_healthy:
            detail = f"It is {row.state}. See `content-pipeline logs {row.name}`."
            yield Check(f"service {row.name}", is_healthy=False, detail=detail)
    yield _check("database", _database)
    yield _check("encryption keys", _encryption_keys)
    yield _check("bucket", _bucket)
    yield _check("workers", _workers)
    yield _check("Dagster", _dagster)


def _check(subject: str, look: Callable[[], str]) -> Check:
    """`look` returns what it has found, or raises an error with its remedy."""
    try:
        return Check(subject, is_healthy=True, detail=look())
    except Error as error:
        return Check(subject, is_healthy=False, detail=f"{error.detail} {error.remedy}".rstrip())


def _passing(check: Callable[[], None], found: str) -> Callable[[], str]:
    """What looks by a check that only raises, and says `found` otherwise."""

    def look() -> str:
        check()
        return found

    return look


def _destination() -> str:
    return "to the sandbox" if settings().platforms == "sandbox" else "to the real platforms"


def _disk(home: Path) -> str:
    place = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
    preflight.check_disk(place)
    return f"{shutil.disk_usage(place).free / 1e9:,.1f} GB free"


def _fonts() -> str:
    faces = fonts.fallback_typefaces("en")
    if missing := [face.path.name for face in faces if not face.path.is_file()]:
        raise Unavailable(f"Fonts are missing: {', '.join(missing)}.", remedy="Run `make install` again.")
    return f"{len(faces)} installed"


def _heygen() -> str:
    balance = heygen.balance()
    if balance.remaining is None:
        return "The account has no wallet."
    left = f"{balance.remaining:.2f} {balance.currency.upper()}"
    if balance.remaining <= 0:
        raise Unavailable(f"The wallet is empty: {left}.", remedy="Top it up at HeyGen.")
    if balance.level == "low":
        raise Unavailable(f"Only {left} left.", remedy="Top it up at HeyGen.")
    return f"{left} left."


def _database() -> str:
    with _answers("database", "CONTENT_PIPELINE_DATABASE_URL"):
        found, newest = migrations.current(), migrations.newest()
    if found != newest:
        raise Unavailable(
            f"Its tables are of revision {found or 'none'}, and this release works with {newest}.",
            remedy="Start the stack again: `content-pipeline down`, then `up`.",
        )
    return f"revision {found}"


def _encryption_keys() -> str:
    with _answers("database", "CONTENT_PIPELINE_DATABASE_URL"):
        failed = key_rotation.unreadable()
    for row, error in failed.items():
        raise Unavailable(f"{len(failed)} rows cannot be decrypted, among them {row}.", remedy=error.remedy)
    return "decrypt all that is stored"


def _bucket() -> str:
    probe = f"doctor/{uuid4()}"
    storage.put(probe, BytesIO(b"probe"), content_type="text/plain")
    storage.load(probe)
    storage.delete(probe)
    return settings().s3_bucket


def _workers() -> str:
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


def _dagster() -> str:
    health = dagster_health.read()
    if health is None:
        raise Unavailable("Its webserver does not answer.", remedy="See `content-pipeline logs webserver`.")
    if health.load_error:
        raise Unavailable(f"It cannot load our code: {health.load_error}", remedy="See `content-pipeline logs code`.")
    if not health.daemons_are_healthy:
        raise Unavailable("Its daemon has sent no heartbeat.", remedy="See `content-pipeline logs daemon`.")
    return "loaded our code, and its daemon is alive"


@contextmanager
def _answers(what: str, setting: str) -> Iterator[None]:
    try:
        yield
    except (OSError, SQLAlchemyError, BrokerError) as error:
        raise Unavailable(
            f"The {what} does not answer ({type(error).__name__}).",
            remedy=f"Start it with `content-pipeline up`, or check {setting}.",
        ) from error
