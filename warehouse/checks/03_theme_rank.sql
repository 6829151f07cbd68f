-- The ranking holds what its comments promise.
select brand, theme_id
from theme_rank
where n_detractors > n_people or n_people > n_posts or n_detractors > n_brand_detractors
   or n_brand_detractors > n_mentions
   or importance not between 0 and 10 or satisfaction not between 0 and 10
   or opportunity not between opportunity_low and opportunity_high
   or opportunity <> importance + greatest(importance - satisfaction, 0)
