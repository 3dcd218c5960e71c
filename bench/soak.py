"""`python -m bench.soak [--minutes N]`: mixed load on a whole stack, while all that could grow is watched in /metrics.

Ends with a table of what was watched, and with status 1 when something grows that should not, or fails though nobody
asked for it.
"""

import csv
import functools
import http.server
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median
from typing import Final

import click
import httpx
import psutil
from rich.table import Table

from bench import report, soak_load, soak_series
from bench.environment import METRICS_TOKEN, Environment
from bench.soak_activities import ACTIVITIES
from bench.soak_customer import customers
from bench.soak_series import RULES, Rule, Sample, Verdict
from tests import webhook_receiver
from tests.media import samples as media
from tests.stack.harness import Stack, free_port, running

SAMPLES: Final = Path("soak-samples.csv")
CUSTOMERS: Final = 4
_SAMPLE_SECONDS: Final = 15.0
_ID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")
_FAILURE_CHARACTERS: Final = 400
# The report shows this many series of each rule: those that come nearest to their limits.
_SHOWN: Final = 6
# These series count failures that no customer causes: customers cancel tasks, and their faulty requests are refused
# before there is a task.
_FAILURES: Final = ("failed_tasks_total{", "failed_runs_total{")
_NOT_READ: Final = "select distinct error->>'code' from account_syncs where error is not null"
_PLATFORMS_WITHOUT_LIMITS: Final = {
    "instagram_quota": 1_000_000,
    "instagram_calls_per_hour": 1_000_000,
    "tiktok_posts_per_day": 1_000_000,
    "tiktok_inits_per_minute": 1_000_000,
    "linkedin_posts_per_day": 1_000_000,
    "youtube_inserts_per_day": 1_000_000,
    "youtube_units_per_day": 100_000_000,
    "youtube_uploads_per_day": 1_000_000,
}


@click.command()
@click.option("--minutes", default=60.0, show_default=True, help="How long the load lasts.")
def main(minutes: float) -> None:
    """Run the soak on a new stack."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        temporary = folder / "temporary"
        temporary.mkdir()
        temporary.chmod(0o1777)
        files, receiver = free_port(), free_port()
        with running(
            folder / "home",
            TMPDIR=str(temporary),
            CONTENT_PIPELINE_METRICS_TOKEN=METRICS_TOKEN,
            CONTENT_PIPELINE_ALLOWED_PRIVATE_HOSTS=f"localhost:{files},localhost:{receiver}",
        ) as stack:
            samples, failures = _soak(Environment(stack, folder, quick=False), files, receiver, 60 * minutes)
    _save(samples)
    verdicts = soak_series.judge(samples)
    _show(verdicts)
    failures += [
        f"/metrics: no {name}, by which another series is divided" for name in soak_series.missing_divisors(samples)
    ]
    for failure, times in Counter(_ID.sub("…", failure)[:_FAILURE_CHARACTERS] for failure in failures).most_common():
        report.console.print(f"{times} × {failure}", style="red", markup=False)
    grown = [verdict.series for verdict in verdicts if verdict.grows]
    report.console.print(f"{len(verdicts)} series watched, {len(grown)} grow; {len(failures)} failures.")
    sys.exit(1 if grown or failures else 0)


def _soak(environment: Environment, files: int, receiver: int, seconds: float) -> tuple[list[Sample], list[str]]:
    """Samples, and sentences on what failed."""
    environment.stack.sandbox.set(**_PLATFORMS_WITHOUT_LIMITS)
    film = media.film(environment.folder / "film.mp4")
    talk = media.talking_video(environment.folder / "talk.mp4")
    environment.idle()
    samples = [_sample(environment.stack, time.monotonic())]
    with (
        _serving(film, files) as files_url,
        webhook_receiver.serving(receiver) as hooks,
        customers(environment, CUSTOMERS, film, talk, files_url, f"{hooks.url}/hook") as people,
        soak_load.running(ACTIVITIES, people) as load,
    ):
        began = time.monotonic()
        psutil.cpu_percent()
        while (now := time.monotonic()) < began + seconds:
            try:
                samples.append(_sample(environment.stack, began))
            except httpx.HTTPError as error:
                load.failures.append(f"scrape: {type(error).__name__} {error}")
            if len(samples) % 4 == 0:
                _tell(samples[-1], load)
            time.sleep(max(0.0, now + _SAMPLE_SECONDS - time.monotonic()))
    failures = list(load.failures)
    if not hooks.of("/hook"):
        failures.append("no webhook was received")
    try:
        environment.idle()
    except AssertionError as error:
        failures.append(f"the queues do not drain: {error}")
    last = _sample(environment.stack, began)
    _tell_all(samples, load, len(hooks.received))
    failures += _unasked(samples[0].values, last.values)
    failures += [f"figures are not read: {error}" for (error,) in environment.stack.sql(_NOT_READ)]
    if unread := sum(sample.values["failed_readings"] > 0 for sample in samples):
        failures.append(f"/metrics: {unread} scrapes with failed_readings")
    return samples, failures


def _sample(stack: Stack, began: float) -> Sample:
    at = time.monotonic()
    headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    text = httpx.get(f"{stack.url}/metrics", headers=headers, timeout=60).raise_for_status().text
    values = soak_series.parse(text)
    values |= {"cpu_percent": psutil.cpu_percent(), "scrape_seconds": time.monotonic() - at}
    return Sample(at - began, values)


def _unasked(first: Mapping[str, float], last: Mapping[str, float]) -> Iterator[str]:
    """What the system itself counted as failed."""
    for name, value in last.items():
        grown = value - first.get(name, 0.0)
        is_server_error = name.startswith("http_requests_total{") and name.rstrip("}").rpartition(",")[2] >= "500"
        is_failed_post = name.startswith("publications_total{") and name.endswith(("failed}", "unconfirmed}"))
        if grown > 0 and (name.startswith(_FAILURES) or is_server_error or is_failed_post):
            yield f"/metrics: {name} grew by {grown:g}"


@contextmanager
def _serving(film: Path, port: int) -> Iterator[str]:
    """Serve the folder of the film like somebody else's server."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Handler, directory=str(film.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://localhost:{port}"
        finally:
            server.shutdown()


