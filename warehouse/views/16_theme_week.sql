-- Themes week by week, every week in place.
create or replace table theme_week as
with brand_weeks as (
    select brand, week_on, n_mentions, n_detractors as n_brand_detractors, is_covered, is_whole from brand_week
),
voices as (
    select brand, theme_id, week_on, person, source, source_id, is_detracting from voice where is_dated
),
detractors as (
    select distinct brand, week_on, person, true as is_detractor from voices where is_detracting
),
pairs as (
    select distinct brand, theme_id from voices where theme_id is not null
),
counts as (
    select brand, theme_id, week_on,
        count(distinct (source, source_id)) as n_posts,
        count(distinct person) as n_people,
        count(distinct person) filter (is_detractor) as n_detractors
    from voices left join detractors using (brand, week_on, person)
    where theme_id is not null
    group by brand, theme_id, week_on
)
select brand, theme_id, week_on,
    coalesce(n_posts, 0) as n_posts,
    coalesce(n_people, 0) as n_people,
    coalesce(n_detractors, 0) as n_detractors,
    n_brand_detractors,
    coalesce(n_detractors, 0) / nullif(n_brand_detractors, 0) as raw_share,
    n_mentions,
    is_covered,
    is_whole
from pairs join brand_weeks using (brand)
left join counts using (brand, theme_id, week_on)
order by brand, theme_id, week_on;

comment on table theme_week is 'One row per brand, theme raised against it, and week from the first dated post to the newest. Key: (brand, theme_id, week_on).';
comment on column theme_week.brand is 'The brand.';
comment on column theme_week.theme_id is 'The theme.';
comment on column theme_week.week_on is 'Monday (UTC) the week begins with.';
comment on column theme_week.n_posts is 'Posts of the week that raise the theme against the brand.';
comment on column theme_week.n_people is 'People who do.';
comment on column theme_week.n_detractors is 'Of those, detractors of the brand in the week.';
comment on column theme_week.n_brand_detractors is 'All detractors of the brand in the week.';
comment on column theme_week.raw_share is 'n_detractors / n_brand_detractors, not shrunk; null in a week without detractors.';
comment on column theme_week.n_mentions is 'People who mention the brand in the week.';
comment on column theme_week.is_covered is 'Whether we hold the week from every source that matters to the brand, as in brand_week. A trend must not be drawn across a week without.';
comment on column theme_week.is_whole is 'Whether all seven days lie within our data.';
