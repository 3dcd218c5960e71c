-- Runs of Dagster that workers have begun, and the tasks that clients see.

create table executions (
    run_id varchar not null,
    worker varchar,
    beat_at timestamptz not null,
    stop boolean not null,
    subject varchar,
    constraint pk_executions primary key (run_id)
);
create unique index uq_executions_subject_live on executions (subject) where not stop;

create table tasks (
    id varchar not null,
    workspace_id uuid not null,
    kind varchar not null,
    key varchar not null,
    subject_kind varchar not null,
    subject_key varchar not null,
    lane varchar,
    state varchar not null,
    progress integer not null,
    progress_base integer not null,
    error jsonb,
    attempt integer not null,
    starts integer not null,
    not_before timestamptz,
    retry_of varchar,
    created_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    parent_id varchar,
    irrevocable boolean default false not null,
    waits integer default 0 not null,
    partition_key varchar not null,
    deleted_at timestamptz,
    traceparent varchar,
    in_back_fill boolean default false not null,
    constraint pk_tasks primary key (id),
    constraint fk_tasks_parent_id_tasks foreign key (parent_id) references tasks,
    constraint fk_tasks_retry_of_tasks foreign key (retry_of) references tasks,
    constraint fk_tasks_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_tasks_finished_at on tasks (finished_at) where finished_at is not null;
create index ix_tasks_key_newest on tasks (kind, key, created_at desc);
create index ix_tasks_open on tasks (created_at) where state in ('queued', 'processing', 'waiting');
create index ix_tasks_parent on tasks (parent_id) where parent_id is not null;
create index ix_tasks_retry_of on tasks (retry_of) where retry_of is not null;
create index ix_tasks_subject_newest on tasks (subject_kind, subject_key, created_at desc);
create index ix_tasks_switched on tasks (subject_kind, subject_key) where subject_kind <> kind;
create index ix_tasks_workspace_newest on tasks (workspace_id, created_at desc, id desc);
create unique index uq_tasks_subject_open on tasks (subject_kind, subject_key)
    where state in ('queued', 'processing', 'waiting');

-- A batch changes with each of its reels, so a change is also announced under the parent's id. PostgreSQL sends equal
-- notifications of one transaction once.
create function notify_task_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('task_changes', new.id);
    if new.parent_id is not null then
        perform pg_notify('task_changes', new.parent_id);
    end if;
    return null;
end $$;
create trigger notify_updated after update of state, progress on tasks for each row
    when (old.state <> new.state or old.progress <> new.progress) execute function notify_task_changed();
-- The retry of a row of an open batch.
create trigger notify_inserted after insert on tasks for each row
    when (new.parent_id is not null) execute function notify_task_changed();
