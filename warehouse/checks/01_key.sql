-- Keys are unique.
select 'post' as what, source, source_id from post group by all having count(*) > 1
union all select 'link', source, source_id from link group by all having count(*) > 1
union all select 'signature', source, source_id from signature group by all having count(*) > 1
union all select 'copy', source, source_id from copy group by all having count(*) > 1
union all select 'person', source, source_id from person group by all having count(*) > 1
union all select 'reading', source, source_id from reading group by all having count(*) > 1
union all select 'mention', source, source_id || ' ' || brand from mention group by all having count(*) > 1
union all select 'grievance', grievance_id, null from grievance group by all having count(*) > 1
union all select 'theme_rank', brand, theme_id from theme_rank group by all having count(*) > 1
