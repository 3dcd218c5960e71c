"""`python -m bench [name …] [--quick]`: measures the product, and references for comparison in the same run."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import psutil

from bench import (
    analytics,
    avatars,
    back_fill,
    calendar,
    cancel,
    captions,
    cues,
    examination,
    fairness,
    heygen_polling,
    history,
    memory,
    noisy_neighbor,
    polling,
    recall,
    recovery,
    reel_cost,
    reels,
    report,
    results,
    retention,
    scrape,
    start_latency,
    streams,
    transcription,
    voices,
    webhooks,
)
from bench.environment import METRICS_TOKEN, Environment
from bench.figures import Figure
from content_pipeline.core.infrastructure.clock import now
from tests.stack.harness import Stack

# With autogroups, Linux shares the CPU among sessions first, and the stack is in another session than the load that the
# benchmarks start: beside uploads, 77 ms were measured instead of 12 (noisy-neighbor).
_AUTOGROUP = Path("/proc/sys/kernel/sched_autogroup_enabled")

# Benchmarks run in this order: first those that need a new stack, then those that need an idle one, and last those that
# fill the tables.
BENCHMARKS: dict[str, Callable[[Environment], Iterator[Figure]]] = {
    "memory": memory.measure,
    "start-latency": start_latency.measure,
    "captions": captions.measure,
    "transcription": transcription.measure,
    "cues": cues.measure,
    "reels": reels.measure,
    "reel-cost": reel_cost.measure,
    "avatars": avatars.measure,
    "voices": voices.measure,
    "recall": recall.measure,
    "polling": polling.measure,
    "streams": streams.measure,
    "noisy-neighbor": noisy_neighbor.measure,
    "webhooks": webhooks.measure,
    "examination": examination.measure,
    "heygen-polling": heygen_polling.measure,
    "fairness": fairness.measure,
    "cancel": cancel.measure,
    "calendar": calendar.measure,
    "back-fill": back_fill.measure,
    "recovery": recovery.measure,
    "analytics": analytics.measure,
    "history": history.measure,
    "retention": retention.measure,
    "scrape": scrape.measure,
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHMARKS)))
@click.option("--quick", is_flag=True, help="Measure fewer times.")
def main(names: tuple[str, ...], quick: bool) -> None:
    """Run all benchmarks, or those named, on a new stack."""
    load = os.getloadavg()[0]
    if load > (os.cpu_count() or 1) / 2:
        report.console.print(f"[yellow]This machine is busy (load {load:.1f}): expect worse figures.[/]")
    if _AUTOGROUP.exists() and _AUTOGROUP.read_text().strip() == "1":
        report.console.print(f"[yellow]{_AUTOGROUP} is 1: priorities hold within a session only. Set it to 0.[/]")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        stack = Stack(Path(folder) / "home", CONTENT_PIPELINE_METRICS_TOKEN=METRICS_TOKEN)
        try:
            with report.console.status("starting a stack"):
                stack.up()
            environment = Environment(stack, Path(folder), quick)
            for name in names or BENCHMARKS:
                psutil.cpu_times_percent()  # what it returns next is since this call
                measured = list(_measure(name, environment))
                stolen = getattr(psutil.cpu_times_percent(), "steal", 0.0)
                if stolen >= results.NOTABLE_STOLEN:
                    report.console.print(f"[yellow]The host withheld {stolen:.1f} % of the CPU: expect odd figures.[/]")
                results.save(name, results.Result(now().date(), results.machine(), load, quick, measured, stolen))
                figures += measured
        finally:
            stack.down()
            report.show_table(figures)


def _measure(name: str, environment: Environment) -> Iterator[Figure]:
    began = time.monotonic()
    report.console.print(f"[bold]{name}[/]")
    with report.console.status("measuring"):
        for figure in BENCHMARKS[name](environment):
            report.show(figure)
            yield figure
    report.console.print(f"  [dim]{time.monotonic() - began:.0f} s[/]")


if __name__ == "__main__":
    main()
