-- Where a theme is hated: only at the own brand (fix), only at rivals (steal), or everywhere (category).
-- Two rates differ where one is at least twice the other and the 90 % intervals (Gamma with Jeffreys' prior,
-- 00_statistics.sql) lie on either side of their mean, the midpoint. A theme is hated where the interval lies above half
-- that midpoint.
--   fix       hated at us, and the rivals together are hated less for it
--   steal     hated at the rivals together, and we are hated less for it
--   category  hated at us and at the rivals together, and spared at no single rival
-- Anything else is null: the numbers do not decide.
create or replace macro theme_gap_over(since_at, before_at) as table
with people as (
    select brand, theme_id, count(*) filter (is_detractor) as n
    from theme_person_over(since_at, before_at) group by brand, theme_id
),
brands as (
    select brand, is_rival, n_mentions from brand_over(since_at, before_at)
),
rates as (
    select theme_id, brand, is_rival, coalesce(n, 0) as n, n_mentions
    from (select distinct theme_id from people) cross join brands left join people using (theme_id, brand)
),
sides as (
    select theme_id,
        sum(n) filter (not is_rival) as n_us, sum(n_mentions) filter (not is_rival) as mentions_us,
        sum(n) filter (is_rival) as n_rivals, sum(n_mentions) filter (is_rival) as mentions_rivals
    from rates group by theme_id
),
yardsticks as (
    select *,
        rate_per_1000(n_us, mentions_us) as rate_us,
        rate_per_1000(n_rivals, mentions_rivals) as rate_rivals,
        (rate_us + rate_rivals) / 2 as midpoint,
        midpoint / 2 as yardstick
    from sides
),
exceptions as (
    select theme_id, bool_or(is_rival and rate_high(n, rates.n_mentions) < yardstick) as is_spared_by_a_rival
    from rates join yardsticks using (theme_id) group by theme_id
)
select theme_id,
    case
        when rate_us >= 2 * rate_rivals
            and rate_low(n_us, mentions_us) > midpoint and rate_high(n_rivals, mentions_rivals) < midpoint then 'fix'
        when rate_rivals >= 2 * rate_us
            and rate_high(n_us, mentions_us) < midpoint and rate_low(n_rivals, mentions_rivals) > midpoint then 'steal'
        when rate_low(n_us, mentions_us) > yardstick and rate_low(n_rivals, mentions_rivals) > yardstick
            and not is_spared_by_a_rival then 'category'
    end as gap
from yardsticks join exceptions using (theme_id);
comment on macro table theme_gap_over is 'One row per theme raised in [since_at, before_at): fix, steal, category, or null where the intervals of its rates do not decide.';
