-- What operators are told: failures by code, tasks that have ended, measurements.

create table failure_counts (
    code varchar not null,
    total bigint not null,
    logged bigint not null,
    logged_at timestamptz,
    sent bigint not null,
    send_at timestamptz,
    last_event_id bigint not null,
    last_run_id varchar not null,
    last_job varchar not null,
    last_at timestamptz not null,
    constraint pk_failure_counts primary key (code)
);

create table ended_task_counts (
    kind varchar not null,
    platform varchar not null,
    state varchar not null,
    code varchar not null,
    tasks bigint not null,
    seconds double precision not null,
    constraint pk_ended_task_counts primary key (kind, platform, state, code)
);

create table measurements (
    name varchar not null,
    value double precision not null,
    taken_at timestamptz not null,
    constraint pk_measurements primary key (name)
);
