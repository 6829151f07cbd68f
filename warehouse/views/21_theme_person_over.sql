-- Who raises which theme against which brand in [since_at, before_at): one row per person, so that one loud account
-- weighs once in everything counted from here.
create or replace macro detractor_over(since_at, before_at) as table
select brand, person, any_value(seed) as seed
from voice
where said_at >= since_at and said_at < before_at and is_detracting
group by brand, person;
comment on macro table detractor_over is 'Detractors of each brand in [since_at, before_at): people with a complaint, a failed recovery or a switch against it.';

create or replace macro theme_person_over(since_at, before_at) as table
with heard as (
    select * from voice where said_at >= since_at and said_at < before_at
),
detractors as (
    select brand, person, true as is_detractor from detractor_over(since_at, before_at)
),
-- What else the same post holds against the same brand.
signals as (
    select brand, source, source_id,
        bool_or(kind = 'wish') as has_wish,
        bool_or(kind = 'question') as has_question,
        bool_or(kind = 'switch') as has_switch,
        bool_or(kind = 'failed_recovery') as has_failed_recovery,
        bool_or(kind = 'win_back') as has_win_back
    from heard
    group by brand, source, source_id
)
select brand, theme_id, person,
    any_value(seed) as seed,
    coalesce(bool_or(is_detractor), false) as is_detractor,
    bool_or(is_dated) as is_dated,
    -- In millionths, so that sums are exact and do not depend on their order.
    round(1000000 * sum(intensity) / count(*))::bigint as intensity_millionths,
    bool_or(has_wish) as has_wish,
    bool_or(has_question) as has_question,
    bool_or(has_switch) as has_switch,
    bool_or(has_failed_recovery) as has_failed_recovery,
    bool_or(has_win_back) as has_win_back,
    bool_or(has_switch or has_failed_recovery) as is_hurt,
    count(distinct (source, source_id)) as n_posts,
    min(source) as source,
    max(reach) as reach
from heard
join signals using (brand, source, source_id)
left join detractors using (brand, person)
where theme_id is not null
group by brand, theme_id, person;
comment on macro table theme_person_over is 'One row per brand, theme and person who raises it in [since_at, before_at), with what they feel and what else their posts hold against the brand.';
