-- Where a theme is hated: only at the own brand (fix), only at rivals (steal), or everywhere (category).
-- The yardstick of a theme is half the mean of its rate at the own brand and its rate at all rivals together. It is hated
-- where the 90 % interval of the rate (Gamma with Jeffreys' prior, 00_statistics.sql) lies above the yardstick, and
-- spared where it lies below: with ever more data, two rates within a factor of three of each other are alike.
--   fix       hated at us, spared at the rivals together
--   steal     spared at us, hated at the rivals together
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
    select *, (rate_per_1000(n_us, mentions_us) + rate_per_1000(n_rivals, mentions_rivals)) / 4 as yardstick from sides
),
exceptions as (
    select theme_id, bool_or(is_rival and rate_high(n, rates.n_mentions) < yardstick) as is_spared_by_a_rival
    from rates join yardsticks using (theme_id) group by theme_id
)
select theme_id,
    case
        when rate_low(n_us, mentions_us) > yardstick and rate_high(n_rivals, mentions_rivals) < yardstick then 'fix'
        when rate_high(n_us, mentions_us) < yardstick and rate_low(n_rivals, mentions_rivals) > yardstick then 'steal'
        when rate_low(n_us, mentions_us) > yardstick and rate_low(n_rivals, mentions_rivals) > yardstick
            and not is_spared_by_a_rival then 'category'
    end as gap
from yardsticks join exceptions using (theme_id);
comment on macro table theme_gap_over is 'One row per theme raised in [since_at, before_at): fix, steal, category, or null where the intervals of its rates do not decide.';
