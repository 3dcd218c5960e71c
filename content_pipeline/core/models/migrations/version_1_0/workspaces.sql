-- Plans, workspaces, their API keys and what is known of their requests, audit events, exports and credits.

create table plans (
    name varchar not null,
    requests_per_minute integer not null,
    upload_bytes bigint not null,
    media_seconds integer not null,
    rows_per_batch integer not null,
    accounts integer not null,
    credits bigint not null,
    interactive_runs integer not null,
    concurrent_runs integer not null,
    export_rows integer not null,
    open_items integer not null,
    upload_storage_bytes bigint not null,
    upload_days integer not null,
    api_keys integer not null,
    audit_days integer not null,
    workspace_export_days integer not null,
    constraint pk_plans primary key (name)
);

-- starter is what a trial gets; studio, the default of `keys create`, is generous.
insert into plans (
    name, requests_per_minute, upload_bytes, media_seconds, rows_per_batch, accounts, credits, interactive_runs,
    concurrent_runs, export_rows, open_items, upload_storage_bytes, upload_days, api_keys, audit_days,
    workspace_export_days
) values
    ('starter', 120, 200000000, 1800, 20, 4, 1000, 1, 2, 100000, 500, 2000000000, 30, 5, 90, 1),
    ('studio', 1200, 2000000000, 14400, 100, 100, 1000000, 4, 1000, 5000000, 10000, 100000000000, 365, 50, 365, 7);

create table workspaces (
    id uuid not null,
    name varchar not null,
    plan varchar not null,
    created_at timestamptz not null,
    constraint pk_workspaces primary key (id),
    constraint uq_workspaces_name unique (name),
    constraint fk_workspaces_plan_plans foreign key (plan) references plans
);

create table api_keys (
    id uuid not null,
    workspace_id uuid not null,
    sha256 bytea not null,
    hint varchar not null,
    created_at timestamptz not null,
    revoked_at timestamptz,
    name varchar not null,
    scopes varchar[] not null,
    created_by uuid,
    expires_at timestamptz,
    last_used_at timestamptz,
    constraint pk_api_keys primary key (id),
    constraint uq_api_keys_sha256 unique (sha256),
    constraint fk_api_keys_created_by_api_keys foreign key (created_by) references api_keys,
    constraint fk_api_keys_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_api_keys_workspace_id on api_keys (workspace_id);
create function notify_key_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('api_key_changes', new.id::text);
    return null;
end $$;
create trigger notify_changed after update of revoked_at, expires_at, scopes on api_keys for each row
    execute function notify_key_changed();

create table redirect_uris (
    workspace_id uuid not null,
    uri varchar not null,
    constraint pk_redirect_uris primary key (workspace_id, uri),
    constraint fk_redirect_uris_workspace_id_workspaces foreign key (workspace_id) references workspaces
);

create table idempotency_keys (
    api_key_id uuid not null,
    endpoint varchar not null,
    key varchar not null,
    fingerprint bytea not null,
    status integer,
    body jsonb,
    location varchar,
    created_at timestamptz not null,
    secret_body bytea,
    constraint pk_idempotency_keys primary key (api_key_id, endpoint, key),
    constraint fk_idempotency_keys_api_key_id_api_keys foreign key (api_key_id) references api_keys
);
create index ix_idempotency_keys_created_at on idempotency_keys (created_at);

create unlogged table rate_limits (
    bucket varchar not null,
    empty_at timestamptz not null,
    constraint pk_rate_limits primary key (bucket)
);

create table audit_events (
    id uuid not null,
    workspace_id uuid not null,
    at timestamptz not null,
    actor varchar not null,
    actor_name varchar not null,
    api_key_id uuid,
    address varchar,
    request_id varchar,
    action varchar not null,
    object_type varchar not null,
    object_id varchar,
    outcome varchar not null,
    constraint pk_audit_events primary key (id),
    constraint fk_audit_events_api_key_id_api_keys foreign key (api_key_id) references api_keys,
    constraint fk_audit_events_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_audit_events_key_newest on audit_events (api_key_id, at desc, id desc);
create index ix_audit_events_object_newest on audit_events (workspace_id, object_id, at desc, id desc);
create index ix_audit_events_workspace_newest on audit_events (workspace_id, at desc, id desc);
create function refuse_update() returns trigger language plpgsql as $$
begin
    raise exception 'the rows of % are not changed', tg_table_name;
end $$;
create trigger append_only before update on audit_events for each statement execute function refuse_update();

create table workspace_exports (
    id uuid not null,
    workspace_id uuid not null,
    with_files boolean not null,
    object_key varchar,
    rows integer,
    files integer,
    bytes bigint,
    created_at timestamptz not null,
    written_at timestamptz,
    constraint pk_workspace_exports primary key (id),
    constraint fk_workspace_exports_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_workspace_exports_workspace_id on workspace_exports (workspace_id);

create table credit_entries (
    id bigint generated always as identity,
    workspace_id uuid not null,
    source varchar not null,
    target varchar not null,
    amount bigint not null,
    render_id uuid,
    month date,
    note varchar,
    created_at timestamptz not null,
    constraint pk_credit_entries primary key (id),
    constraint uq_credit_entries_workspace_id unique (workspace_id, month),
    constraint ck_credit_entries_amount_positive check (amount > 0),
    constraint ck_credit_entries_transfer_known check (
        (source, target) in (('issued', 'available'), ('available', 'held'), ('held', 'available'), ('held', 'spent'))
        and (render_id is null) = (source = 'issued')
    ),
    constraint fk_credit_entries_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_credit_entries_render_id on credit_entries (render_id);
create index ix_credit_entries_workspace_newest on credit_entries (workspace_id, created_at desc);
create unique index uq_credit_entries_charge on credit_entries (render_id) where target = 'spent';
