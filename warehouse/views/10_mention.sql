-- Which post concerns which brand: by its page, by its words, or else as the post it answers does.
create or replace table mention as
with recursive
watched as (
    select brand, is_rival from brand
),
posts as (
    select source, source_id, parent_id, deleted_at is null as is_live from post
),
links as (
    select source, source_id, brands from link
),
own as (
    select source, source_id, found.brand, found.how, place
    from (
        select source, source_id, unnest(brands) as found, generate_subscripts(brands, 1) as place from links
    )
    semi join watched on watched.brand = found.brand
),
silent as (
    select source, source_id, parent_id
    from posts anti join own using (source, source_id)
    where parent_id is not null
),
-- Starts at posts that name a brand and goes down, so a circle of answers is never entered.
heard as (
    select source, source_id, brand, how, place from own
    union all
    select silent.source, silent.source_id, heard.brand, 'thread', heard.place
    from heard join silent on silent.source = heard.source and silent.parent_id = heard.source_id
)
select source, source_id, brand, is_rival, how, place::integer as place
from heard
join watched using (brand)
semi join (select source, source_id from posts where is_live) using (source, source_id)
order by source, source_id, place;

comment on table mention is 'One row per post and watched brand it concerns. Key: (source, source_id, brand).';
comment on column mention.source is 'Source of the post.';
comment on column mention.source_id is 'Id of the post within the source.';
comment on column mention.brand is 'The brand it concerns.';
comment on column mention.is_rival is 'Whether that is a rival.';
comment on column mention.how is 'about: its page is about the brand; alias: its text names it; thread: it names none and answers a post that concerns the brand.';
comment on column mention.place is '1 for the likeliest brand of the post.';
