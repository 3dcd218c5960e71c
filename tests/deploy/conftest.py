"""A Prometheus that scrapes the API's own /metrics, with the configuration and the rules of deploy/."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from pydantic import SecretStr
from yaml import safe_dump, safe_load

from api.main import create_app
from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.settings import settings
from tests.polling import until
from tests.programs import need
from tests.servers import serving
from tests.stack.harness import free_port

TOKEN: Final = "token-of-the-operator"
CONFIGURATION: Final = ROOT / "deploy" / "prometheus" / "prometheus.yml"
RULES: Final = CONFIGURATION.with_name("rules.yml")
BIN: Final = "/usr/bin"


@dataclass(frozen=True)
class Prometheus:
    """`api` is what it scrapes, once a second."""

    api: httpx.Client
    http: httpx.Client

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an instant query. Fails for a query that is wrong."""
        answer = self.http.get("/api/v1/query", params={"query": expression}).json()
        assert answer["status"] == "success", (expression, answer)
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    def wait_for_scrapes(self, number: int) -> None:
        """Wait until it has scraped so many times more."""
        before = self._scrapes()
        until(lambda: self._scrapes() >= before + number, seconds=60, what=f"{number} scrapes")

    def _scrapes(self) -> int:
        counted = self.query("count_over_time(up[1h])")
        return int(counted[0]["value"][1]) if counted and self.query("up == 1") else 0


@pytest.fixture(scope="module")
def prometheus(database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    program = need("prometheus", also_in=BIN)
    folder = tmp_path_factory.mktemp("prometheus")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings(), "metrics_token", SecretStr(TOKEN))
        with (
            serving(create_app()) as api,
            _running(program, folder, api) as url,
            httpx.Client(base_url=api) as client,
            httpx.Client(base_url=url) as http,
        ):
            until(lambda: _is_ready(http), seconds=60, what="Prometheus")
            yield Prometheus(client, http)


def _is_ready(http: httpx.Client) -> bool:
    try:
        return http.get("/-/ready").is_success
    except httpx.TransportError:
        return False


def configured(folder: Path, *, targets: list[str], every: str) -> Path:
    """The file of deploy/ in this folder, with the token, what it scrapes and how often as a test has them."""
    configuration = safe_load(CONFIGURATION.read_text())
    (scrape,) = configuration["scrape_configs"]
    token = folder / Path(scrape["authorization"]["credentials_file"]).name
    token.write_text(TOKEN)
    scrape["authorization"]["credentials_file"] = str(token)
    scrape |= {"scrape_interval": every, "static_configs": [{"targets": targets}]}
    configuration["global"] = {"evaluation_interval": every}
    configuration["rule_files"] = [str(CONFIGURATION.with_name(file)) for file in configuration["rule_files"]]
    file = folder / CONFIGURATION.name
    file.write_text(safe_dump(configuration))
    return file


@contextmanager
def _running(program: str, folder: Path, api: str) -> Iterator[str]:
    """The address of a Prometheus that scrapes `api`."""
    configuration = configured(folder, targets=[api.removeprefix("http://")], every="1s")
    address = f"127.0.0.1:{free_port()}"
    command = [program, f"--config.file={configuration}", f"--storage.tsdb.path={folder / 'data'}"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*command, f"--web.listen-address={address}"], stdout=log, stderr=log)
    try:
        yield f"http://{address}"
    finally:
        process.kill()
        process.wait(30)
