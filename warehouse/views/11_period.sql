-- The period the ranking looks at. It ends with the day of the newest post, not today: the same posts, the same answer.
create or replace table period as
with weights as (
    select period_days from ranking
),
newest as (
    select coalesce(max(posted_at), max(fetched_at)) as as_of_at from post where deleted_at is null
),
days as (
    select as_of_at, (as_of_at at time zone 'UTC')::date + 1 as until_on, period_days from newest, weights
)
select
    as_of_at,
    (until_on - period_days)::timestamp at time zone 'UTC' as from_at,
    until_on::timestamp at time zone 'UTC' as until_at
from days;

comment on table period is 'One row: the period of theme_rank and of all other tables over the watchlist''s period.';
comment on column period.as_of_at is 'When the newest post was published; the warehouse knows no later time. Null without posts.';
comment on column period.from_at is 'Begin of the period: its first moment.';
comment on column period.until_at is 'End of the period: the first moment after it, midnight UTC after as_of_at.';
