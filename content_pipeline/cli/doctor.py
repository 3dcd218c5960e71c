"""Runs the checks of `content-pipeline doctor`: disk, settings, programs, models, endpoints, and the running services.

Each check does what the product does with its subject, and leaves nothing behind.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from content_pipeline.cli import doctor_endpoints, doctor_installed, doctor_services, doctor_settings, preflight, stack
from content_pipeline.cli.state import UserSettings
from content_pipeline.core.errors import Conflict, Error, Unavailable
from content_pipeline.core.media import ffmpeg
from content_pipeline.core.settings import settings
from content_pipeline.core.speech.recognition import whisper_models

# Of the disk; below it the alert DiskFull is raised (deploy/prometheus/rules.yml).
LEAST_FREE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Check:
    """The result for one subject: `detail` says what was found, or what is wrong and how to mend it.

    `is_for_others`: the stack is well, and its customers have something to do.
    """

    subject: str
    is_healthy: bool
    detail: str
    is_for_others: bool = False


def checks(home: Path) -> Iterator[Check]:
    """Check one subject after the other. What needs a running service is left out while nothing runs."""
    configured = UserSettings()
    yield _check("disk", lambda: _disk(home))
    yield _check("settings", _passing(lambda: preflight.check_settings(configured), "complete"))
    yield _check("names of settings", doctor_settings.names)
    yield _check("platforms", _passing(lambda: preflight.check_platforms(configured), f"posts go {_destination()}"))
    yield _check("ffmpeg", lambda: ffmpeg.ffmpeg_path(settings().ffmpeg))
    yield _check("speech model", lambda: str(whisper_models.model_folder(settings().whisper_model)))
    yield _check("voices", doctor_installed.voices)
    yield _check("fonts", doctor_installed.font_files)
    yield _check("embedding model", doctor_installed.memory_model)
    for subject, look in doctor_endpoints.configured():
        yield _check(subject, look)
    rows = stack.status(home)
    if not rows and (settings().embedded or not settings().database_url.get_secret_value()):
        yield _check("ports", _passing(lambda: preflight.check_ports(configured), "free"))
        yield Check("services", is_healthy=False, detail="Nothing is running. Start it with `content-pipeline up`.")
        return
    for row in rows:
        if not row.is_healthy:
            detail = f"It is {row.state}. See `content-pipeline logs {row.name}`."
            yield Check(f"service {row.name}", is_healthy=False, detail=detail)
    yield _check("API", doctor_services.api)
    yield _check("database", doctor_services.database)
    yield _check("encryption keys", doctor_services.encryption_keys)
    yield _check("accounts", doctor_services.accounts, is_for_others=True)
    yield _check("bucket", doctor_services.bucket)
    yield _check("workers", doctor_services.workers)
    yield (dagster := _check("Dagster", doctor_services.dagster))
    if dagster.is_healthy:
        yield _check("sensors and schedules", doctor_services.automation)


def _check(subject: str, look: Callable[[], str], *, is_for_others: bool = False) -> Check:
    """`look` returns what it has found, or raises an error with its remedy; where `is_for_others`, a Conflict for what
    customers have to do."""
    try:
        return Check(subject, is_healthy=True, detail=look())
    except Error as error:
        is_theirs = is_for_others and isinstance(error, Conflict)
        return Check(subject, is_theirs, f"{error.detail} {error.remedy}".rstrip(), is_theirs)


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
    usage = shutil.disk_usage(place)
    free = f"{usage.free / 1e9:,.1f} GB free, {usage.free / usage.total:.0%}"
    if usage.free < LEAST_FREE * usage.total:
        raise Unavailable(
            f"Only {free}; the alert DiskFull is raised below {LEAST_FREE:.0%}.",
            remedy="Free some space, or set CONTENT_PIPELINE_HOME to a folder on a larger disk.",
        )
    return free
