"""Paths below which the routes are."""

from typing import Final

API_PATH: Final = "/api/v1"
PUBLIC_PATH: Final = f"{API_PATH}/public"
