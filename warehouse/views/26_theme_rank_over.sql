-- The ranking of every brand over any period [since_at, before_at). theme_rank is this over the watchlist's period, and
-- its comments say what each column means.
create or replace macro theme_rank_over(since_at, before_at) as table
with people as (
    select * from theme_person_over(since_at, before_at)
),
brands as (
    select brand, is_rival, n_mentions, n_detractors as n_brand_detractors from brand_over(since_at, before_at)
),
intervals as (
    select * from theme_interval_over(since_at, before_at)
),
trends as (
    select * from theme_trend_over(since_at, before_at)
),
gaps as (
    select * from theme_gap_over(since_at, before_at)
),
weights as (
    select importance as importance_weight, dissatisfaction as dissatisfaction_weight from ranking
),
breaks as (
    select brand, bool_and(is_covered) as is_covered
    from brand_week
    where week_on + 7 > (period_before(since_at, before_at) at time zone 'UTC')::date
      and week_on < (before_at at time zone 'UTC')::date
    group by brand
),
counts as (
    select brand, theme_id,
        count(*) as n_people,
        count(*) filter (is_detractor) as n_detractors,
        sum(n_posts)::bigint as n_posts,
        count(distinct source) as n_sources,
        sum(intensity_millionths)::bigint / count(*) / 1000000 as mean_intensity,
        count(*) filter (is_hurt) as n_hurt,
        count(*) filter (has_wish) as n_wishes,
        count(*) filter (has_question) as n_questions,
        count(*) filter (has_switch) as n_switches,
        count(*) filter (has_failed_recovery) as n_failed_recoveries,
        count(*) filter (has_win_back) as n_win_backs,
        sum((1000000 * reach)::bigint)::bigint / count(reach) / 1000000 as reach
    from people group by brand, theme_id
),
markets as (
    select theme_id,
        coalesce(sum(n_detractors)::bigint / nullif((select sum(n_brand_detractors)::bigint from brands), 0), 0)
            as market_share
    from counts group by theme_id
),
shares as (
    select *,
        coalesce(n_detractors / nullif(n_brand_detractors, 0), 0) as raw_share,
        shrunk_share(n_detractors, n_brand_detractors, market_share) as detractor_share
    from counts join brands using (brand) join markets using (theme_id)
),
parts as (
    select *,
        max(detractor_share) over (partition by brand) as largest_share,
        importance_of(detractor_share, max(detractor_share) over (partition by brand)) as importance,
        n_hurt / n_people as hurt_share,
        satisfaction_of(mean_intensity, n_hurt / n_people) as satisfaction
    from shares
),
scores as (
    select *,
        opportunity_of(importance, satisfaction) as opportunity,
        importance_weight * importance + dissatisfaction_weight * greatest(importance - satisfaction, 0) as score
    from parts cross join weights
)
select
    brand,
    is_rival,
    theme_id,
    row_number() over (partition by brand order by score desc, reach desc nulls last, theme_id) as rank,
    n_detractors,
    n_people,
    n_posts,
    n_detractors < 5 as is_hint,
    n_brand_detractors,
    raw_share,
    market_share,
    detractor_share,
    largest_share,
    importance,
    mean_intensity,
    n_hurt,
    hurt_share,
    satisfaction,
    opportunity,
    least(opportunity_low, opportunity) as opportunity_low,
    greatest(opportunity_high, opportunity) as opportunity_high,
    score,
    n_detractors_before,
    n_mentions_before,
    momentum,
    momentum_low,
    momentum_high,
    rise,
    rise_low,
    rise_high,
    is_new,
    is_rising,
    coalesce(is_covered, false) as is_covered,
    reach,
    n_wishes,
    n_questions,
    n_switches,
    n_failed_recoveries,
    n_win_backs,
    n_mentions,
    rate_per_1000(n_detractors, n_mentions) as rate,
    rate_low(n_detractors, n_mentions) as rate_low,
    rate_high(n_detractors, n_mentions) as rate_high,
    gap,
    n_sources,
    first_seen_at
from scores
join intervals using (brand, theme_id)
join trends using (brand, theme_id)
left join gaps using (theme_id)
left join breaks using (brand);
comment on macro table theme_rank_over is 'theme_rank over any period [since_at, before_at), with the same columns.';
