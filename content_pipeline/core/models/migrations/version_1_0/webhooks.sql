-- Webhook endpoints, the outbox of their events, and the deliveries of each event to each endpoint.

create table webhook_endpoints (
    id uuid not null,
    workspace_id uuid not null,
    task_id varchar,
    url varchar not null,
    events varchar[],
    secret bytea not null,
    previous_secret bytea,
    previous_secret_until timestamptz,
    failing_since timestamptz,
    throttled_until timestamptz,
    disabled_at timestamptz,
    reason jsonb,
    created_at timestamptz not null,
    constraint pk_webhook_endpoints primary key (id),
    constraint fk_webhook_endpoints_task_id_tasks foreign key (task_id) references tasks,
    constraint fk_webhook_endpoints_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_webhook_endpoints_workspace_newest on webhook_endpoints (workspace_id, created_at desc, id desc)
    where task_id is null;
create unique index uq_webhook_endpoints_task on webhook_endpoints (task_id) where task_id is not null;

create table webhook_events (
    id uuid not null,
    workspace_id uuid not null,
    type varchar not null,
    data jsonb not null,
    created_at timestamptz not null,
    constraint pk_webhook_events primary key (id),
    constraint fk_webhook_events_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_webhook_events_created_at on webhook_events (created_at);

create table webhook_deliveries (
    id uuid not null,
    workspace_id uuid not null,
    endpoint_id uuid not null,
    event_id uuid not null,
    status varchar not null,
    attempts integer not null,
    next_attempt_at timestamptz,
    last_status integer,
    last_error jsonb,
    created_at timestamptz not null,
    delivered_at timestamptz,
    constraint pk_webhook_deliveries primary key (id),
    constraint fk_webhook_deliveries_endpoint_id_webhook_endpoints foreign key (endpoint_id)
        references webhook_endpoints on delete cascade,
    constraint fk_webhook_deliveries_event_id_webhook_events foreign key (event_id)
        references webhook_events on delete cascade,
    constraint fk_webhook_deliveries_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_webhook_deliveries_due on webhook_deliveries (endpoint_id, next_attempt_at) where status = 'pending';
create index ix_webhook_deliveries_event_id on webhook_deliveries (event_id);
create index ix_webhook_deliveries_newest on webhook_deliveries (endpoint_id, created_at desc, id desc);
