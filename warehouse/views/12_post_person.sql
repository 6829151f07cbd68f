-- Who said what when: the narrow side of a post, without its text.
create or replace table post_person as
with posts as (
    select source, source_id, posted_at, fetched_at,
        coalesce(score, n_replies) is not null as has_votes,
        coalesce(score, 0) + coalesce(n_replies, 0) as n_votes
    from post
    where deleted_at is null
),
as_of as (
    select as_of_at from period
),
people as (
    select source, source_id, posted_at, fetched_at, has_votes, person,
        percent_rank() over (partition by source, has_votes order by n_votes) as vote_rank
    from posts join person using (source, source_id)
),
-- From the posts' ids and not from the author's key, so that the key of this data folder decides nothing.
seeds as (
    select person, md5_number_lower(min(source || ':' || source_id)) as seed from people group by person
)
select source, source_id, person, seed,
    coalesce(posted_at, least(fetched_at, as_of_at)) as said_at,
    posted_at is not null as is_dated,
    date_trunc('week', posted_at at time zone 'UTC')::date as week_on,
    case when has_votes then least(100 * vote_rank, 95) end as reach
from people join seeds using (person) cross join as_of
order by said_at, source, source_id;

comment on table post_person is 'One row per post that is not deleted: who said it when. Key: (source, source_id).';
comment on column post_person.source is 'Source of the post.';
comment on column post_person.source_id is 'Id of the post within the source.';
comment on column post_person.person is 'The person, as in view person: author_key, or the post''s own key where the author is unknown; of a copy, the person of its original. Numbers of people count these; numbers of posts count copies too.';
comment on column post_person.seed is 'Number that draws the person in the bootstrap; made of the id of one of their posts.';
comment on column post_person.said_at is 'When it was published; where the source does not say, when it was fetched, at the latest period.as_of_at.';
comment on column post_person.is_dated is 'Whether its source says when. Trends leave the others out.';
comment on column post_person.week_on is 'Monday (UTC) of the week it was published in; null where the source does not say.';
comment on column post_person.reach is 'Votes and replies as a percentile among the posts of its source, 0 to 95: capped, so that nothing viral drives a number. Null where the source counts neither.';
