-- Grievances with the person behind them: the base of everything that is counted.
create or replace view voice as
with grievances as (
    select grievance_id, source, source_id, brand, kind, theme_id, stage, touchpoint, switch_to, intensity from grievance
),
people as (
    select source, source_id, person, seed, said_at, is_dated, week_on, reach from post_person
)
select grievance_id, source, source_id, brand, kind, theme_id, stage, touchpoint, switch_to,
    intensity::decimal(7, 6) as intensity,
    kind in ('complaint', 'failed_recovery', 'switch') as is_detracting,
    person, seed, said_at, is_dated, week_on, reach
from grievances join people using (source, source_id);

comment on view voice is 'One row per grievance, with who said it when. Key: grievance_id.';
comment on column voice.grievance_id is 'Id of the grievance.';
comment on column voice.source is 'Source of the post.';
comment on column voice.source_id is 'Id of the post within the source.';
comment on column voice.brand is 'The brand it is held against.';
comment on column voice.kind is 'Kind of grievance.';
comment on column voice.theme_id is 'Its theme, if it has one.';
comment on column voice.stage is 'Stage of the journey, if said.';
comment on column voice.touchpoint is 'Touchpoint, if said.';
comment on column voice.switch_to is 'Brand gained, if it is a switch and one is named.';
comment on column voice.intensity is 'How strongly it is felt, 0 to 1; a decimal, so that sums do not depend on their order.';
comment on column voice.is_detracting is 'Whether it makes the person a detractor of the brand: a complaint, a failed recovery or a switch.';
comment on column voice.person is 'Who said it.';
comment on column voice.seed is 'Number that draws the person in the bootstrap.';
comment on column voice.said_at is 'When it was said, as in post_person.';
comment on column voice.is_dated is 'Whether its source says when.';
comment on column voice.week_on is 'Monday (UTC) of the week it was said in; null if not dated.';
comment on column voice.reach is 'Reach of its post, 0 to 95.';
