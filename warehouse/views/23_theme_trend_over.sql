-- How themes move: the period [since_at, before_at) against the one before, and its later half against its earlier one.
-- Only what was said at a known time is counted.
create or replace macro theme_trend_over(since_at, before_at) as table
with windows as (
    select * from (values
        ('now', since_at, before_at),
        ('past', period_before(since_at, before_at), since_at),
        ('early', since_at, period_middle(since_at, before_at)),
        ('late', period_middle(since_at, before_at), before_at)
    ) as w(span, first_at, end_at)
),
heard as (
    select span, brand, theme_id, person, is_detracting
    from voice join windows on said_at >= first_at and said_at < end_at
    where is_dated
),
detractors as (
    select distinct span, brand, person from heard where is_detracting
),
raised as (
    select distinct span, brand, theme_id, person from heard where theme_id is not null
),
counts as (
    select brand, theme_id,
        count(*) filter (span = 'now') as n_now,
        count(*) filter (span = 'past') as n_past,
        count(*) filter (span = 'early') as n_early,
        count(*) filter (span = 'late') as n_late
    from raised semi join detractors using (span, brand, person)
    group by brand, theme_id
),
mentions as (
    select brand, person, said_at from mention join post_person using (source, source_id) where is_dated
),
exposures as (
    select brand,
        count(distinct person) filter (span = 'now') as mentions_now,
        count(distinct person) filter (span = 'past') as mentions_past,
        count(distinct person) filter (span = 'early') as mentions_early,
        count(distinct person) filter (span = 'late') as mentions_late
    from mentions join windows on said_at >= first_at and said_at < end_at
    group by brand
),
-- Share of all the brand's mentions so far that fall in the later half: what a theme of no particular age would have.
recent as (
    select brand,
        count(distinct person) filter (said_at >= period_middle(since_at, before_at))
            / count(distinct person) as recent_share
    from mentions
    where said_at < before_at
    group by brand
),
ages as (
    select brand, theme_id, min(said_at) as first_seen_at, max(said_at) as last_seen_at
    from voice
    where theme_id is not null and said_at < before_at
    group by brand, theme_id
),
ratios as (
    select brand, theme_id, first_seen_at, recent_share,
        coalesce(n_now, 0) as n, coalesce(n_past, 0) as n_past, coalesce(mentions_past, 0) as mentions_past,
        shrunk_ratio(n_now, mentions_now, n_past, mentions_past) as momentum,
        shrunk_ratio_spread(n_now, n_past) as momentum_spread,
        shrunk_ratio(n_late, mentions_late, n_early, mentions_early) as rise,
        shrunk_ratio_spread(n_late, n_early) as rise_spread
    from ages
    left join counts using (brand, theme_id)
    left join exposures using (brand)
    left join recent using (brand)
    where last_seen_at >= since_at
)
select brand, theme_id,
    n_past as n_detractors_before,
    mentions_past as n_mentions_before,
    momentum,
    momentum / momentum_spread as momentum_low,
    momentum * momentum_spread as momentum_high,
    rise,
    rise / rise_spread as rise_low,
    rise * rise_spread as rise_high,
    first_seen_at,
    -- By chance alone n people would all fall in the later half with probability recent_share ^ n.
    coalesce(first_seen_at >= period_middle(since_at, before_at) and n >= 5 and pow(recent_share, n) <= 0.05, false)
        as is_new,
    coalesce(n >= 5 and rise / rise_spread > 1, false) as is_rising
from ratios;
comment on macro table theme_trend_over is 'One row per brand and theme raised in [since_at, before_at): momentum against the period before, rise of the later half over the earlier one, age.';
