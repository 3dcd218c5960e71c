-- Accounts, the consents that lead to them, posts, and the calendar.

create table accounts (
    id uuid not null,
    workspace_id uuid not null,
    platform varchar not null,
    user_id varchar not null,
    handle varchar not null,
    name varchar not null,
    status varchar not null,
    reason jsonb,
    scopes varchar[] not null,
    access_token bytea,
    refresh_token bytea,
    access_expires_at timestamptz,
    refresh_expires_at timestamptz,
    issued_at timestamptz,
    refreshing_until timestamptz,
    connected_at timestamptz not null,
    created_at timestamptz not null,
    constraint pk_accounts primary key (id),
    constraint uq_accounts_workspace_id unique (workspace_id, platform, user_id),
    constraint fk_accounts_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_accounts_platform_user on accounts (platform, user_id);
create index ix_accounts_workspace_newest on accounts (workspace_id, created_at desc, id desc);

create table connect_states (
    sha256 bytea not null,
    workspace_id uuid not null,
    platform varchar not null,
    redirect_uri varchar not null,
    client_state varchar,
    verifier bytea not null,
    expires_at timestamptz not null,
    api_key_id uuid,
    constraint pk_connect_states primary key (sha256),
    constraint fk_connect_states_api_key_id_api_keys foreign key (api_key_id) references api_keys,
    constraint fk_connect_states_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_connect_states_expires_at on connect_states (expires_at);

create table publications (
    id uuid not null,
    workspace_id uuid not null,
    request_id uuid not null,
    account_id uuid not null,
    platform varchar not null,
    twin_id uuid,
    reel_id uuid,
    reel_url varchar,
    script varchar,
    title varchar,
    caption varchar,
    options jsonb not null,
    words jsonb,
    prepared bytea,
    committed_at timestamptz,
    poll_at timestamptz,
    polls integer not null,
    waits_until timestamptz,
    post_id varchar,
    post_url varchar,
    published_at timestamptz,
    created_at timestamptz not null,
    avatar_video_id uuid,
    held boolean default false not null,
    burn_in_id uuid,
    upload_id uuid,
    copy_id uuid,
    removing_at timestamptz,
    removed_at timestamptz,
    constraint pk_publications primary key (id),
    constraint fk_publications_account_id_accounts foreign key (account_id) references accounts,
    constraint fk_publications_avatar_video_id_avatar_videos foreign key (avatar_video_id) references avatar_videos,
    constraint fk_publications_burn_in_id_burn_ins foreign key (burn_in_id) references burn_ins on delete set null,
    constraint fk_publications_reel_id_reels foreign key (reel_id) references reels,
    constraint fk_publications_twin_id_twins foreign key (twin_id) references twins,
    constraint fk_publications_upload_id_uploads foreign key (upload_id) references uploads,
    constraint fk_publications_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_publications_account_id on publications (account_id);
create index ix_publications_avatar_video_id on publications (avatar_video_id) where avatar_video_id is not null;
create index ix_publications_burn_in_id on publications (burn_in_id) where burn_in_id is not null;
create index ix_publications_copy_id on publications (copy_id);
create index ix_publications_poll on publications (poll_at) where poll_at is not null;
create index ix_publications_reel_id on publications (reel_id) where reel_id is not null;
create index ix_publications_request_id on publications (request_id);
create index ix_publications_workspace_newest on publications (workspace_id, created_at desc, id desc);
create unique index uq_publications_post on publications (platform, post_id) where post_id is not null;

create table calendar_items (
    id uuid not null,
    workspace_id uuid not null,
    twin_id uuid not null,
    title varchar not null,
    platform varchar not null,
    scheduled_at timestamptz not null,
    script varchar,
    caption varchar,
    reel_url varchar,
    reel_id uuid,
    options jsonb not null,
    status varchar not null,
    reason jsonb,
    created_at timestamptz not null,
    deleted_at timestamptz,
    account_id uuid,
    publication_id uuid,
    make varchar,
    avatar_video_id uuid,
    scheduled_because jsonb,
    caption_id uuid,
    burn_in_id uuid,
    upload_id uuid,
    is_video_given boolean default false not null,
    copy_id uuid,
    constraint pk_calendar_items primary key (id),
    constraint fk_calendar_items_account_id_accounts foreign key (account_id) references accounts,
    constraint fk_calendar_items_avatar_video_id_avatar_videos foreign key (avatar_video_id) references avatar_videos,
    constraint fk_calendar_items_burn_in_id_burn_ins foreign key (burn_in_id) references burn_ins on delete set null,
    constraint fk_calendar_items_caption_id_captions foreign key (caption_id) references captions on delete set null,
    constraint fk_calendar_items_publication_id_publications foreign key (publication_id) references publications,
    constraint fk_calendar_items_reel_id_reels foreign key (reel_id) references reels,
    constraint fk_calendar_items_twin_id_twins foreign key (twin_id) references twins,
    constraint fk_calendar_items_upload_id_uploads foreign key (upload_id) references uploads,
    constraint fk_calendar_items_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_calendar_items_avatar_video_id on calendar_items (avatar_video_id) where avatar_video_id is not null;
create index ix_calendar_items_burn_in_id on calendar_items (burn_in_id) where burn_in_id is not null;
create index ix_calendar_items_caption_id on calendar_items (caption_id) where caption_id is not null;
create index ix_calendar_items_copy_id on calendar_items (copy_id);
create index ix_calendar_items_open on calendar_items (scheduled_at)
    where status in ('scheduled', 'rendering', 'publishing') and deleted_at is null;
create index ix_calendar_items_open_of_workspace on calendar_items (workspace_id)
    where status in ('scheduled', 'rendering', 'publishing') and deleted_at is null;
create index ix_calendar_items_publication_id on calendar_items (publication_id);
create index ix_calendar_items_reel_id on calendar_items (reel_id) where reel_id is not null;
create index ix_calendar_items_twin_id on calendar_items (twin_id);
create index ix_calendar_items_upload_id on calendar_items (upload_id);
create index ix_calendar_items_workspace_latest on calendar_items (workspace_id, scheduled_at desc, id desc);
