-- What the platforms say of posts and accounts, the figures of days derived from it, and who may read them.

create table analysts (
    role varchar not null,
    workspace_id uuid,
    created_at timestamptz not null,
    constraint pk_analysts primary key (role),
    constraint fk_analysts_workspace_id_workspaces foreign key (workspace_id) references workspaces
);

create table account_syncs (
    account_id uuid not null,
    window_start timestamptz not null,
    finished_at timestamptz not null,
    posts_read integer not null,
    error jsonb,
    constraint pk_account_syncs primary key (account_id, window_start),
    constraint fk_account_syncs_account_id_accounts foreign key (account_id) references accounts
);

create table social_posts (
    id uuid not null,
    workspace_id uuid not null,
    account_id uuid not null,
    platform varchar not null,
    post_id varchar not null,
    publication_id uuid,
    twin_id uuid,
    url varchar,
    text varchar not null,
    seconds double precision,
    published_at timestamptz not null,
    read_at timestamptz,
    next_read_at timestamptz not null,
    vanished_at timestamptz,
    constraint pk_social_posts primary key (id),
    constraint uq_social_posts_account_post unique (account_id, post_id),
    constraint uq_social_posts_publication_id unique (publication_id),
    constraint fk_social_posts_account_id_accounts foreign key (account_id) references accounts,
    constraint fk_social_posts_publication_id_publications foreign key (publication_id) references publications,
    constraint fk_social_posts_twin_id_twins foreign key (twin_id) references twins,
    constraint fk_social_posts_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
create index ix_social_posts_due on social_posts (account_id, next_read_at) where vanished_at is null;
create index ix_social_posts_twin_id on social_posts (twin_id);
create index ix_social_posts_workspace_newest on social_posts (workspace_id, published_at desc, id desc);

create table metric_snapshots (
    id bigint generated always as identity,
    account_id uuid not null,
    social_post_id uuid,
    taken_at timestamptz not null,
    views bigint,
    impressions bigint,
    reach bigint,
    likes bigint,
    comments bigint,
    shares bigint,
    saves bigint,
    clicks bigint,
    watch_seconds double precision,
    average_view_seconds double precision,
    followers bigint,
    followers_gained bigint,
    constraint pk_metric_snapshots primary key (id),
    constraint fk_metric_snapshots_account_id_accounts foreign key (account_id) references accounts,
    constraint fk_metric_snapshots_social_post_id_social_posts foreign key (social_post_id) references social_posts
);
create index ix_metric_snapshots_post on metric_snapshots (account_id, social_post_id, taken_at);
create index ix_metric_snapshots_social_post on metric_snapshots (social_post_id) where social_post_id is not null;

create table reported_days (
    id bigint generated always as identity,
    account_id uuid not null,
    day date not null,
    source varchar not null,
    taken_at timestamptz not null,
    views bigint,
    impressions bigint,
    reach bigint,
    likes bigint,
    comments bigint,
    shares bigint,
    saves bigint,
    clicks bigint,
    watch_seconds double precision,
    average_view_seconds double precision,
    followers bigint,
    followers_gained bigint,
    constraint pk_reported_days primary key (id),
    constraint fk_reported_days_account_id_accounts foreign key (account_id) references accounts
);
create unique index uq_reported_days on reported_days (account_id, day, source);

create table pending_derivations (
    account_id uuid not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    constraint pk_pending_derivations primary key (account_id),
    constraint fk_pending_derivations_account_id_accounts foreign key (account_id) references accounts
);

create table daily_metrics (
    account_id uuid not null,
    day date not null,
    estimated boolean not null,
    views bigint,
    impressions bigint,
    reach bigint,
    likes bigint,
    comments bigint,
    shares bigint,
    saves bigint,
    clicks bigint,
    watch_seconds double precision,
    average_view_seconds double precision,
    followers bigint,
    followers_gained bigint,
    constraint pk_daily_metrics primary key (account_id, day),
    constraint fk_daily_metrics_account_id_accounts foreign key (account_id) references accounts
);

create table daily_post_metrics (
    account_id uuid not null,
    day date not null,
    social_post_id uuid not null,
    estimated boolean not null,
    views bigint,
    impressions bigint,
    reach bigint,
    likes bigint,
    comments bigint,
    shares bigint,
    saves bigint,
    clicks bigint,
    watch_seconds double precision,
    average_view_seconds double precision,
    followers bigint,
    followers_gained bigint,
    constraint pk_daily_post_metrics primary key (account_id, day, social_post_id)
);

create table audience_shares (
    account_id uuid not null,
    day date not null,
    dimension varchar not null,
    value varchar not null,
    share double precision not null,
    constraint pk_audience_shares primary key (account_id, day, dimension, value),
    constraint fk_audience_shares_account_id_accounts foreign key (account_id) references accounts
);

create table analytics_exports (
    id uuid not null,
    workspace_id uuid not null,
    format varchar not null,
    grain varchar not null,
    first_day date not null,
    last_day date not null,
    platform varchar,
    twin_id uuid,
    object_key varchar,
    rows integer,
    created_at timestamptz not null,
    written_at timestamptz,
    constraint pk_analytics_exports primary key (id),
    constraint fk_analytics_exports_twin_id_twins foreign key (twin_id) references twins,
    constraint fk_analytics_exports_workspace_id_workspaces foreign key (workspace_id) references workspaces
);
