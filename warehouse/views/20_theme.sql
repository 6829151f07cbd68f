-- Themes with their counts over all time and brands.
create or replace table theme as
with definitions as (
    select theme_id, parent_id, label, keywords, cohesion from theme_definition
),
voices as (
    select theme_id, brand, person, source, source_id, said_at, is_detracting from voice
),
detractors as (
    select distinct brand, person, true as is_detractor from voices where is_detracting
),
counts as (
    select theme_id,
        min(said_at) as first_seen_at,
        max(said_at) as last_seen_at,
        count(distinct (source, source_id)) as n_posts,
        count(distinct person) as n_people,
        count(distinct person) filter (is_detractor) as n_detractors
    from voices left join detractors using (brand, person)
    where theme_id is not null
    group by theme_id
)
select theme_id, parent_id, label, keywords, first_seen_at, last_seen_at,
    coalesce(n_posts, 0) as n_posts,
    coalesce(n_people, 0) as n_people,
    coalesce(n_detractors, 0) as n_detractors,
    cohesion
from definitions left join counts using (theme_id)
order by theme_id;

comment on table theme is 'One row per theme: a grievance that recurs, counted over all time and brands. Key: theme_id.';
comment on column theme.theme_id is 'Its id, which never changes meaning.';
comment on column theme.parent_id is 'The broader theme it is part of, if any.';
comment on column theme.label is 'What a person would call it.';
comment on column theme.keywords is 'Words that set it apart, the most telling first.';
comment on column theme.first_seen_at is 'When it was first raised; null once nobody who raised it is left.';
comment on column theme.last_seen_at is 'When it was last raised.';
comment on column theme.n_posts is 'Posts that raise it.';
comment on column theme.n_people is 'People who raise it.';
comment on column theme.n_detractors is 'Of those, detractors of the brand they raise it against.';
comment on column theme.cohesion is 'How alike its founding members are: mean cosine to their centre, 0 to 1.';
