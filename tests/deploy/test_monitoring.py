"""The dashboard of Grafana and the alerts of Prometheus, against the real /metrics."""

import json
import re
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import pytest
from yaml import safe_load

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.operations.alerts import failures
from content_pipeline.core.operations.alerts.failures import Failure
from content_pipeline.core.operations.maintenance import retention
from content_pipeline.core.tasks import leases
from tests.deploy.conftest import BIN, CONFIGURATION, RULES, TOKEN, Prometheus, configured
from tests.ended_tasks import end_post, end_task
from tests.factories import make_account
from tests.programs import need

DASHBOARD: Final = ROOT / "deploy" / "grafana" / "content-pipeline.json"
CASES: Final = Path(__file__).with_name("alert_cases.yml")
# Grafana uses this interval for a panel of a few minutes.
RATE_INTERVAL: Final = "1m"


def queries() -> list[tuple[str, str]]:
    """Each query of the dashboard, with the title of its panel."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [
        (panel["title"], target["expr"].replace("$__rate_interval", RATE_INTERVAL))
        for panel in panels
        for target in panel.get("targets", [])
    ]


def alerts() -> dict[str, str]:
    """The expression of each alert."""
    (group,) = safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule["expr"] for rule in group["rules"]}


def work(workspace_id: UUID) -> None:
    """Something of each kind that the dashboard shows."""
    with transaction() as session:
        account = make_account(session, workspace_id, "tiktok", issued_at=now() - timedelta(hours=2))
        end_task(session, workspace_id, seconds=9)
        end_task(session, workspace_id, error=Invalid("It is silent.", code="no_audio"))
        end_post(session, account)
        failures.record(session, [Failure(time.time_ns(), "r1", "metric_snapshots", "broken", now())])
    leases.begin(str(uuid4()), "media@here")


@pytest.mark.nightly
def test_every_panel_shows_something_of_a_system_at_work(prometheus: Prometheus, workspace_id: UUID) -> None:
    retention.sweep_files()
    assert len(queries()) > 25
    empty = None
    for _ in range(5):  # a rate needs two scrapes with work between them; on a busy machine an execution dies before
        work(workspace_id)
        prometheus.wait_for_scrapes(2)
        empty = [title for title, query in queries() if not prometheus.query(query)]
        if not empty:
            break
    assert empty == []


@pytest.mark.slow
def test_every_alert_is_evaluated_and_names_only_metrics_that_there_are(prometheus: Prometheus) -> None:
    prometheus.wait_for_scrapes(2)
    (group,) = prometheus.http.get("/api/v1/rules").json()["data"]["groups"]
    assert {rule["name"]: rule["health"] for rule in group["rules"]} == dict.fromkeys(alerts(), "ok")
    scraped = prometheus.api.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    named = {name for expression in alerts().values() for name in re.findall(r"content_pipeline_\w+", expression)}
    assert {name for name in named if f"\n# TYPE {name.removesuffix('_total')}" not in scraped} == set()


def passes(*arguments: str | Path) -> None:
    """Run promtool, which comes with Prometheus."""
    promtool = need("promtool", also_in=BIN)
    done = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_each_alert_fires_when_it_should_and_not_before() -> None:
    passes("test", "rules", CASES)


def test_prometheus_takes_the_configuration_with_its_rules(tmp_path: Path) -> None:
    passes("check", "config", "--syntax-only", CONFIGURATION)
    passes("check", "config", configured(tmp_path, targets=["127.0.0.1:8000"], every="15s"))


def test_each_alert_has_a_case_in_which_it_fires_and_is_described() -> None:
    cases = [case for test in safe_load(CASES.read_text())["tests"] for case in test["alert_rule_test"]]
    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == alerts().keys()
    described = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "monitoring.md").read_text(), re.MULTILINE))
    assert alerts().keys() <= described
