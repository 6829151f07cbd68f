-- Brands week by week, with every week in place: a week without a row would read as one without a change.
create or replace table brand_week as
with watched as (
    select brand, is_rival from brand
),
mentions as (
    select brand, source, person, week_on from mention join post_person using (source, source_id) where is_dated
),
source_weeks as (
    select source, week_on, is_covered from source_week
),
weeks as (
    select distinct week_on from source_weeks
),
ends as (
    select min(said_at) filter (is_dated) as first_at, max(said_at) filter (is_dated) as last_at from post_person
),
-- A source matters to a brand if it brings at least 5 % of its posts: without a smaller one no curve bends.
sources as (
    select brand, source
    from (select brand, source, count(*) as n_posts from mentions group by brand, source)
    qualify n_posts >= 0.05 * sum(n_posts) over (partition by brand)
),
coverages as (
    select brand, week_on, count(*) as n_sources, count(*) filter (is_covered) as n_covered_sources
    from sources join source_weeks using (source)
    group by brand, week_on
),
counts as (
    select brand, week_on, count(*) as n_posts, count(distinct person) as n_mentions
    from mentions
    group by brand, week_on
),
detractors as (
    select brand, week_on, count(distinct person) as n_detractors
    from voice
    where is_dated and is_detracting
    group by brand, week_on
)
select brand, is_rival, week_on,
    coalesce(n_posts, 0) as n_posts,
    coalesce(n_mentions, 0) as n_mentions,
    coalesce(n_detractors, 0) as n_detractors,
    n_detractors / n_mentions as detracting_share,
    coalesce(n_sources, 0) as n_sources,
    coalesce(n_covered_sources, 0) as n_covered_sources,
    coalesce(n_covered_sources = n_sources, false) as is_covered,
    week_on >= (first_at at time zone 'UTC')::date and week_on + 6 <= (last_at at time zone 'UTC')::date as is_whole
from watched cross join weeks cross join ends
left join counts using (brand, week_on)
left join detractors using (brand, week_on)
left join coverages using (brand, week_on)
order by brand, week_on;

comment on table brand_week is 'One row per watched brand and week, from the first dated post to the newest. Key: (brand, week_on).';
comment on column brand_week.brand is 'The brand.';
comment on column brand_week.is_rival is 'Whether it is a rival.';
comment on column brand_week.week_on is 'Monday (UTC) the week begins with.';
comment on column brand_week.n_posts is 'Posts of the week that concern it.';
comment on column brand_week.n_mentions is 'People who mention it in the week.';
comment on column brand_week.n_detractors is 'People with a complaint, a failed recovery or a switch against it in the week.';
comment on column brand_week.detracting_share is 'n_detractors / n_mentions; null in a week without mentions.';
comment on column brand_week.n_sources is 'Sources that matter to the brand: each brings at least 5 % of its posts.';
comment on column brand_week.n_covered_sources is 'Of those, sources whose posts of this week we hold.';
comment on column brand_week.is_covered is 'Whether we hold the week from every source that matters to the brand. A trend must not be drawn across a week without.';
comment on column brand_week.is_whole is 'Whether all seven days lie within our data; the first and the last week often do not.';