def _tell(sample: Sample, load: soak_load.Load) -> None:
    values = sample.values
    waiting = sum(value for name, value in values.items() if name.startswith("queue_length{"))
    memory = sum(value for name, value in values.items() if name.startswith("process_memory_bytes{"))
    report.console.print(
        f"[dim]{sample.seconds / 60:5.1f} min[/] {values[soak_series.TASKS]:,.0f} tasks ended, {waiting:.0f} waiting,"
        f" {values['cpu_percent']:.0f} % CPU, {memory / 1e9:.2f} GB, scrape {values['scrape_seconds']:.2f} s,"
        f" {len(load.failures)} failures"
    )


def _tell_all(samples: Sequence[Sample], load: soak_load.Load, webhooks: int) -> None:
    cpu, scrapes = ([sample.values[name] for sample in samples[1:]] for name in ("cpu_percent", "scrape_seconds"))
    done = ", ".join(f"{count} {name}" for name, count in load.done.most_common())
    report.console.print(f"done: {done}; {webhooks} webhooks received")
    report.console.print(
        f"CPU of the machine {mean(cpu):.0f} %; a scrape takes {median(scrapes):.2f} s, at most {max(scrapes):.2f} s"
    )


def _save(samples: Sequence[Sample]) -> None:
    names = sorted({name for sample in samples for name in sample.values})
    with SAMPLES.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["seconds", *names])
        writer.writerows([sample.seconds, *(sample.values.get(name, "") for name in names)] for sample in samples)


def _show(verdicts: Sequence[Verdict]) -> None:
    table = Table("series", "after warm-up", "at end", "growth", "an hour", "limit", "", box=None, header_style="dim")
    for rule in RULES:
        of_rule = sorted((found for found in verdicts if found.rule is rule), key=lambda one: one.used, reverse=True)
        shown = [verdict for number, verdict in enumerate(of_rule) if verdict.grows or number < _SHOWN]
        for verdict in shown:
            _add_row(table, verdict, rule)
        if not of_rule:
            table.add_row(f"[dim]{rule.pattern}: nothing to judge[/]")
        if len(of_rule) > len(shown):
            table.add_row(f"[dim]{rule.pattern}: {len(of_rule) - len(shown)} more, none grows[/]")
    report.console.print(table)


def _add_row(table: Table, verdict: Verdict, rule: Rule) -> None:
    growth = verdict.at_end - verdict.after_warm_up
    cells = (verdict.after_warm_up, verdict.at_end, growth, verdict.an_hour, verdict.limit)
    shown = (f"{value / rule.scale:,.4g} {rule.unit}".strip() for value in cells)
    table.add_row(verdict.series, *shown, "[red]✗ grows[/]" if verdict.grows else "[green]✓[/]")


if __name__ == "__main__":
    main()
