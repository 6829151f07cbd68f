-- Which weeks of which source we hold. A crawl fetches what is new since the last one, and the first reaches back as far
-- as the source lets it. So a source covers the weeks from its first post on, except where more than two weeks passed
-- without a crawl that succeeded: sources show a limited number of posts, and what scrolled away meanwhile is lost.
-- A source whose first post comes within four weeks of the first of all is taken to be quiet, not missing; so is one
-- without crawls (an import) whose last post comes within four weeks of the newest of all.
create or replace table source_week as
with dated as (
    select source, week_on, said_at from post_person where is_dated
),
runs as (
    select source, date_trunc('week', started_at at time zone 'UTC')::date as week_on, is_ok from coverage
),
span as (
    select min(week_on) as first_on, max(week_on) as last_on from dated
),
weeks as (
    select unnest(generate_series(first_on, last_on, interval 7 days))::date as week_on from span
),
crawled as (
    select source, true as is_crawled,
        min(week_on) filter (is_ok) as first_run_on, max(week_on) filter (is_ok) as last_run_on
    from runs group by source
),
seen as (
    select source, min(dated.week_on) as first_post_on, max(dated.week_on) as last_post_on from dated group by source
),
reaches as (
    select source,
        if(first_post_on <= span.first_on + 28, span.first_on, first_post_on) as from_on,
        case
            when is_crawled then last_run_on
            when last_post_on >= span.last_on - 28 then span.last_on
            else last_post_on
        end as to_on,
        first_run_on
    from seen left join crawled using (source) cross join span
),
counts as (
    select source, week_on, count(*) as n_posts from dated group by source, week_on
),
-- The crawl that covers a week is in the week itself or in one of the next two.
caught as (
    select distinct source, week_on - later * 7 as week_on
    from runs, (values (0), (1), (2)) as weeks_later(later)
    where is_ok
)
select source, week_on,
    coalesce(n_posts, 0) as n_posts,
    coalesce(week_on between from_on and to_on, false)
        and (first_run_on is null or week_on < first_run_on or caught.source is not null) as is_covered
from reaches cross join weeks
left join counts using (source, week_on)
left join caught using (source, week_on)
order by source, week_on;

comment on table source_week is 'One row per source and week, from the first dated post to the newest. Key: (source, week_on).';
comment on column source_week.source is 'The source.';
comment on column source_week.week_on is 'Monday (UTC) the week begins with.';
comment on column source_week.n_posts is 'Posts of the source published in the week.';
comment on column source_week.is_covered is 'Whether we hold what the source published in the week: no before its first posts, after its last good crawl, or in a gap of more than two weeks between good crawls.';
