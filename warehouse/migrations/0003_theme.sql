-- Themes: what must survive from run to run. Their counts are derived (views/20_theme.sql).

create table theme_definition (
    theme_id varchar primary key,
    parent_id varchar,
    label varchar not null,
    keywords varchar[] not null,
    centroid float[] not null,
    cohesion double not null
);
comment on table theme_definition is 'One row per theme ever opened: what new grievances are compared with. theme adds the counts.';
comment on column theme_definition.theme_id is 'Its id, which never changes meaning.';
comment on column theme_definition.parent_id is 'The broader theme it is part of, if any.';
comment on column theme_definition.label is 'What a person would call it.';
comment on column theme_definition.keywords is 'Words that set it apart, the most telling first.';
comment on column theme_definition.centroid is 'Unit vector of its founding members.';
comment on column theme_definition.cohesion is 'Mean cosine of its founding members to the centroid, 0 to 1.';

create table theme_edit (
    edited_at timestamptz not null,
    kind varchar not null check (kind in ('merge', 'split', 'rename', 'move', 'ban')),
    theme_id varchar not null,
    into_id varchar,
    label varchar,
    who varchar not null
);
comment on table theme_edit is 'One row per human edit of a theme, in the order they were made.';
comment on column theme_edit.edited_at is 'When it was made.';
comment on column theme_edit.kind is 'merge, split, rename, move or ban.';
comment on column theme_edit.theme_id is 'The theme edited.';
comment on column theme_edit.into_id is 'The theme it was merged or moved into.';
comment on column theme_edit.label is 'Its new name, where it was renamed.';
comment on column theme_edit.who is 'Who made the edit.';
