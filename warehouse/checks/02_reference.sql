-- Whatever is referred to is there, and nothing is left of a deleted post.
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
select 'reading of no live post', source || ' ' || source_id
from reading anti join (from post where deleted_at is null) using (source, source_id)
