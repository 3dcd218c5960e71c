"""Environment of the benchmarks: a stack, recordings of human speech, and workspaces."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from uuid import uuid4

from faster_whisper import WhisperModel
from sqlalchemy.orm import Session

from content_pipeline.core.settings import Settings
from content_pipeline.core.twins import embeddings
from content_pipeline.core.workspaces import workspaces
from tests.media.samples import CLIPS, LIBRIVOX, joined
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack

# A plan for the benchmarks with a practically unlimited request rate.
PLAN = "bench"
METRICS_TOKEN = "token-of-the-benchmarks"

_WAITING_TASKS = """
insert into tasks (id, workspace_id, kind, key, subject_kind, subject_key, partition_key, lane, state, progress,
                   progress_base, attempt, starts, not_before, created_at)
select id, workspace, 'caption', id, 'caption', id, id, 'interactive', 'waiting', 40,
       0, 0, 1, now() + interval '1 year', now()
from (select gen_random_uuid()::text as id, (select id from workspaces where name = :name) as workspace
      from generate_series(1, :count)) as made
returning id"""

_LONG_CAPTIONS = """
insert into captions (id, workspace_id, language, glossary, created_at, media, segments)
select cast(id as uuid), workspace_id, 'en', '[]', now(),
       jsonb_build_object('seconds', 14400, 'has_audio', true, 'has_video', false, 'width', 0, 'height', 0,
                          'frames_per_second', 0, 'video_codec', null, 'audio_codec', 'mp3', 'container', 'mp3',
                          'bytes', 57600000),
       (select jsonb_agg(jsonb_build_object('start', cue, 'end', cue + 1, 'text', 'Hello there my friend', 'words',
                (select jsonb_agg(jsonb_build_object('start', cue + word * 0.25, 'end', cue + word * 0.25 + 0.2,
                                                     'text', 'hello'))
                 from generate_series(0, 3) as word)))
        from generate_series(0, :cues - 1) as cue)
from tasks where id = :id"""
_MEMORIES = """
insert into memories (id, twin_id, memory_type, content, importance, tags, metadata, vector, created_at)
select gen_random_uuid(), :twin, 'episodic', 'Bread takes its time.', 0.5, '{}', '{}', :vector, now()
from generate_series(1, :count)"""

_FINISHED_BATCH = """
with batch as (
    insert into batches (id, workspace_id, twin_id, platform, rows, created_at)
    select gen_random_uuid(), workspace_id, id, 'tiktok', :count, now() from twins where id = :twin returning *
), made as (
    insert into reels (id, workspace_id, twin_id, batch_id, row, platform, seed, script, voice_id, spoken_voice,
                       language, words, media, output_key, glossary, created_at)
    select gen_random_uuid(), workspace_id, twin_id, batch.id, number, 'tiktok', 1,
           repeat('Bread takes its time. ', 40), 'en-US', 'vits-joe', 'en',
           (select jsonb_agg(jsonb_build_object('start', word, 'end', word + 0.5, 'text', 'bread'))
            from generate_series(1, 160) as word),
           jsonb_build_object('seconds', 60, 'has_audio', true, 'has_video', true, 'width', 1080, 'height', 1920,
                              'frames_per_second', 30, 'video_codec', 'h264', 'audio_codec', 'aac',
                              'container', 'mp4', 'bytes', 5000000),
           workspace_id || '/reels/' || number || '/reel.mp4', '[]', now()
    from batch, generate_series(1, :count) as number returning *
), tasks_of_rows as (
    select workspace_id, 'batch' as kind, id, null as parent from batch
    union all select workspace_id, 'reel', id, batch_id from made
), _ as (
    insert into tasks (id, workspace_id, kind, key, subject_kind, subject_key, partition_key, parent_id, state,
                       progress, progress_base, attempt, starts, created_at, started_at, finished_at)
    select id::text, workspace_id, kind, id::text, kind, id::text, id::text, parent::text, 'done',
           100, 0, 0, 1, now(), now(), now() from tasks_of_rows
)
select id::text from batch"""

_CALENDAR_ITEMS = """
insert into calendar_items (id, workspace_id, twin_id, title, platform, scheduled_at, script, options, status,
                            created_at)
select gen_random_uuid(), workspace_id, id, 'Bread ' || number, 'tiktok', now() + interval '1 year',
       'Bread takes its time.', '{"caption_style": "karaoke"}', 'scheduled', now()
