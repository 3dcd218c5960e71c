"""Usage over HTTP."""

from fastapi.testclient import TestClient

from content_pipeline.core.infrastructure.clock import now
from tests.api.conftest import PUBLIC


def test_usage_shows_credits_limits_and_the_tasks_of_the_month(client: TestClient, caption_id: str) -> None:
    answer = client.get(f"{PUBLIC}/usage")
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["plan"] == "studio"
    assert shown["credits"] == {"granted": 1_000_000, "held": 0, "charged": 0, "available": 1_000_000}
    assert shown["limits"] == {
        "requests_per_minute": 1200,
        "upload_bytes": 2_000_000_000,
        "media_seconds": 14_400,
        "rows_per_batch": 100,
        "export_rows": 5_000_000,
        "workspace_export_days": 7,
        "open_items": 10_000,
        "accounts": 100,
        "credits": 1_000_000,
        "interactive_runs": 4,
        "concurrent_runs": 1000,
        "upload_storage_bytes": 100_000_000_000,
        "upload_days": 365,
        "api_keys": 50,
        "audit_days": 365,
    }
    assert shown["period"]["start"] <= now().strftime("%Y-%m-%dT%H:%M:%SZ") < shown["period"]["end"]
    assert shown["period"]["credits_charged"] == 0
    assert shown["period"]["tasks"] == {"caption": 1}


def test_usage_of_a_plan_without_credits_shows_none(connect) -> None:
    shown = connect(credits=0).get(f"{PUBLIC}/usage").json()
    assert shown["credits"] == {"granted": 0, "held": 0, "charged": 0, "available": 0}


def test_usage_is_a_workspace_s_own(client: TestClient, connect, caption_id: str) -> None:
    assert connect().get(f"{PUBLIC}/usage").json()["period"]["tasks"] == {}


def test_usage_needs_a_key(anonymous_client: TestClient) -> None:
    assert anonymous_client.get(f"{PUBLIC}/usage").status_code == 401
