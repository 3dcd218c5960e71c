"""Context of commands: state folder, database session, and the error where the database is unreachable."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from content_pipeline.core.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

TIME: Final = "%Y-%m-%d %H:%M %Z"


def home() -> Path:
    """The state folder. Makes its path absolute for this process and its children."""
    from pydantic import ValidationError

    from content_pipeline.cli.state import UserSettings
    from content_pipeline.core.settings import PREFIX

    try:
        found = UserSettings().home.resolve()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"{PREFIX}{'_'.join(map(str, first['loc'])).upper()}"
        raise Invalid(
            f"The setting {name} cannot be used: {first['msg']}.", remedy="Correct it in the environment or in .env."
        ) from error
    except PermissionError as error:
        raise Invalid(
            f"{error.filename} belongs to another user.", remedy="Set CONTENT_PIPELINE_HOME to a folder of yours."
        ) from error
    except RuntimeError as error:  # before Python 3.13
        raise Invalid(
            f"The state folder cannot be found: {error}.", remedy="Set CONTENT_PIPELINE_HOME to a folder of yours."
        ) from error
    os.environ[f"{PREFIX}HOME"] = str(found)
    return found


@contextmanager
def session() -> Iterator["Session"]:
    """A transaction. Raises Unavailable while the database does not answer."""
    from content_pipeline.core.infrastructure.database import transaction

    with reachable_database(), transaction() as opened:
        yield opened


@contextmanager
def reachable_database() -> Iterator[None]:
    """Raises Unavailable where the block finds that the database does not answer."""
    import psycopg
    import structlog
    from sqlalchemy.exc import ArgumentError, OperationalError

    if not structlog.is_configured():  # standard output is for what a command prints
        structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    try:
        yield
    except (ArgumentError, OperationalError, psycopg.OperationalError) as error:
        raise Unavailable("The database does not answer.", remedy="Start it with `content-pipeline up`.") from error
