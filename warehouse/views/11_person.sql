-- Whom each post counts for: its author, or the author of what it copies.
create or replace view person as
with posts as (
    select source, source_id, author_key from post where deleted_at is null
),
originals as (
    select source, source_id, of_source, of_source_id from copy
)
select posts.source, posts.source_id,
    coalesce(said.author_key, said.source || ':' || said.source_id) as person
from posts
left join originals using (source, source_id)
join posts as said
    on said.source = coalesce(of_source, posts.source) and said.source_id = coalesce(of_source_id, posts.source_id);

comment on view person is 'One row per post that is not deleted: the person it counts for. Key: (source, source_id).';
comment on column person.source is 'Source of the post.';
comment on column person.source_id is 'Id of the post within the source.';
comment on column person.person is 'author_key of its author, or of the author of the original where it is a copy: copies are one voice. The key of the post itself where the author is unknown.';
