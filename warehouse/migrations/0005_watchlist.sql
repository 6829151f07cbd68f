-- The watchlist as the last refresh knew it, and every publication.

create table brand (
    brand varchar primary key,
    is_rival boolean not null,
    place integer not null unique
);
comment on table brand is 'One row per watched brand.';
comment on column brand.brand is 'Its name in the watchlist.';
comment on column brand.is_rival is 'Whether it is a rival; exactly one brand is not.';
comment on column brand.place is 'Its place in the watchlist, the own brand first.';

create table ranking (
    importance double not null,
    dissatisfaction double not null,
    period_days integer not null check (period_days > 0)
);
comment on table ranking is 'One row: the [ranking] section of the watchlist.';
comment on column ranking.importance is 'Weight of the importance in theme_rank.score.';
comment on column ranking.dissatisfaction is 'Weight of max(importance - satisfaction, 0) in theme_rank.score.';
comment on column ranking.period_days is 'Days the ranking looks at, ending with the newest post.';

create table publication (
    published_at timestamptz not null,
    fingerprint varchar not null,
    reader_version varchar not null,
    n_posts bigint not null
);
comment on table publication is 'One row per published file, this one last.';
comment on column publication.published_at is 'When the refresh that published it was started.';
comment on column publication.fingerprint is 'Hash of all that decides the result beside the posts: migrations, views, watchlist, reader version.';
comment on column publication.reader_version is 'Version of the reader it was read with.';
comment on column publication.n_posts is 'Posts it holds, deleted ones not counted.';
