"""What every benchmark measures on: one stack of its own, recordings of human speech, and workspaces."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from uuid import uuid4

from sqlalchemy.orm import Session

from content_pipeline.core import workspaces
from tests.media.samples import LIBRIVOX, make
from tests.stack.harness import Client, Stack, until

# Plans of the benchmarks' own: one whose requests are as good as unlimited, and one whose interactive runs all queue.
PLAN = "bench"
QUEUED_PLAN = "bench-queued"


@dataclass
class Setting:
    """`quick` measures fewer times."""

    stack: Stack
    folder: Path
    quick: bool

    def __post_init__(self) -> None:
        for name, interactive_runs in (PLAN, 4), (QUEUED_PLAN, 0):
            self.stack.sql(
                "insert into plans select :name, 1000000000, upload_bytes, media_seconds, rows_per_batch, accounts,"
                " credits, :interactive_runs, concurrent_runs from plans where name = 'studio' returning name",
                name=name,
                interactive_runs=interactive_runs,
            )

    def times(self, count: int) -> int:
        """How often to measure what is usually measured `count` times."""
        return max(count // 3, 1) if self.quick else count

    @contextmanager
    def client(self, plan: str = PLAN) -> Iterator[Client]:
        """A new workspace's use of the API."""
        with self.stack.client(f"bench-{uuid4()}", plan) as client:
            yield client

    def keys(self, count: int) -> list[str]:
        """So many API keys of one new workspace."""
        name = f"bench-{uuid4()}"
        with Session(self.stack.engine) as session:
            keys = [workspaces.create_key(session, workspace=name, plan=PLAN) for _ in range(count)]
            session.commit()
        return keys

    def idle(self) -> None:
        """Wait until nothing is at work."""
        busy = (
            "select exists (select from executions) or exists (select from tasks where state in"
            " ('queued', 'processing') or (state = 'waiting' and not_before < now()))"
        )
        until(lambda: not self.stack.sql(busy)[0][0], seconds=120, what="an idle stack")

    @cached_property
    def sentence(self) -> Path:
        """3 s of human speech."""
        return LIBRIVOX / "0880.flac"

    @cached_property
    def clip(self) -> Path:
        """11.35 s of human speech."""
        return self._joined("clip", ["0890", "0920"])

    @cached_property
    def recording(self) -> Path:
        """Two minutes of human speech, which go to the media lane."""
        return self._joined("recording", [path.stem for path in sorted(LIBRIVOX.glob("*.flac"))] * 5)

    def _joined(self, name: str, numbers: list[str]) -> Path:
        listed = self.folder / f"{name}.txt"
        listed.write_text("".join(f"file '{LIBRIVOX / number}.flac'\n" for number in numbers))
        return make(self.folder / f"{name}.flac", "-f", "concat", "-safe", "0", "-i", str(listed))
