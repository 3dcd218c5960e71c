"""Preflight checks before anything is started. Each raises an error with a remedy."""

import os
import shutil
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from content_pipeline.cli import installed_packages, ports
from content_pipeline.cli.stack_config import credentials, embeds_sandbox, sandbox_credentials
from content_pipeline.cli.state import LAYOUT, State
from content_pipeline.core.errors import Conflict, Invalid, Unavailable
from content_pipeline.core.infrastructure.net.safe_fetch import is_public
from content_pipeline.core.settings import PREFIX, Settings

_FREE_BYTES: Final = 1_000_000_000
_TOKEN_CHARACTERS: Final = 16
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def make_home(home: Path) -> None:
    """Create the state folder. Raises Invalid if that fails, or if a service could not use it."""
    # supervisord's configuration has comments, quotes and expansions, and no way to escape these characters.
    for path in (home, Path(sys.prefix)):
        if unusable := sorted(set(str(path)) & set("%;#\"'\n")):
            raise Invalid(
                f"The path {path} contains {' '.join(unusable)}, which the stack cannot work with.",
                code="path_unusable",
                remedy="Set CONTENT_PIPELINE_HOME to (and install into) a folder without such characters.",
            )
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(home, str(error.strerror)) from error
    if not os.access(home, os.W_OK | os.X_OK) or not _owns_state(home):
        raise _not_writable(home, "it belongs to another user")
    _check_layout(home)
    (home / "logs").mkdir(exist_ok=True)


def _check_layout(home: Path) -> None:
    """Raises Conflict for the state of a release whose database this one cannot migrate. Nothing is changed in it."""
    state = State.load(home)
    if state and state.layout != LAYOUT:
        raise Conflict(
            f"The state in {home} is of another release, and nothing of it can be used by this one.",
            code="home_of_other_release",
            remedy="Move the folder away, or set CONTENT_PIPELINE_HOME to another one. It was left as it is.",
        )


def _owns_state(home: Path) -> bool:
    state = home / "stack.json"
    return not state.exists() or os.access(state, os.R_OK)


def _not_writable(home: Path, reason: str) -> Invalid:
    return Invalid(
        f"The state folder {home} cannot be written: {reason}.",
        code="home_not_writable",
        remedy="Set CONTENT_PIPELINE_HOME to a folder of yours.",
    )


def check(home: Path, configured: Settings) -> None:
    """Run all other checks, cheapest first. Raises Conflict, Invalid, Unavailable."""
    from content_pipeline.core.media import ffmpeg  # imported here: takes 0.2 s, which other commands do not need

    installed_packages.check()
    check_disk(home)
    try:
        ffmpeg.ffmpeg_path(configured.ffmpeg)
    except Unavailable as error:  # to a client of the API it is, to who starts the stack it is something to set
        raise Invalid(error.detail, code=error.code, remedy=error.remedy) from error
    check_settings(configured)
    check_platforms(configured)
    check_ports(configured)


def check_ports(configured: Settings) -> None:
    """Raises Conflict for the first configured port that another program uses."""
    _check_port(configured.api_port, configured.host, "CONTENT_PIPELINE_API_PORT")
    _check_port(configured.dagster_port, "127.0.0.1", "CONTENT_PIPELINE_DAGSTER_PORT")
    if configured.dagster_read_only_port:
        _check_port(configured.dagster_read_only_port, "127.0.0.1", "CONTENT_PIPELINE_DAGSTER_READ_ONLY_PORT")
    if embeds_sandbox(configured):
        _check_port(configured.sandbox_port, "127.0.0.1", "CONTENT_PIPELINE_SANDBOX_PORT")


def check_disk(home: Path) -> None:
    """Raises Unavailable when the disk is nearly full."""
    free = shutil.disk_usage(home).free
    if free < _FREE_BYTES:
        raise Unavailable(
            f"Only {free / 1e6:.0f} MB are free on the disk of {home}; the stack needs {_FREE_BYTES / 1e6:.0f} MB.",
            code="disk_full",
            remedy="Free some space, or set CONTENT_PIPELINE_HOME to a folder on another disk.",
        )


