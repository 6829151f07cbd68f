-- What was loaded, and the posts themselves.
-- No primary keys on the large tables: DuckDB would keep an index of them in memory. MERGE keeps a key unique, and
-- warehouse/checks proves it before a file is published.

create table landing_file (
    path varchar primary key,
    n_rows bigint not null,
    loaded_at timestamptz not null
);
comment on table landing_file is 'One row per file of the landing zone that was loaded; a file is loaded once.';
comment on column landing_file.path is 'Path below the data folder: landing/<source>/<started>.jsonl or coverage/<source>/<started>.json.';
comment on column landing_file.n_rows is 'Lines of the file: posts as they were fetched, before newer versions replaced older ones; 1 for a coverage file.';
comment on column landing_file.loaded_at is 'When the refresh that loaded it was started.';

create table post (
    source varchar not null,
    source_id varchar not null,
    parent_id varchar,
    url varchar,
    community varchar,
    title varchar,
    text varchar not null,
    author_key varchar,
    posted_at timestamptz,
    fetched_at timestamptz not null,
    edited_at timestamptz,
    rating double,
    score bigint,
    n_replies bigint,
    lang varchar,
    about varchar,
    deleted_at timestamptz
);
comment on table post is 'One row per post, comment, review or complaint, as its source last showed it. Key: (source, source_id).';
comment on column post.source is 'Where it was published: the name of the spider or of the import.';
comment on column post.source_id is 'Its id within the source.';
comment on column post.parent_id is 'source_id of the post it answers, where it answers one.';
comment on column post.url is 'Where to read it.';
comment on column post.community is 'Subreddit, forum, app or product it stands in.';
comment on column post.title is 'Its title, where the source has one; text begins with it unless the body repeats it.';
comment on column post.text is 'Title and body, tidied and redacted. Offsets of quotes count its code points. Empty once deleted.';
comment on column post.author_key is 'Keyed hash of the author within the source; null where the source names nobody.';
comment on column post.posted_at is 'When it was published; null where the source does not say.';
comment on column post.fetched_at is 'When this version was fetched; the newest version wins.';
comment on column post.edited_at is 'When its author last changed it, where the source says.';
comment on column post.rating is 'Stars, 1 to 5, where it is a review.';
comment on column post.score is 'Votes or likes, where the source counts them.';
comment on column post.n_replies is 'Answers, where the source counts them.';
comment on column post.lang is 'Language as the source gives it; reading.lang is the one we found.';
comment on column post.about is 'The brand its page is about, as the source or the watchlist names it.';
comment on column post.deleted_at is 'When we learnt that the source deleted it; only its key, parent and times are kept from then on.';
