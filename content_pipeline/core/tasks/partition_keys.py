"""Partition keys that operators can read: day, workspace and row id, as in `2026-11-26-studio-5bc41d91-…`.

Dagster sorts keys as text and offers a date filter for those that begin with a day.
"""

import re
from datetime import datetime
from typing import Final

# The canonical form of a UUID, which is what row ids are.
_ID_CHARACTERS: Final = 36
# The keys of rows end like this, and those of time windows do not.
ROW_PATTERN: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
# Longer names are cut: the id is what makes a key unique.
_NAME_CHARACTERS: Final = 32
_NOT_PLAIN: Final = re.compile(r"[^a-z0-9]+")


def partition_key(created_at: datetime, workspace: str, row_id: str) -> str:
    """The key of a row that was created at this time in the workspace of this name."""
    name = _NOT_PLAIN.sub("-", workspace.casefold())[:_NAME_CHARACTERS].strip("-")
    return "-".join(part for part in (f"{created_at:%Y-%m-%d}", name, row_id) if part)


def row_id(partition_key: str) -> str:
    """The id of the row that a key stands for."""
    return partition_key[-_ID_CHARACTERS:]
