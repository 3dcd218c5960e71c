"""The API with a DNS resolver that is slow for some names: `uvicorn bench.slow_dns_app:app`, for noisy_neighbor.py."""

import socket
import time
from typing import Any, Final

from api.main import app

__all__ = ["DOMAIN", "app"]

DOMAIN: Final = ".slow.example"
# A resolver with two name servers that do not answer gives up after this.
SECONDS: Final = 20.0

_resolve = socket.getaddrinfo


def _look_up(host: Any, *rest: Any, **options: Any) -> Any:
    if str(host).endswith(DOMAIN):
        time.sleep(SECONDS)
        raise socket.gaierror(socket.EAI_AGAIN, "no name server answers")
    return _resolve(host, *rest, **options)


socket.getaddrinfo = _look_up
