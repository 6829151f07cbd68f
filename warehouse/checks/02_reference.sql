-- Whatever is referred to is there, and nothing is left of a deleted post and no word of an expired one.
select 'grievance of no reading' as what, grievance_id as id
from grievance anti join reading using (source, source_id)
union all
select 'grievance of no mention', grievance_id from grievance anti join mention using (source, source_id, brand)
union all
select 'grievance of no theme', grievance_id from grievance anti join theme using (theme_id) where theme_id is not null
union all
select 'trace of a deleted post', source || ' ' || source_id
from post
where deleted_at is not null and (text <> '' or title is not null or author_key is not null or url is not null)
union all
select 'words of an expired post', source || ' ' || source_id
from post
where expired_at is not null and (text <> '' or title is not null or url is not null)
union all
select 'words of an expired post', grievance_id
from grievance join post using (source, source_id)
where expired_at is not null
  and (quote <> '' or aspect is not null or problem is not null or expected is not null)
union all
select what || ' of no live post', source || ' ' || source_id
from (
    select 'reading' as what, source, source_id from reading
    union all select 'signature', source, source_id from signature
    union all select 'copy', source, source_id from copy
    union all select 'original', of_source, of_source_id from copy
) anti join (from post where deleted_at is null) using (source, source_id)
union all
select 'original that is a copy', c.of_source || ' ' || c.of_source_id
from copy as c join copy as o on o.source = c.of_source and o.source_id = c.of_source_id
union all
select 'copy with a signature', source || ' ' || source_id from copy join signature using (source, source_id)
