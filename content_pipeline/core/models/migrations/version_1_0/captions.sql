-- Files of clients, captions, and videos with captions burned in.

create table uploads (
    id uuid not null,
    workspace_id uuid not null,
    kind varchar not null,
    file_key varchar not null,
    file_name varchar not null,
    content_type varchar not null,
    size bigint not null,
    media jsonb,
    width integer,
    height integer,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    deleted_at timestamptz,
    constraint pk_uploads primary key (id),
    constraint fk_uploads_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_uploads_expiring on uploads (expires_at) where deleted_at is null;
create index ix_uploads_workspace_newest on uploads (workspace_id, created_at desc, id desc);

create table multipart_uploads (
    id uuid not null,
    workspace_id uuid not null,
    file_key varchar not null,
    file_name varchar not null,
    size bigint not null,
    part_size bigint not null,
    store_id varchar not null,
    created_at timestamptz not null,
    constraint pk_multipart_uploads primary key (id),
    constraint fk_multipart_uploads_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_multipart_uploads_created_at on multipart_uploads (created_at);
create index ix_multipart_uploads_workspace_id on multipart_uploads (workspace_id);

create table captions (
    id uuid not null,
    workspace_id uuid not null,
    source_url varchar,
    source_key varchar,
    media jsonb,
    language varchar not null,
    spoken_language varchar,
    words jsonb,
    segments jsonb,
    created_at timestamptz not null,
    edited_at timestamptz,
    language_probability double precision,
    known_text varchar,
    glossary jsonb default '[]' not null,
    translate_to varchar,
    translated jsonb,
    remove_fillers boolean default false not null,
    deleted_at timestamptz,
    is_synthetic boolean default false not null,
    constraint pk_captions primary key (id),
    constraint fk_captions_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_captions_workspace_newest on captions (workspace_id, created_at desc, id desc);

create table burn_ins (
    id uuid not null,
    caption_id uuid not null,
    workspace_id uuid not null,
    style varchar not null,
    font_size integer not null,
    font_color varchar not null,
    "position" varchar not null,
    with_caption boolean not null,
    output_key varchar,
    created_at timestamptz not null,
    source_url varchar,
    is_synthetic boolean default false not null,
    constraint pk_burn_ins primary key (id),
    constraint fk_burn_ins_caption_id_captions foreign key (caption_id) references captions,
    constraint fk_burn_ins_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_burn_ins_caption_id on burn_ins (caption_id);
