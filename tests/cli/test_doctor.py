"""`content-pipeline doctor`."""

from collections.abc import Iterator

import httpx
import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from content_pipeline.cli.main import cli
from content_pipeline.core.providers.heygen import client
from content_pipeline.core.settings import settings
from tests.core.platforms.wire import UNREACHABLE, Answer, Wire


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """HeyGen with a key, over a scripted transport."""
    wire = Wire()
    monkeypatch.setattr(settings(), "heygen_api_key", SecretStr("a key"))
    with httpx.Client(transport=httpx.MockTransport(wire)) as http:
        monkeypatch.setattr(client, "client", lambda: http)
        yield wire


def doctor() -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["doctor"], standalone_mode=False)
    return done.return_value, done.output


def wallet(remaining: float, currency: str = "usd") -> Answer:
    return Answer(body={"data": {"wallet": {"currency": currency, "remaining_balance": remaining}}})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        (wallet(12.5), 0, "✓ HeyGen  12.50 USD left."),
        (wallet(40, "credits"), 0, "✓ HeyGen  40.00 CREDITS left."),
        (wallet(9.5), 3, "✗ HeyGen  Only 9.50 USD left. Top it up at HeyGen."),
        (wallet(0), 3, "✗ HeyGen  The wallet is empty: 0.00 USD. Top it up at HeyGen."),
        (Answer(body={"data": {}}), 0, "✓ HeyGen  The account has no wallet."),
        (UNREACHABLE, 3, "✗ HeyGen  HeyGen could not be reached"),
        (Answer(401), 3, "Check CONTENT_PIPELINE_HEYGEN_API_KEY."),
    ],
)
def test_it_tells_what_is_left_at_heygen(
    wire: Wire, answer: Answer | httpx.TransportError, status: int, told: str
) -> None:
    wire.on("/v3/users/me", answer)
    code, output = doctor()
    assert code == status
    assert told in output.replace("\n", " ")  # a line has 80 columns


def test_without_external_services_there_is_nothing_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "heygen_api_key", SecretStr(""))
    assert doctor() == (0, "No external service is set up.\n")
