-- What was read out of the posts.

create table link (
    source varchar not null,
    source_id varchar not null,
    brands struct(brand varchar, how varchar)[] not null,
    version varchar not null
);
comment on table link is 'One row per post searched for watched brands, found or not. Key: (source, source_id). mention is made of it.';
comment on column link.source is 'Source of the post.';
comment on column link.source_id is 'Id of the post within the source.';
comment on column link.brands is 'The brands its page is about or its text names, the likeliest first; how is about or alias.';
comment on column link.version is 'Version of the reader that searched it; another version searches it again.';

create table reading (
    source varchar not null,
    source_id varchar not null,
    lang varchar not null,
    complaint_score double check (complaint_score between 0 and 1),
    is_complaint boolean not null,
    intensity double check (intensity between 0 and 1),
    is_sarcastic boolean not null,
    brands varchar[] not null,
    pipeline_version varchar not null
);
comment on table reading is 'One row per post that concerns a watched brand and was read. Key: (source, source_id).';
comment on column reading.source is 'Source of the post.';
comment on column reading.source_id is 'Id of the post within the source.';
comment on column reading.lang is 'Language we found it to be in (ISO 639-1); only "en" is read further.';
comment on column reading.complaint_score is 'How much it reads like a complaint, 0 to 1; null in a language that is not read.';
comment on column reading.is_complaint is 'Whether it counts as a complaint.';
comment on column reading.intensity is 'How strongly it is felt, 0 (mild) to 1 (hate); null in a language that is not read.';
comment on column reading.is_sarcastic is 'Whether its praise is meant as blame.';
comment on column reading.brands is 'The brands it was read for, the likeliest first; it is read again when they change.';
comment on column reading.pipeline_version is 'Version of the reader; another version reads it again.';

create table grievance (
    grievance_id varchar not null,
    source varchar not null,
    source_id varchar not null,
    brand varchar not null,
    kind varchar not null
        check (kind in ('complaint', 'wish', 'question', 'switch', 'failed_recovery', 'win_back')),
    quote varchar not null,
    quote_start integer not null,
    quote_end integer not null,
    aspect varchar,
    problem varchar,
    expected varchar,
    touchpoint varchar,
    stage varchar
        check (stage in ('discover', 'choose', 'buy', 'receive', 'set_up', 'use', 'pay', 'get_help', 'leave')),
    intensity double not null check (intensity between 0 and 1),
    switch_to varchar,
    theme_id varchar
);
comment on table grievance is 'One row per thing somebody holds against a brand: a span of a post. Key: grievance_id.';
comment on column grievance.grievance_id is 'Hash of source, source_id, brand, kind, quote_start and quote_end: the same span keeps its id.';
comment on column grievance.source is 'Source of the post.';
comment on column grievance.source_id is 'Id of the post within the source.';
comment on column grievance.brand is 'The watched brand it is held against.';
comment on column grievance.kind is 'complaint, wish, question (what should not need asking), switch, failed_recovery (the answer made it worse) or win_back (what would bring them back).';
comment on column grievance.quote is 'Their own words: exactly text[quote_start:quote_end] of the post.';
comment on column grievance.quote_start is 'First code point of the quote in post.text, from 0.';
comment on column grievance.quote_end is 'Code point after the last one of the quote.';
comment on column grievance.aspect is 'What it is about; null where the text does not say.';
comment on column grievance.problem is 'What is wrong with it; null where the text does not say.';
comment on column grievance.expected is 'What they say they expected.';
comment on column grievance.touchpoint is 'Where they met the brand: app, phone line, billing, …; null where the text does not say.';
comment on column grievance.stage is 'Stage of the journey: discover, choose, buy, receive, set_up, use, pay, get_help, leave; null where the text does not say.';
comment on column grievance.intensity is 'How strongly it is felt, 0 (mild) to 1 (hate).';
comment on column grievance.switch_to is 'The brand gained, where kind is switch and one is named.';
comment on column grievance.theme_id is 'The theme it belongs to; null where it resembles too few others.';
