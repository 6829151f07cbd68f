-- How complete the crawls were, and what was removed.

create table coverage (
    source varchar not null,
    run_id varchar not null,
    started_at timestamptz not null,
    finished_at timestamptz not null,
    finish_reason varchar not null,
    n_requested bigint not null,
    n_seen bigint not null,
    n_new bigint not null,
    n_dropped bigint not null,
    n_refused bigint not null,
    n_errors bigint not null,
    errors varchar[] not null,
    is_ok boolean not null,
    primary key (source, run_id)
);
comment on table coverage is 'One row per crawl of a source: what it asked for and what it got.';
comment on column coverage.source is 'The source crawled.';
comment on column coverage.run_id is 'The run: its start as in the name of its landing file.';
comment on column coverage.started_at is 'When it began.';
comment on column coverage.finished_at is 'When it ended.';
comment on column coverage.finish_reason is 'Why it ended: "finished", or what stopped it.';
comment on column coverage.n_requested is 'Requests sent.';
comment on column coverage.n_seen is 'Posts the source showed, new or not.';
comment on column coverage.n_new is 'Posts that landed.';
comment on column coverage.n_dropped is 'Posts refused by our own checks.';
comment on column coverage.n_refused is 'Requests the source refused: robots.txt, 403, 429.';
comment on column coverage.n_errors is 'Errors logged.';
comment on column coverage.errors is 'What they were, in short.';
comment on column coverage.is_ok is 'Whether the run reached its end without errors.';

create table audit (
    audited_at timestamptz not null,
    what varchar not null,
    why varchar not null,
    source varchar,
    n_rows bigint not null
);
comment on table audit is 'One row per deletion, erasure or edit: that it happened, never what was removed.';
comment on column audit.audited_at is 'When we did it.';
comment on column audit.what is 'What was removed or changed: the table.';
comment on column audit.why is 'Why.';
comment on column audit.source is 'The source concerned, if it was one.';
comment on column audit.n_rows is 'How many rows.';
