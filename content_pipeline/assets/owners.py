"""Owners of assets, as teams that operators can filter by."""

from typing import Final

RENDERING: Final = ["team:rendering"]
PUBLISHING: Final = ["team:publishing"]
ANALYTICS: Final = ["team:analytics"]
PLATFORM: Final = ["team:platform"]
