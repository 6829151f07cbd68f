-- Where in the journey a brand hurts, over the watchlist's period.
create or replace table journey_cell as
with days as (
    select from_at, until_at, period_middle(from_at, until_at) as middle_at from period
),
voices as (
    select brand, stage, touchpoint, person, source, source_id, intensity, kind, is_dated, said_at >= middle_at as is_late
    from voice, days
    where is_detracting and said_at >= from_at and said_at < until_at
),
brands as (
    select brand, n_detractors as n_brand_detractors from brand_period
),
exposures as (
    select brand,
        count(distinct person) filter (said_at < middle_at) as mentions_early,
        count(distinct person) filter (said_at >= middle_at) as mentions_late
    from mention join post_person using (source, source_id), days
    where is_dated and said_at >= from_at and said_at < until_at
    group by brand
),
people as (
    select brand, stage, touchpoint, person,
        count(distinct (source, source_id)) as n_posts,
        count(*) as n_grievances,
        round(1000000 * sum(intensity) / count(*))::bigint as intensity_millionths,
        bool_or(kind <> 'complaint') as is_hurt,
        bool_or(is_dated and is_late) as is_late,
        bool_or(is_dated and not is_late) as is_early
    from voices group by brand, stage, touchpoint, person
),
cells as (
    select brand, stage, touchpoint,
        count(*) as n_detractors,
        sum(n_posts)::bigint as n_posts,
        sum(n_grievances)::bigint as n_grievances,
        count(*) filter (is_hurt) as n_hurt,
        sum(intensity_millionths)::bigint / count(*) / 1000000 as mean_intensity,
        count(*) filter (is_early) as n_early,
        count(*) filter (is_late) as n_late
    from people group by brand, stage, touchpoint
)
select brand, stage, touchpoint, n_detractors, n_posts, n_grievances,
    n_brand_detractors,
    n_detractors / n_brand_detractors as raw_share,
    n_hurt,
    mean_intensity,
    shrunk_ratio(n_late, mentions_late, n_early, mentions_early) as rise,
    shrunk_ratio(n_late, mentions_late, n_early, mentions_early) / shrunk_ratio_spread(n_late, n_early) as rise_low,
    shrunk_ratio(n_late, mentions_late, n_early, mentions_early) * shrunk_ratio_spread(n_late, n_early) as rise_high,
    n_detractors < 5 as is_hint
from cells join brands using (brand) left join exposures using (brand)
order by brand, stage nulls last, touchpoint nulls last;

comment on table journey_cell is 'One row per brand, stage and touchpoint complained about in the watchlist''s period; complaints, failed recoveries and switches only. Key: (brand, stage, touchpoint), nulls counting as values.';
comment on column journey_cell.brand is 'The brand.';
comment on column journey_cell.stage is 'Stage of the journey; null where the text does not say.';
comment on column journey_cell.touchpoint is 'Touchpoint; null where the text does not say.';
comment on column journey_cell.n_detractors is 'People with a complaint, a failed recovery or a switch there.';
comment on column journey_cell.n_posts is 'Posts with one.';
comment on column journey_cell.n_grievances is 'Such grievances.';
comment on column journey_cell.n_brand_detractors is 'All detractors of the brand.';
comment on column journey_cell.raw_share is 'n_detractors / n_brand_detractors; people count in every cell they complain about.';
comment on column journey_cell.n_hurt is 'Of n_detractors, those with a failed recovery or a switch there.';
comment on column journey_cell.mean_intensity is 'Mean over people of each one''s mean intensity (0 to 1).';
comment on column journey_cell.rise is 'Trend: rate per mention in the later half of the period against the earlier half, shrunk toward 1 as in theme_rank. Null where a half has no dated mentions.';
comment on column journey_cell.rise_low is 'Lower end of its 90 % interval.';
comment on column journey_cell.rise_high is 'Upper end of its 90 % interval.';
comment on column journey_cell.is_hint is 'Fewer than 5 people: a hint, no finding.';
