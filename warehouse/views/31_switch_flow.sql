-- Who loses whom to whom, over the watchlist's period.
create or replace table switch_flow as
with days as (
    select from_at, until_at from period
),
switches as (
    select brand, switch_to, person, source, source_id
    from voice, days
    where kind = 'switch' and said_at >= from_at and said_at < until_at
),
watched as (
    select brand as switch_to, is_rival as is_to_rival from brand
)
select brand, switch_to,
    any_value(is_to_rival) as is_to_rival,
    count(distinct person) as n_people,
    count(distinct (source, source_id)) as n_posts
from switches left join watched using (switch_to)
group by brand, switch_to
order by brand, n_people desc, switch_to nulls last;

comment on table switch_flow is 'One row per brand left and brand gained in the watchlist''s period. Key: (brand, switch_to), null counting as a value.';
comment on column switch_flow.brand is 'The brand left, or threatened to be.';
comment on column switch_flow.switch_to is 'The brand gained; null where none is named.';
comment on column switch_flow.is_to_rival is 'Whether that is a watched rival; null where it is not watched.';
comment on column switch_flow.n_people is 'People who left or threaten to.';
comment on column switch_flow.n_posts is 'Posts that say so.';