def check_settings(configured: Settings) -> None:
    """Raises Invalid for settings that are incomplete or unsafe."""
    if bool(configured.database_url.get_secret_value()) != bool(configured.dagster_database_url.get_secret_value()):
        raise Invalid(
            "The product's database and Dagster's are either both embedded or both elsewhere.",
            code="settings_incomplete",
            remedy="Set both CONTENT_PIPELINE_DATABASE_URL and CONTENT_PIPELINE_DAGSTER_DATABASE_URL.",
        )
    if configured.s3_endpoint and not (configured.s3_access_key and configured.s3_secret_key.get_secret_value()):
        raise Invalid(
            "The object store has an endpoint but no keys.",
            code="settings_incomplete",
            remedy="Set CONTENT_PIPELINE_S3_ACCESS_KEY and CONTENT_PIPELINE_S3_SECRET_KEY.",
        )
    if configured.host not in _LOOPBACK and "public_url" not in configured.model_fields_set:
        raise Invalid(
            f"The API would listen on {configured.host}, but returns URLs that other hosts cannot open.",
            code="settings_unsafe",
            remedy="Set CONTENT_PIPELINE_PUBLIC_URL to the address that clients use.",
        )
    alerts = configured.alert_webhook_url, configured.alert_webhook_secret
    if len({bool(setting.get_secret_value()) for setting in alerts}) > 1:
        raise Invalid(
            "Alerts have an address but no secret that signs them, or a secret but no address.",
            code="settings_incomplete",
            remedy="Set both CONTENT_PIPELINE_ALERT_WEBHOOK_URL and CONTENT_PIPELINE_ALERT_WEBHOOK_SECRET.",
        )
    if 0 < len(configured.metrics_token.get_secret_value()) < _TOKEN_CHARACTERS:
        raise Invalid(
            f"The token of the metrics has less than {_TOKEN_CHARACTERS} characters, and could be guessed.",
            code="settings_unsafe",
            remedy="Set CONTENT_PIPELINE_METRICS_TOKEN to what `openssl rand -hex 24` prints.",
        )
    pages = urlsplit(configured.dagster_public_url)
    if configured.dagster_public_url and not (pages.scheme in ("http", "https") and pages.netloc):
        raise Invalid(
            f"{configured.dagster_public_url} is not an address of Dagster's pages.",
            code="settings_invalid",
            remedy="Set CONTENT_PIPELINE_DAGSTER_PUBLIC_URL to what a browser shows, like https://dagster.example.com.",
        )


def check_platforms(configured: Settings) -> None:
    """Raises Invalid for settings that would post to the wrong place or cannot work."""
    from content_pipeline.core.platforms.registry import PLATFORMS

    given, of_sandbox = credentials(), sandbox_credentials()
    real = {name for name, value in given.items() if value != of_sandbox[name]}
    if "platforms" in configured.model_fields_set and configured.platforms == "sandbox" and real:
        raise Invalid(
            f"Posts would go to the sandbox, but there are credentials of real apps: {_names(real)}.",
            code="settings_unsafe",
            remedy="Set CONTENT_PIPELINE_PLATFORMS to live, or take the credentials away.",
        )
    for spec in PLATFORMS.values():
        of_platform = set(spec.app_settings.CREDENTIALS)
        missing = of_platform - given.keys()
        if missing and missing != of_platform:
            raise Invalid(
                f"The app at {spec.label} has only one of its two credentials.",
                code="settings_incomplete",
                remedy=f"Set {_names(missing)}, too.",
            )
    if real:
        _check_public(configured.public_url, "Platforms send people back", "CONTENT_PIPELINE_PUBLIC_URL")
    for spec in PLATFORMS.values():
        if spec.fetches_media and not real.isdisjoint(spec.app_settings.CREDENTIALS):
            bucket = configured.s3_public_endpoint or configured.s3_endpoint
            _check_public(bucket, f"{spec.label} fetches videos", "CONTENT_PIPELINE_S3_PUBLIC_ENDPOINT")
    connects = bool(given) or embeds_sandbox(configured)
    if connects and configured.database_url.get_secret_value() and not configured.encryption_keys:
        raise Invalid(
            "Accounts would be connected, but there is no key to encrypt their tokens with.",
            code="settings_incomplete",
            remedy="Set CONTENT_PIPELINE_ENCRYPTION_KEYS, on every host the same, to what this prints: "
            """python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'""",
        )


def _check_public(address: str, who: str, setting: str) -> None:
    parsed = urlsplit(address)
    if parsed.scheme != "https" or not parsed.hostname or _is_private(parsed.hostname):
        raise Invalid(
            f"{who}, and {address or 'the embedded address'} is not a public https address.",
            code="settings_unsafe",
            remedy=f"Set {setting} to one.",
        )


def _is_private(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:  # a host name
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _names(settings: set[str]) -> str:
    return ", ".join(f"{PREFIX}{name.upper()}" for name in sorted(settings))


def _check_port(port: int, host: str, setting: str) -> None:
    if not ports.is_free(port, host):
        holder = ports.holder(port)
        raise Conflict(
            f"Port {port} is in use" + (f" by {holder}." if holder else "."),
            code="port_in_use",
            remedy=f"End that, or set {setting} to another port.",
        )
