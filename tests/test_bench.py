"""The benchmarks' arithmetic and tools; the measurements are in `make bench`."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from bench import back_fill, baseline_reel, performance_page, reel_cost, reels, results
from bench.figures import Figure, Reference, Target, median, quantile
from bench.load_generator import closed_loop, get, open_loop
from bench.results import Result
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.reels import reels as core
from content_pipeline.core.reels.reel_spec import ReelSpec
from content_pipeline.core.tasks import tasks
from content_pipeline.core.tasks.partition_keys import row_id
from tests.factories import make_twin


def test_a_target_limits_the_figure_or_its_ratio() -> None:
    reference = Reference("the other way", 2.0)
    assert Figure("figure", 1.0, "s", target=Target(1.0)).is_met is True
    assert Figure("figure", 1.1, "s", target=Target(1.0)).is_met is False
    assert Figure("ratio", 2.2, "s", reference, Target(1.1, of="ratio")).is_met is True
    assert Figure("ratio", 2.3, "s", reference, Target(1.1, of="ratio")).is_met is False
    assert Figure("speed", 1.0, "a second", reference, Target(0.5, of="ratio", side="at least")).is_met is True
    assert Figure("speed", 0.9, "a second", reference, Target(0.5, of="ratio", side="at least")).is_met is False
    assert Figure("no target", 1.0, "s").is_met is None
    assert Figure("count", 0, "", Reference("the other way", 0), Target(0)).is_met is True


def test_quantiles_lie_between_the_samples() -> None:
    assert median([3.0, 1.0, 2.0]) == 2.0
    assert quantile([0.0, 10.0], 0.95) == pytest.approx(9.5)


def result(seconds: float, *, stolen: float = 0.0) -> Result:
    figure = Figure("start", seconds, "s", Reference("before", 0.4), Target(0.4), samples=3)
    return Result(date(2026, 11, 30), results.machine(), load=0.2, quick=True, figures=[figure], stolen=stolen)


def test_the_page_shows_the_newest_result_of_each_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(performance_page, "PAGE", tmp_path / "performance.md")
    for name, seconds in ("recovery", 0.3), ("reels", 0.2), ("recovery", 0.5):
        results.save(name, result(seconds))
    assert results.load() == {"recovery": result(0.5), "reels": result(0.2)}
    performance_page.write()
    page = performance_page.PAGE.read_text()
    assert page.index("| **recovery**, 2026-11-30, `--quick`") < page.index("| **reels**")
    assert "| start | 0.50 s, 1.25 × of 0.40 s before | ≤ 0.4 s **✗** |" in page
    assert "| start | 0.20 s, 0.50 × of 0.40 s before | ≤ 0.4 s ✓ |" in page


def test_the_page_keeps_what_was_measured_on_earlier_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performance_page, "PAGE", tmp_path / "performance.md")
    for machine, name in ("earlier", "recovery"), ("new", "reels"):
        monkeypatch.setattr(results, "RESULTS", tmp_path / f"{machine}.json")
        results.save(name, result(0.2))
        performance_page.write()
        performance_page.write()
    page = performance_page.PAGE.read_text()
    assert page.count("| **") == page.count("| start | 0.20 s") == 2
    assert page.index("| **recovery**, 2026-11-30") < page.index("| **reels**, 2026-11-30")


def test_the_page_has_no_benchmark_that_was_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(performance_page, "PAGE", tmp_path / "performance.md")
    for name in "reels", "removed":
        results.save(name, result(0.2))
    performance_page.write()
    assert "**reels**" in performance_page.PAGE.read_text()
    assert "**removed**" not in performance_page.PAGE.read_text()


def test_the_page_shows_the_worst_of_many_figures_with_one_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(performance_page, "PAGE", tmp_path / "performance.md")
    figures = [Figure(f"read {number}", number, "s", target=Target(9)) for number in range(1, 9)]
    results.save("reels", replace(result(0.2), figures=figures))
    performance_page.write()
    shown = [line for line in performance_page.PAGE.read_text().splitlines() if "read" in line]
    assert shown == ["| worst of 8: read 8 | 8.00 s | ≤ 9 s ✓ |"]


@pytest.mark.parametrize(("stolen", "shown"), [(0.4, "`--quick`; "), (5.9, "`--quick`, 6 % of the CPU")])
def test_the_page_tells_of_time_that_the_host_withheld(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stolen: float, shown: str
) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(performance_page, "PAGE", tmp_path / "performance.md")
    results.save("reels", result(0.2, stolen=stolen))
    performance_page.write()
    assert shown in performance_page.PAGE.read_text()


def test_the_scripts_of_a_batch_are_distinct() -> None:
    scripts = reels.numbered_scripts(reels.MANY)
    assert len({*scripts}) == reels.MANY
    assert max(map(len, scripts)) - min(map(len, scripts)) < 25


def test_the_copies_of_a_reel_have_tasks_and_partition_keys_of_their_own(workspace_id: UUID) -> None:
    with transaction() as session:
        spec = ReelSpec(script="Hello.", platform="tiktok", voice_id="en-US")
        reel = core.create(session, make_twin(session, workspace_id), spec)
        core.create_task(session, reel)
        session.flush()
        values = {"reel": str(reel.id), "kind": core.KIND, "count": 3}
        keys = session.scalars(text(back_fill.COPIES), values).all()
        made = {row_id(key): core.get(session, workspace_id, UUID(row_id(key))) for key in keys}
        assert {copy.script for copy in made.values()} == {"Hello."}
        assert tasks.newest_of(session, core.KIND, list(made)).keys() == made.keys()
    assert len(made) == 3


@pytest.mark.slow
def test_a_baseline_reel_has_its_length_and_cpu_seconds() -> None:
    made = baseline_reel.make("Hello.", seed=1)
    assert 3 < made.seconds < 4
    assert made.cpu_seconds > 0.1


@pytest.mark.slow
def test_moviepy_gets_the_same_reel(tmp_path: Path) -> None:
    reel_cost.write_parts(tmp_path, 15)
    reel = json.loads((tmp_path / "reel.json").read_text())
    spoken = [word["text"] for phrase in reel["phrases"] for word in phrase["words"]]
    assert spoken == reel_cost.SCRIPT.split()
    assert 12 < reel["phrases"][-1]["words"][-1]["end"] < reel["seconds"]
    assert all((tmp_path / name).stat().st_size for name in ("narration.wav", reel["font"], reel["plate"]))


class _Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    paths: list[str]

    def do_GET(self) -> None:
        self.paths.append(self.path)
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def send_header(self, keyword: str, value: str) -> None:
        super().send_header(keyword.lower(), value)  # as uvicorn sends them

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[ThreadingHTTPServer]:
    _Site.paths = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server
        server.shutdown()


@pytest.mark.slow
def test_a_closed_loop_counts_each_response(site: ThreadingHTTPServer) -> None:
    load = closed_loop(site.server_port, [get("/a"), get("/b")], connections=2, seconds=0.3)
    assert len(load.latencies) == len(_Site.paths) > 2
    assert {*_Site.paths} == {"/a", "/b"}
    assert load.per_second == pytest.approx(len(load.latencies) / 0.3)


@pytest.mark.slow
def test_an_open_loop_sends_at_the_given_rate(site: ThreadingHTTPServer) -> None:
    load = open_loop(site.server_port, [get("/a"), get("/b")], every=0.2, seconds=0.55)
    assert sorted(_Site.paths) == ["/a"] * 3 + ["/b"] * 3
    assert len(load.latencies) == 6


@pytest.mark.slow
def test_an_error_response_ends_the_load(site: ThreadingHTTPServer) -> None:
    with pytest.raises(AssertionError, match="404"):
        closed_loop(site.server_port, [get("/missing")], connections=1, seconds=1)
