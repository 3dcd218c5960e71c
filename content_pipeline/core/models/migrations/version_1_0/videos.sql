-- Twins and their memories, batches, and what is made of scripts: reels and avatar videos.

create table twins (
    id uuid not null,
    workspace_id uuid not null,
    name varchar not null,
    voice_id varchar not null,
    style_tags varchar[] not null,
    created_at timestamptz not null,
    persona_prompt varchar,
    platform_defaults jsonb default '{}' not null,
    avatar_id varchar,
    picture_url varchar,
    deleted_at timestamptz,
    accounts jsonb default '{}' not null,
    make varchar default 'reel' not null,
    caption_animation varchar default 'box' not null,
    speed double precision default 1.0 not null,
    pause double precision default 0.4 not null,
    call_to_action varchar,
    glossary jsonb default '[]' not null,
    constraint pk_twins primary key (id),
    constraint fk_twins_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_twins_workspace_newest on twins (workspace_id, created_at desc, id desc);

create table memories (
    id uuid not null,
    twin_id uuid not null,
    entity_id varchar,
    memory_type varchar not null,
    content varchar not null,
    importance double precision not null,
    tags varchar[] not null,
    metadata jsonb not null,
    vector bytea,
    remote_id varchar,
    created_at timestamptz not null,
    constraint pk_memories primary key (id),
    constraint uq_memories_remote_id unique (remote_id),
    constraint ck_memories_found_one_way check ((vector is null) <> (remote_id is null)),
    constraint fk_memories_twin_id_twins foreign key (twin_id) references twins
);
create index ix_memories_twin_id on memories (twin_id);

create table batches (
    id uuid not null,
    workspace_id uuid not null,
    twin_id uuid not null,
    platform varchar not null,
    rows integer not null,
    drop varchar,
    created_at timestamptz not null,
    deleted_at timestamptz,
    constraint pk_batches primary key (id),
    constraint uq_batches_drop unique (drop),
    constraint fk_batches_twin_id_twins foreign key (twin_id) references twins,
    constraint fk_batches_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_batches_workspace_newest on batches (workspace_id, created_at desc, id desc);

create table reels (
    id uuid not null,
    workspace_id uuid not null,
    twin_id uuid not null,
    batch_id uuid,
    "row" integer,
    script varchar not null,
    platform varchar not null,
    voice_id varchar not null,
    title varchar,
    background_url varchar,
    music_url varchar,
    seed bigint not null,
    language varchar,
    spoken_voice varchar,
    words jsonb,
    narration_seconds double precision,
    narration_key varchar,
    media jsonb,
    output_key varchar,
    created_at timestamptz not null,
    caption_animation varchar,
    speed double precision default 1.0 not null,
    pause double precision default 0.4 not null,
    call_to_action varchar,
    glossary jsonb default '[]' not null,
    deleted_at timestamptz,
    constraint pk_reels primary key (id),
    constraint fk_reels_batch_id_batches foreign key (batch_id) references batches,
    constraint fk_reels_twin_id_twins foreign key (twin_id) references twins,
    constraint fk_reels_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_reels_batch_id on reels (batch_id);

create table avatar_videos (
    id uuid not null,
    workspace_id uuid not null,
    twin_id uuid not null,
    batch_id uuid,
    "row" integer,
    platform varchar,
    provider varchar not null,
    avatar_id varchar not null,
    captions boolean not null,
    background_url varchar,
    phonemes jsonb,
    seed bigint not null,
    estimated_seconds integer not null,
    media jsonb,
    output_key varchar,
    credits_billed integer,
    created_at timestamptz not null,
    submissions integer default 0 not null,
    submitting_at timestamptz,
    external_id varchar,
    poll_at timestamptz,
    polls integer default 0 not null,
    waits_until timestamptz,
    script varchar not null,
    voice_id varchar not null,
    language varchar,
    spoken_voice varchar,
    words jsonb,
    narration_seconds double precision,
    narration_key varchar,
    finished_at timestamptz,
    engine varchar,
    submitted_at timestamptz,
    caption_animation varchar,
    speed double precision default 1.0 not null,
    pause double precision default 0.4 not null,
    glossary jsonb default '[]' not null,
    deleted_at timestamptz,
    constraint pk_avatar_videos primary key (id),
    constraint fk_avatar_videos_batch_id_batches foreign key (batch_id) references batches,
    constraint fk_avatar_videos_twin_id_twins foreign key (twin_id) references twins,
    constraint fk_avatar_videos_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_avatar_videos_batch_id on avatar_videos (batch_id);
create index ix_avatar_videos_external_id on avatar_videos (external_id);
create index ix_avatar_videos_poll_at on avatar_videos (poll_at) where poll_at is not null;
create index ix_avatar_videos_workspace_newest on avatar_videos (workspace_id, created_at desc, id desc);

create table received_events (
    id varchar not null,
    received_at timestamptz not null,
    constraint pk_received_events primary key (id)
);
create index ix_received_events_received_at on received_events (received_at);

create table provider_balances (
    provider varchar not null,
    remaining double precision,
    currency varchar not null,
    read_at timestamptz not null,
    constraint pk_provider_balances primary key (provider)
);
