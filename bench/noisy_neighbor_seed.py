"""Seed data of the noisy-neighbor benchmark: a workspace with as many rows, figures and memories as a plan allows."""

from dataclasses import dataclass
from typing import Final

from bench import analytics
from bench.environment import Environment
from content_pipeline.core.twins.memory import MOST_MEMORIES
from tests.stack.client import Client

# Lists have pages of 200.
_PAGE: Final = 200
_TASKS: Final = 1000
# The most of a plan.
_ROWS: Final = 100
# With posts of a year.
_ACCOUNTS: Final = 20
_POSTS: Final = 2_000

# It is disabled, so that nothing is sent, and the clean-up leaves it.
_WEBHOOK: Final = """
with endpoint as (
    insert into webhook_endpoints (id, workspace_id, url, secret, disabled_at, created_at)
    select gen_random_uuid(), id, 'https://example.com/', '', now(), now() from workspaces where name = :name
    returning *
), events as (
    insert into webhook_events (id, workspace_id, type, data, created_at)
    select gen_random_uuid(), workspace_id, 'task.completed',
           jsonb_build_object('task_id', gen_random_uuid(), 'kind', 'reel', 'status', 'done', 'progress', 100), now()
    from endpoint, generate_series(1, :count) returning *
), _ as (
    insert into webhook_deliveries (id, workspace_id, endpoint_id, event_id, status, attempts, last_status, last_error,
                                    created_at)
    select gen_random_uuid(), events.workspace_id, endpoint.id, events.id, 'failed', 10, 500,
           '{"code": "receiver_refused", "message": "It answered 500.", "remedy": "Mend it.", "retryable": true}', now()
    from endpoint, events
)
select id::text from endpoint"""

_AUDIT_EVENTS: Final = """
insert into audit_events (id, workspace_id, at, actor, actor_name, action, object_type, object_id, outcome)
select gen_random_uuid(), id, now(), 'service', 'service', 'captions.create', 'caption', gen_random_uuid(), 'done'
from workspaces, generate_series(1, :count) where name = :name"""

_UPLOADS: Final = """
insert into uploads (id, workspace_id, kind, file_key, file_name, content_type, size, width, height, created_at,
                     expires_at)
select gen_random_uuid(), id, 'picture', id || '/uploads/' || number, number || '.jpg', 'image/jpeg', 1000, 100, 100,
       now(), now() + interval '1 year'
from workspaces, generate_series(1, :count) as number where name = :name"""

# Its posts on one platform were published here.
_TRACK_RECORD: Final = """
with published as (
    insert into publications (id, workspace_id, account_id, platform, twin_id, request_id, reel_url, script, options,
                              words, committed_at, published_at, post_id, polls, created_at)
    select gen_random_uuid(), workspace_id, account_id, platform, :twin, gen_random_uuid(),
           'https://example.com/bread.mp4', repeat('Bread takes its time. ', 40),
           jsonb_build_object('caption_style', 'long'),
           '{"title": null, "text": "Bread takes its time.", "hashtags": ["baking"]}', published_at, published_at,
           id::text, 0, published_at
    from social_posts
    where workspace_id = (select id from workspaces where name = :name) and platform = 'tiktok' returning *
)
update social_posts set publication_id = published.id, twin_id = :twin
from published where social_posts.id::text = published.post_id"""


@dataclass(frozen=True)
class SeededWorkspace:
    """Ids: of a twin, of one with as many memories as it may have and a track record, of a finished batch, of captions
    of four hours, and of a webhook with failed deliveries."""

    twin: str
    full_twin: str
    batch: str
    captions: str
    webhook: str


def seed(environment: Environment, client: Client, name: str) -> SeededWorkspace:
    """Insert the rows into the workspace of this client, which has this name."""
    sql = environment.stack.sql
    twin, full_twin = client.create_twin(), client.create_twin()
    environment.memories(MOST_MEMORIES, full_twin)
    batch, *_ = (environment.finished_batch(_ROWS, twin) for _ in range(_TASKS // _ROWS))
    captions = environment.long_captions(name)
    environment.finished_captions(_PAGE, name, like=captions)
    environment.calendar_items(_PAGE, full_twin)
    ((workspace_id,),) = sql("select id from workspaces where name = :name", name=name)
    accounts = analytics.fill(environment.stack, workspace_id, _ACCOUNTS, _POSTS)
    sql(_TRACK_RECORD, name=name, twin=full_twin)
    analytics.derive(environment.stack, accounts)
    ((webhook,),) = sql(_WEBHOOK, name=name, count=_PAGE)
    for statement in (_AUDIT_EVENTS, _UPLOADS):
        sql(statement, name=name, count=_PAGE)
    sql("analyze")
    return SeededWorkspace(twin, full_twin, batch, captions, webhook)
