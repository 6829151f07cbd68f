-- 90 % interval of the opportunity: a Poisson bootstrap over people (Chamandy et al. 2012, "Estimating uncertainty for
-- massive data streams"; Hanley and MacGibbon 2006). In each of 200 replicates every person is drawn Poisson(1) times,
-- as often in every theme and at every brand, and the whole chain is worked out anew: shares, the market they are shrunk
-- toward, the largest of the brand, satisfaction. The interval goes from the 5th to the 95th percent of the replicates.
-- In a replicate where nobody raises a theme nothing is wrong with it: satisfaction is 10.
create or replace macro theme_interval_over(since_at, before_at) as table
with replicates as (
    select range as replicate, hash(range) as salt from range(200)
),
people as (
    select brand, theme_id, seed, is_detractor, intensity_millionths, is_hurt from theme_person_over(since_at, before_at)
),
detractors as (
    select brand, seed from detractor_over(since_at, before_at)
),
drawn as (
    select *, uniform_draw(seed, salt) as draw from people cross join replicates
),
weighed as (
    select *, poisson_weight(draw)::bigint as weight from drawn
),
cells as (
    select brand, theme_id, replicate,
        sum(weight * is_detractor::bigint)::bigint as n,
        sum(weight)::bigint as n_people,
        sum(weight * intensity_millionths)::bigint as intensity_millionths,
        sum(weight * is_hurt::bigint)::bigint as n_hurt
    from weighed group by brand, theme_id, replicate
),
drawn_detractors as (
    select brand, replicate, uniform_draw(seed, salt) as draw from detractors cross join replicates
),
sizes as (
    select brand, replicate, sum(poisson_weight(draw))::bigint as n_total from drawn_detractors group by brand, replicate
),
market_sizes as (
    select replicate, sum(n_total)::bigint as n_market from sizes group by replicate
),
markets as (
    select theme_id, replicate, coalesce(sum(n)::bigint / nullif(n_market, 0), 0) as market_share
    from cells join market_sizes using (replicate) group by theme_id, replicate, n_market
),
shares as (
    select brand, theme_id, replicate, n_people, intensity_millionths, n_hurt,
        shrunk_share(n, coalesce(n_total, 0), market_share) as share
    from cells join markets using (theme_id, replicate) left join sizes using (brand, replicate)
),
scores as (
    select brand, theme_id,
        importance_of(share, max(share) over (partition by brand, replicate)) as importance,
        if(n_people = 0, 10, satisfaction_of(intensity_millionths / n_people / 1000000, n_hurt / n_people))
            as satisfaction
    from shares
)
select brand, theme_id,
    quantile_cont(opportunity_of(importance, satisfaction), 0.05) as opportunity_low,
    quantile_cont(opportunity_of(importance, satisfaction), 0.95) as opportunity_high
from scores group by brand, theme_id;
comment on macro table theme_interval_over is 'One row per brand and theme raised in [since_at, before_at): 90 % interval of its opportunity, by a Poisson bootstrap over people.';
