"""Checks of the external services in settings: HeyGen, speech and text endpoints, ZeroMemory, alert webhook, traces.

Each sends a request that costs nothing and stores nothing there, or only connects. It returns what was found, or raises
an Error with its remedy. Neither contains the address of a webhook or a key.
"""

import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Final
from uuid import uuid4

import httpx

from content_pipeline.core.avatars import heygen
from content_pipeline.core.errors import Unavailable
from content_pipeline.core.infrastructure import tracing
from content_pipeline.core.infrastructure.net.openai_endpoint import Endpoint
from content_pipeline.core.settings import settings
from content_pipeline.core.speech import tts_endpoint
from content_pipeline.core.twins import zeromemory
from content_pipeline.core.writing import chat

_SECONDS: Final = 5.0
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def configured() -> Iterator[tuple[str, Callable[[], str]]]:
    """The services that are set up, each with its check."""
    if heygen.is_configured():
        yield "HeyGen", _heygen
    if settings().speech_url or settings().speech_key.get_secret_value():
        yield "speech endpoint", _speech
    if settings().text_url or settings().text_key.get_secret_value():
        yield "text endpoint", _texts
    if zeromemory.is_configured():
        yield "ZeroMemory", _zeromemory
    if settings().alert_webhook_url.get_secret_value():
        yield "alert webhook", _alert_webhook
    if settings().otlp_endpoint:
        yield "traces", _traces


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


def _speech() -> str:
    if not settings().speech_url:
        raise Unavailable(
            "There is a key and no address, so only the local voices speak.", remedy="Set CONTENT_PIPELINE_SPEECH_URL."
        )
    answered = _answered(tts_endpoint.configured_endpoint())
    if not tts_endpoint.voices():
        raise Unavailable("No voice of it is named, so it is not used.", remedy="Set CONTENT_PIPELINE_SPEECH_VOICES.")
    return answered


def _texts() -> str:
    return _answered(chat.configured_endpoint())


def _answered(endpoint: Endpoint) -> str:
    if endpoint.lists_models(seconds=_SECONDS):
        return "answers"
    return "answers; it has no list of models, so its key is not tried"


def _zeromemory() -> str:
    zeromemory.forget(f"doctor-{uuid4()}")  # which it does not have
    return "answers"


def _alert_webhook() -> str:
    """Connect: whatever it is sent is an alert."""
    url = httpx.URL(settings().alert_webhook_url.get_secret_value())
    try:
        with socket.create_connection((url.host, url.port or _DEFAULT_PORTS[url.scheme]), timeout=_SECONDS) as plain:
            if url.scheme == "https":
                ssl.create_default_context().wrap_socket(plain, server_hostname=url.host).close()
    except (OSError, UnicodeError) as error:  # a part of a name may have 63 characters
        raise Unavailable(
            f"It cannot be connected to ({type(error).__name__}), so alerts are in the log and in /metrics only.",
            remedy="Check CONTENT_PIPELINE_ALERT_WEBHOOK_URL.",
        ) from None
    return "can be connected to"


def _traces() -> str:
    if not tracing.collector_answers():
        raise Unavailable(
            "The collector does not take traces.",
            remedy="Check CONTENT_PIPELINE_OTLP_ENDPOINT: it takes OTLP over HTTP, without /v1/traces at its end.",
        )
    return "are taken"
