"""URL path prefixes of the API."""

from typing import Final

API_PATH: Final = "/api/v1"
PUBLIC_PATH: Final = f"{API_PATH}/public"
