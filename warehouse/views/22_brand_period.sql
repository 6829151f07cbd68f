-- What is said of each brand in [since_at, before_at). A mention counts once per person, or one loud account would water
-- down every rate of its brand.
create or replace macro brand_over(since_at, before_at) as table
with watched as (
    select brand, is_rival, place from brand
),
mentions as (
    select brand, person, is_dated
    from mention join post_person using (source, source_id)
    where said_at >= since_at and said_at < before_at
),
counts as (
    select brand,
        count(*) as n_posts,
        count(distinct person) as n_mentions,
        count(distinct person) filter (is_dated) as n_dated_mentions
    from mentions
    group by brand
),
detractors as (
    select brand, count(*) as n_detractors from detractor_over(since_at, before_at) group by brand
)
select brand, is_rival, place,
    coalesce(n_posts, 0) as n_posts,
    coalesce(n_mentions, 0) as n_mentions,
    coalesce(n_dated_mentions, 0) as n_dated_mentions,
    coalesce(n_detractors, 0) as n_detractors
from watched left join counts using (brand) left join detractors using (brand);
comment on macro table brand_over is 'One row per watched brand: its posts, mentions and detractors in [since_at, before_at).';

create or replace table brand_period as
select brand, is_rival, place, n_posts, n_mentions, n_dated_mentions, n_detractors
from brand_over((select from_at from period), (select until_at from period))
order by place;

comment on table brand_period is 'One row per watched brand, over the watchlist''s period. Key: brand.';
comment on column brand_period.brand is 'The brand.';
comment on column brand_period.is_rival is 'Whether it is a rival.';
comment on column brand_period.place is 'Its place in the watchlist, the own brand first.';
comment on column brand_period.n_posts is 'Posts that concern it.';
comment on column brand_period.n_mentions is 'People who mention it: a mention counts once per person.';
comment on column brand_period.n_dated_mentions is 'Of those, people with a post whose source says when it was published.';
comment on column brand_period.n_detractors is 'People with a complaint, a failed recovery or a switch against it.';