from twins, generate_series(1, :count) as number where id = :twin"""

_FINISHED_CAPTIONS = """
insert into captions (id, workspace_id, language, glossary, created_at, media, segments)
select cast(tasks.id as uuid), tasks.workspace_id, 'en', '[]', now(), media,
       '[{"start": 0, "end": 1, "text": "Hello there my friend", "words": []}]'
from tasks, captions where captions.id = :like and tasks.id = any(:ids)"""

# Four hours of speech, the most of any plan, have so many cues, and 36,000 words.
_CUES = 9_000


@dataclass
class Environment:
    """Passed to every benchmark. `quick`: measure fewer times."""

    stack: Stack
    folder: Path
    quick: bool

    def __post_init__(self) -> None:
        self.stack.sql(
            "insert into plans select :name, 1000000, upload_bytes, media_seconds, rows_per_batch, accounts, credits,"
            " interactive_runs, concurrent_runs, export_rows, open_items, upload_storage_bytes, upload_days, api_keys,"
            " audit_days, workspace_export_days from plans where name = 'studio'",
            name=PLAN,
        )

    def times(self, count: int) -> int:
        """Number of measurements, `count` unless quick."""
        return max(count // 3, 1) if self.quick else count

    def whisper_alone(self) -> WhisperModel:
        """The product's model, loaded by faster-whisper in this process."""
        return WhisperModel(
            str(self.stack.home / "cache" / "whisper-base"),
            device="cpu",
            compute_type="int8",
            cpu_threads=Settings().whisper_threads("interactive"),
        )

    @contextmanager
    def client(self) -> Iterator[Client]:
        """API client of a new workspace."""
        with self.stack.client(f"bench-{uuid4()}", PLAN) as client:
            yield client

    def keys(self, count: int, workspace: str) -> list[str]:
        """Create `count` API keys of a workspace."""
        with Session(self.stack.engine) as session:
            keys = [workspaces.create_key(session, workspace=workspace, plan=PLAN) for _ in range(count)]
            session.commit()
        return keys

    def waiting_tasks(self, count: int, workspace: str) -> list[str]:
        """Insert open tasks that are deferred for a year, so that no runs are launched for them. Returns their ids."""
        return [task for (task,) in self.stack.sql(_WAITING_TASKS, name=workspace, count=count)]

    def long_captions(self, workspace: str) -> str:
        """Insert the captions of four hours of speech. Returns their id."""
        (task,) = self.waiting_tasks(1, workspace)
        self.stack.sql(_LONG_CAPTIONS, id=task, cues=_CUES)
        return task

    def finished_captions(self, count: int, workspace: str, like: str) -> None:
        """Insert captions of one cue, of the media of others."""
        self.stack.sql(_FINISHED_CAPTIONS, ids=self.waiting_tasks(count, workspace), like=like)

    def finished_batch(self, count: int, twin: str) -> str:
        """Insert a batch of so many finished reels. Returns its id."""
        ((batch,),) = self.stack.sql(_FINISHED_BATCH, twin=twin, count=count)
        return str(batch)

    def calendar_items(self, count: int, twin: str) -> None:
        """Insert so many open items that are due in a year."""
        self.stack.sql(_CALENDAR_ITEMS, twin=twin, count=count)

    def memories(self, count: int, twin: str) -> None:
        """Insert so many memories of a twin."""
        self.stack.sql(_MEMORIES, twin=twin, count=count, vector=embeddings.embed("Bread takes its time.").tobytes())

    def idle(self, seconds: float = 120) -> None:
        """Wait until nothing runs, so many seconds at most. A killed run's execution remains for a while, but without
        heartbeats."""
        busy = (
            "select exists (select from executions where worker is not null"
            " and beat_at > clock_timestamp() - interval '15 s') or exists (select from tasks"
            " where state in ('queued', 'processing') or (state = 'waiting' and not_before < now()))"
        )
        until(lambda: not self.stack.sql(busy)[0][0], seconds=seconds, what="an idle stack")

    @cached_property
    def sentence(self) -> Path:
        """3 s of human speech."""
        return LIBRIVOX / "0880.flac"

    @cached_property
    def clip(self) -> Path:
        """11.35 s of human speech."""
        return joined(self.folder / "clip.flac", [LIBRIVOX / "0890.flac", LIBRIVOX / "0920.flac"])

    @cached_property
    def recording(self) -> Path:
        """Two minutes of human speech: long enough for the media lane."""
        return joined(self.folder / "recording.flac", CLIPS * 5)
